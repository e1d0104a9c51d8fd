import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { PolicyStatus } from '../../src/controllers/policy-conditions.ts';
import { PolicyConditions } from '../../src/controllers/policy-conditions.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';

const START = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-01T00:01:00.000Z';
const RETRY_MS = 5_000;

const sound = aPolicy('spark').unit({ resource: 'ecs', max: 2 });
const READY = { type: 'Ready', status: 'True', reason: 'Valid', message: 'pods are placed by this policy' };
const ENFORCED = {
  type: 'Enforced',
  status: 'True',
  reason: 'AllFields',
  message: 'every field set is enforced',
};
const since = { observedGeneration: 1, lastTransitionTime: START };

interface Write extends PolicyStatus {
  readonly policy: string;
}

class Scene {
  readonly writes: Write[] = [];
  readonly log: { readonly level: number; readonly msg: string; readonly [field: string]: unknown }[] = [];
  /** The API server's part in a write. */
  onWrite: () => Promise<unknown> = async () => undefined;
  readonly conditions = new PolicyConditions({
    write: ({ namespace, name }, status) => {
      this.writes.push({ policy: `${namespace}/${name}`, ...status });
      return this.onWrite();
    },
    logger: pino({ base: null }, { write: (line: string) => void this.log.push(JSON.parse(line)) }),
  });

  /** The watch shows the policy; what follows at once has happened. */
  async sees(...policies: readonly PolicyBuilder[]): Promise<void> {
    for (const policy of policies) this.conditions.seen(policy.parsed());
    await vi.advanceTimersByTimeAsync(0);
  }

  get messages(): readonly string[] {
    return this.log.map(({ msg }) => msg);
  }
}

function aScene(): Scene {
  const scene = new Scene();
  onTestFinished(() => scene.conditions.stop());
  return scene;
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(START) });
  onTestFinished(() => void vi.useRealTimers());
});

describe('the status of a policy says', () => {
  const cases: Record<string, { policy: PolicyBuilder; want: readonly unknown[] }> = {
    'that it is in force as a whole': {
      policy: sound,
      want: [
        { ...READY, ...since },
        { ...ENFORCED, ...since },
      ],
    },
    'what is wrong with it': {
      policy: sound.spec({ matchLabelKeys: 'job', units: [] }),
      want: [
        {
          ...since,
          type: 'Ready',
          status: 'False',
          reason: 'Invalid',
          message:
            'spec.matchLabelKeys must be a list of label names; spec.units must list at least one unit',
        },
        { ...ENFORCED, ...since },
      ],
    },
    'what of it is not acted upon': {
      policy: sound.unit({ resource: 'acs', podLabels: { a: 'b' } }),
      want: [
        { ...READY, ...since },
        {
          ...since,
          type: 'Enforced',
          status: 'False',
          reason: 'FieldsNotEnforced',
          message: 'not yet enforced: spec.units[1].podLabels, spec.units[1].resource',
        },
      ],
    },
  };

  it.for(Object.entries(cases))('%s', async ([, { policy, want }]) => {
    const scene = aScene();

    await scene.sees(policy);

    expect(scene.writes).toEqual([{ policy: 'default/spark', observedGeneration: 1, conditions: want }]);
  });
});

describe('the status is written', () => {
  const written = sound.status({
    conditions: [
      { ...READY, ...since },
      { ...ENFORCED, ...since },
    ],
  });

  it('not at all when it says so already', async () => {
    const scene = aScene();

    await scene.sees(written);

    expect(scene.writes).toEqual([]);
  });

  it('when the spec changed, with the times at which something turned', async () => {
    const scene = aScene();
    vi.setSystemTime(new Date(LATER));

    await scene.sees(written.generation(2).spec({ preemptPolicy: 'BeforeNextUnit' }));

    expect(scene.writes).toMatchObject([
      {
        observedGeneration: 2,
        conditions: [
          { type: 'Ready', status: 'True', lastTransitionTime: START, observedGeneration: 2 },
          { type: 'Enforced', status: 'False', lastTransitionTime: LATER, observedGeneration: 2 },
        ],
      },
    ]);
  });

  it('for every policy of a burst, one at a time', async () => {
    const scene = aScene();
    const answers = ['a', 'b', 'c'].map(() => Promise.withResolvers<void>());
    scene.onWrite = () => answers[scene.writes.length - 1]?.promise ?? Promise.resolve();
    const underWay: number[] = [];

    await scene.sees(aPolicy('a').unit({ resource: 'ecs' }), sound.in('jobs'), sound);
    for (const { resolve } of answers) {
      underWay.push(scene.writes.length);
      resolve();
      // oxlint-disable-next-line no-await-in-loop
      await vi.advanceTimersByTimeAsync(0);
    }

    expect(underWay).toEqual([1, 2, 3]);
    expect(scene.writes.map(({ policy }) => policy)).toEqual(['default/a', 'jobs/spark', 'default/spark']);
  });

  it('of the newest version when it changed while an older one was written', async () => {
    const scene = aScene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => answer.promise;
    await scene.sees(sound);

    await scene.sees(sound.generation(2).spec({ units: [] }));
    answer.resolve();
    await vi.advanceTimersByTimeAsync(0);

    expect(scene.writes.map(({ observedGeneration }) => observedGeneration)).toEqual([1, 2]);
    expect(scene.writes[1]?.conditions[0]).toMatchObject({ type: 'Ready', status: 'False' });
  });

  it('not for a policy that was removed before its turn', async () => {
    const scene = aScene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => answer.promise;
    await scene.sees(sound, sound.in('jobs'));

    scene.conditions.gone(sound.in('jobs').parsed());
    answer.resolve();
    await vi.advanceTimersByTimeAsync(RETRY_MS);

    expect(scene.writes.map(({ policy }) => policy)).toEqual(['default/spark']);
  });
});

describe('a write that failed', () => {
  it('is tried again, with all that waited behind it', async () => {
    const scene = aScene();
    const failures = [new Error('connection refused'), new Error('connection refused')];
    scene.onWrite = async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    };

    await scene.sees(sound, sound.in('jobs'));
    expect(scene.writes).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(RETRY_MS - 1);
    expect(scene.writes).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1 + RETRY_MS);

    const written = scene.writes.map(({ policy }) => policy);
    expect(written.filter((policy) => policy === 'jobs/spark').length).toBeGreaterThan(0);
    expect(written.filter((policy) => policy === 'default/spark').length).toBeGreaterThan(1);
    expect(scene.messages.filter((msg) => msg.startsWith('status of the policy could not'))).toHaveLength(2);

    const count = scene.writes.length;
    await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
    expect(scene.writes).toHaveLength(count);
  });

  it('does not hold up the others, although it fails for ever', async () => {
    const scene = aScene();
    scene.onWrite = async () => {
      if (scene.writes.at(-1)?.policy === 'default/spark') throw new Error('refused');
    };

    await scene.sees(sound, sound.in('jobs'));
    await vi.advanceTimersByTimeAsync(RETRY_MS);

    expect(scene.writes.map(({ policy }) => policy)).toEqual([
      'default/spark',
      'jobs/spark',
      'default/spark',
    ]);
  });

  it('is not repeated over a newer version', async () => {
    const scene = aScene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => (scene.writes.length === 1 ? answer.promise : Promise.resolve());
    await scene.sees(sound);

    await scene.sees(sound.generation(2));
    answer.reject(new Error('conflict'));
    await vi.advanceTimersByTimeAsync(10 * RETRY_MS);

    expect(scene.writes.map(({ observedGeneration }) => observedGeneration)).toEqual([1, 2]);
  });
});

describe('stop', () => {
  it('waits for the write under way and starts no other', async () => {
    const scene = aScene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => answer.promise;
    await scene.sees(sound, sound.in('jobs'));
    let isStopped = false;

    const stopped = scene.conditions.stop().then(() => (isStopped = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(isStopped).toBe(false);
    answer.resolve();
    await stopped;

    await scene.sees(aPolicy('new').unit({ resource: 'ecs' }));
    await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
    expect(scene.writes).toHaveLength(1);
  });

  it('calls off what was to be tried again', async () => {
    const scene = aScene();
    scene.onWrite = () => Promise.reject(new Error('connection refused'));
    await scene.sees(sound);

    await scene.conditions.stop();
    await vi.advanceTimersByTimeAsync(10 * RETRY_MS);

    expect(scene.writes).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the log', () => {
  it('tells of each version of a policy once, however often it is seen', async () => {
    const scene = aScene();

    await scene.sees(
      sound,
      sound,
      sound.status({ conditions: [] }),
      sound.generation(2),
      sound.generation(2),
    );

    expect(scene.log).toMatchObject([
      {
        level: 30,
        msg: 'policy in force',
        policy: 'default/spark',
        generation: 1,
        units: [{ name: 'ecs', max: 2 }],
      },
      { level: 30, msg: 'policy in force', generation: 2 },
    ]);
  });

  it('names what is wrong, and what is not enforced', async () => {
    const scene = aScene();

    await scene.sees(sound.unit({ resource: 'ecs', max: -1, spotInstance: true }));

    expect(scene.log.filter(({ level }) => level > 30)).toMatchObject([
      {
        level: 50,
        msg: 'policy is invalid; its pods wait',
        problems: ['spec.units[1].max must be a whole number, 0 or more'],
      },
      {
        level: 40,
        msg: 'policy sets fields that are not yet enforced',
        fields: ['spec.units[1].spotInstance'],
      },
    ]);
  });

  it('tells of a policy again that was removed and made anew', async () => {
    const scene = aScene();
    await scene.sees(sound);

    scene.conditions.gone(sound.parsed());
    await scene.sees(sound);

    expect(scene.messages).toEqual(['policy in force', 'policy in force']);
  });
});
