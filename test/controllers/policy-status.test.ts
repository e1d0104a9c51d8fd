import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { StatusContent } from '../../src/controllers/policy-status.ts';
import { PolicyStatus } from '../../src/controllers/policy-status.ts';
import type { Warning } from '../../src/controllers/status-conditions.ts';
import type { JsonObject } from '../../src/facts/json.ts';
import { asObject } from '../../src/facts/json.ts';
import type { Finding } from '../../src/placement/finding.ts';
import { parseStandingPolicy } from '../../src/policy/standing-policy.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';
import type { FiguresSpec } from '../support/figures.ts';
import { figuresOf } from '../support/figures.ts';
import { Timeline } from './timeline.ts';

/** At most one write of a policy in this time. */
const INTERVAL_MS = 1_000;
const RETRY_MS = 5_000;

const spark = aPolicy('spark').unit({ resource: 'ecs', max: 9 });
const using = (bound: number): FiguresSpec => ({ units: [{ bound }], groupCount: 1 });

interface Write {
  readonly policy: string;
  readonly atMs: number;
  readonly status: StatusContent;
}

/** A leader beside an API server that keeps what is written, and a watch that shows it when told to. */
class Scene {
  readonly time = new Timeline();
  readonly writes: Write[] = [];
  readonly warnings = new Map<string, readonly Warning[]>();
  readonly log: { readonly level: number; readonly msg: string; readonly policy: string }[] = [];
  readonly #policies = new Map<string, PolicyBuilder>();
  readonly #figures = new Map<string, FiguresSpec>();
  findings: readonly Finding[] = [];
  samplingProblem: string | undefined;
  leads = true;
  /** The API server's part in a write. */
  onWrite: (policy: string) => Promise<unknown> = async () => undefined;
  readonly controller = new PolicyStatus({
    figures: (key) => {
      const policy = this.#policies.get(key);
      return policy === undefined ? undefined : figuresOf(policy, this.#figures.get(key));
    },
    findings: () => this.findings,
    samplingProblem: () => this.samplingProblem,
    write: async ({ namespace, name }, status) => {
      const policy = `${namespace}/${name}`;
      this.writes.push({ policy, atMs: this.time.nowMs(), status });
      await this.onWrite(policy);
    },
    warn: ({ name }, warnings) => void this.warnings.set(name, warnings),
    leads: () => this.leads,
    clock: this.time,
    schedule: this.time.schedule,
    timestamp: () => new Date(this.time.nowMs()).toISOString(),
    logger: pino({ base: null }, { write: (line: string) => void this.log.push(JSON.parse(line)) }),
  });

  /** The watch shows policies: what the ledger does with them, then what the controller does. */
  sees(...policies: readonly PolicyBuilder[]): void {
    for (const policy of policies) {
      const { namespace, name } = policy.parsed();
      this.#policies.set(`${namespace}/${name}`, policy);
      this.controller.seen(parseStandingPolicy(asObject(policy.object())));
    }
  }

  loses(policy: PolicyBuilder): void {
    const { namespace, name } = policy.parsed();
    this.#policies.delete(`${namespace}/${name}`);
    this.controller.gone(policy.parsed());
  }

  /** Pods come and go. */
  counts(figures: FiguresSpec, policy = 'default/spark'): void {
    this.#figures.set(policy, figures);
    this.controller.counted(policy);
  }

  /** The watch shows what was written last. */
  echoes(): void {
    const last = this.writes.at(-1);
    const policy = this.#policies.get(last?.policy ?? '');
    if (last === undefined || policy === undefined) throw new Error('nothing was written');
    this.sees(policy.status(last.status));
  }

  /** Summary and time of each write. */
  get written(): readonly (readonly [string, number])[] {
    return this.writes.map(({ status, atMs }) => [status.summary, atMs]);
  }
}

/** What stands in the API server when the policy has been looked at once and nothing has changed since. */
async function statusOf(policy: PolicyBuilder): Promise<JsonObject> {
  const scene = new Scene();
  scene.sees(policy);
  await scene.time.advance(0);
  return { ...scene.writes[0]?.status };
}

describe('the status of a policy', () => {
  it('tells what is used of it and what is to be said about it', async () => {
    const scene = new Scene();
    scene.findings = [{ code: 'one-group', path: 'spec.matchLabelKeys', message: 'one group' }];

    scene.counts({
      units: [{ bound: 2, reserved: 1, nodes: 4 }],
      waiting: 6,
      groupCount: 1,
      groups: [{ key: 'j1', taken: [3], waiting: 6 }],
    });
    scene.sees(spark.generation(3).perGroup());
    await scene.time.advance(0);

    expect(scene.writes).toMatchObject([
      {
        policy: 'default/spark',
        status: {
          observedGeneration: 3,
          summary: '3/9',
          waiting: 6,
          units: [{ index: 0, name: 'ecs', used: 3, max: 9, waiting: 0, nodes: 4, deletionCost: 0 }],
          groups: [{ key: 'j1', used: [3], waiting: 6 }],
          groupCount: 1,
        },
      },
    ]);
    expect(scene.writes[0]?.status.conditions).toContainEqual({
      type: 'Questionable',
      status: 'True',
      reason: 'OneGroup',
      message: 'spec.matchLabelKeys: one group',
      observedGeneration: 3,
      lastTransitionTime: '1970-01-01T00:00:00.000Z',
    });
  });

  it('keeps the time at which a condition turned', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(60_000);

    scene.counts({ conflicting: 1, conflictsWith: ['twin'] });
    await scene.time.advance(60_000);
    scene.counts({ conflicting: 2, conflictsWith: ['twin'] });
    await scene.time.advance(0);

    expect(
      scene.writes
        .at(-1)
        ?.status.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    ).toEqual([
      ['Ready', '1970-01-01T00:00:00.000Z'],
      ['Enforced', '1970-01-01T00:00:00.000Z'],
      ['Conflicting', '1970-01-01T00:01:00.000Z'],
      ['Ungrouped', '1970-01-01T00:00:00.000Z'],
      ['UnreachableUnits', '1970-01-01T00:00:00.000Z'],
      ['CostOverridden', '1970-01-01T00:00:00.000Z'],
      ['SamplingDiffers', '1970-01-01T00:00:00.000Z'],
      ['Questionable', '1970-01-01T00:00:00.000Z'],
    ]);
  });

  it('is passed on as warnings, and so is that all is well again', async () => {
    const scene = new Scene();
    scene.counts({ overriddenCosts: 1 });
    scene.sees(spark);
    await scene.time.advance(0);
    expect(scene.warnings.get('spark')).toMatchObject([{ reason: 'ForeignCost' }]);

    scene.counts({});
    await scene.time.advance(INTERVAL_MS);
    expect(scene.warnings.get('spark')).toEqual([]);
  });
});

describe('nothing is written', () => {
  it('when the status says so already', async () => {
    const scene = new Scene();
    scene.sees(spark.status(await statusOf(spark)));

    await scene.time.advance(60_000);
    scene.counts({});
    await scene.time.advance(60_000);

    expect(scene.writes).toEqual([]);
  });

  it('when the watch shows what was written', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(0);

    scene.echoes();
    await scene.time.advance(60_000);

    expect(scene.writes).toHaveLength(1);
    expect(scene.time.planned).toBe(0);
  });

  it('when a figure changed and changed back', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(0);

    scene.counts(using(1));
    scene.counts({});
    await scene.time.advance(60_000);

    expect(scene.writes).toHaveLength(1);
  });

  it('of a policy that was removed before its turn', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => answer.promise;
    scene.sees(spark, spark.in('jobs'));
    await scene.time.advance(0);

    scene.loses(spark.in('jobs'));
    answer.resolve();
    await scene.time.advance(60_000);

    expect(scene.writes.map(({ policy }) => policy)).toEqual(['default/spark']);
  });
});

describe('a change is written', () => {
  it('at once, when the last one was a second ago', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(INTERVAL_MS);

    scene.counts(using(1));
    await scene.time.advance(0);

    expect(scene.written).toEqual([
      ['0/9', 0],
      ['1/9', 1_000],
    ]);
  });

  it('at most once a second, and then as it is', async () => {
    const scene = new Scene();
    scene.sees(spark);
    for (let pods = 1; pods <= 9; pods += 1) {
      await scene.time.advance(300);
      scene.counts(using(pods));
    }
    await scene.time.advance(60_000);

    expect(scene.written).toEqual([
      ['0/9', 0],
      ['3/9', 1_000],
      ['6/9', 2_000],
      ['9/9', 3_000],
    ]);
  });

  it('of each policy in its own second', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(500);

    scene.sees(spark.in('jobs'));
    scene.counts(using(1));
    await scene.time.advance(0);
    expect(scene.writes.map(({ policy }) => policy)).toEqual(['default/spark', 'jobs/spark']);

    await scene.time.advance(INTERVAL_MS);
    expect(scene.writes.map(({ policy, atMs }) => [policy, atMs])).toEqual([
      ['default/spark', 0],
      ['jobs/spark', 500],
      ['default/spark', 1_000],
    ]);
  });

  it('when somebody else wrote the status', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(60_000);

    scene.sees(spark.status({ ...scene.writes[0]?.status, summary: '7/9', waiting: 1 }));
    await scene.time.advance(0);

    expect(scene.written).toEqual([
      ['0/9', 0],
      ['0/9', 60_000],
    ]);
  });

  it('when somebody else wrote the status right after us, before our answer came', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => answer.promise;
    scene.sees(spark);
    await scene.time.advance(0);

    scene.sees(spark.status({ ...scene.writes[0]?.status, summary: '7/9' }));
    answer.resolve();
    await scene.time.advance(INTERVAL_MS);

    expect(scene.written).toEqual([
      ['0/9', 0],
      ['0/9', 1_000],
    ]);
  });

  it('when the policy was removed and made anew', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(100);

    scene.loses(spark);
    scene.sees(spark.uid('another'));
    await scene.time.advance(0);

    expect(scene.written).toEqual([
      ['0/9', 0],
      ['0/9', 100],
    ]);
  });

  it('one policy at a time', async () => {
    const scene = new Scene();
    const answers = ['a', 'b', 'c'].map(() => Promise.withResolvers<void>());
    scene.onWrite = () => answers[scene.writes.length - 1]?.promise ?? Promise.resolve();
    const underWay: number[] = [];

    scene.sees(aPolicy('a').unit({ resource: 'ecs' }), spark.in('jobs'), spark);
    await scene.time.advance(0);
    scene.sees(aPolicy('late').unit({ resource: 'ecs' }));
    for (const { resolve } of answers) {
      await scene.time.advance(0);
      underWay.push(scene.writes.length);
      resolve();
    }
    await scene.time.advance(0);

    expect(underWay).toEqual([1, 2, 3]);
    expect(scene.writes.map(({ policy }) => policy)).toEqual([
      'default/a',
      'jobs/spark',
      'default/spark',
      'default/late',
    ]);
  });

  it('in its newest version, when it came while an older one was written', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => answer.promise;
    scene.sees(spark);
    await scene.time.advance(0);

    scene.sees(spark.generation(2).spec({ units: [] }));
    scene.sees(spark.generation(3).unit({ resource: 'eci', max: 1 }));
    answer.resolve();
    await scene.time.advance(INTERVAL_MS);

    expect(scene.writes.map(({ status }) => status.observedGeneration)).toEqual([1, 3]);
    expect(scene.writes[1]?.status.summary).toBe('0/9, 0/1');
  });
});

describe('a write that failed', () => {
  it('is tried again until it succeeds, and the log tells once', async () => {
    const scene = new Scene();
    const failures = [new Error('connection refused'), new Error('connection refused')];
    scene.onWrite = async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    };
    scene.sees(spark);

    await scene.time.advance(60_000);

    expect(scene.writes.map(({ atMs }) => atMs)).toEqual([0, RETRY_MS, 2 * RETRY_MS]);
    expect(scene.log).toMatchObject([
      { level: 40, policy: 'default/spark', msg: 'status of the policy could not be written; trying again' },
    ]);
  });

  it('does not hold up the others, although it fails for ever', async () => {
    const scene = new Scene();
    scene.onWrite = async (policy) => {
      if (policy === 'default/spark') throw new Error('refused');
    };
    scene.sees(spark, spark.in('jobs'));
    await scene.time.advance(INTERVAL_MS);

    scene.counts(using(1), 'jobs/spark');
    await scene.time.advance(0);

    expect(scene.writes.map(({ policy }) => policy)).toEqual(['default/spark', 'jobs/spark', 'jobs/spark']);
  });

  it('is repeated with the figures of then, not sooner for a change meanwhile', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => (scene.writes.length === 1 ? answer.promise : Promise.resolve());
    scene.sees(spark);
    await scene.time.advance(0);

    scene.counts(using(1));
    answer.reject(new Error('conflict'));
    await scene.time.advance(100);
    scene.counts(using(2));
    await scene.time.advance(60_000);

    expect(scene.written).toEqual([
      ['0/9', 0],
      ['2/9', RETRY_MS],
    ]);
  });
});

describe('who does not lead', () => {
  it('writes nothing and warns of nothing', async () => {
    const scene = new Scene();
    scene.leads = false;
    scene.sees(spark);
    scene.counts({ overriddenCosts: 1 });

    await scene.time.advance(60_000);

    expect([scene.writes, scene.warnings.size]).toEqual([[], 0]);
  });

  it('looks at every policy once it leads, and writes those that differ', async () => {
    const scene = new Scene();
    scene.leads = false;
    scene.sees(
      spark.status(await statusOf(spark)),
      spark.in('jobs'),
      aPolicy('other').unit({ resource: 'ecs' }),
    );
    await scene.time.advance(60_000);

    scene.leads = true;
    scene.controller.lookEverywhere();
    await scene.time.advance(0);

    expect(scene.writes.map(({ policy }) => policy)).toEqual(['jobs/spark', 'default/other']);
  });

  it('drops what it was about to write when it led', async () => {
    const scene = new Scene();
    scene.sees(spark);
    await scene.time.advance(0);
    scene.counts(using(1));

    scene.leads = false;
    await scene.time.advance(60_000);

    expect(scene.written).toEqual([['0/9', 0]]);
  });
});

describe('stop', () => {
  it('waits for the write under way and starts no other', async () => {
    const scene = new Scene();
    const answer = Promise.withResolvers<void>();
    scene.onWrite = () => answer.promise;
    scene.sees(spark, spark.in('jobs'));
    await scene.time.advance(0);
    let isStopped = false;

    const stopped = scene.controller.stop().then(() => (isStopped = true));
    await scene.time.advance(0);
    expect(isStopped).toBe(false);
    answer.resolve();
    await stopped;

    scene.sees(aPolicy('new').unit({ resource: 'ecs' }));
    await scene.time.advance(60_000);
    expect(scene.writes).toHaveLength(1);
  });

  it('calls off what was to be tried again', async () => {
    const scene = new Scene();
    scene.onWrite = () => Promise.reject(new Error('connection refused'));
    scene.sees(spark);
    await scene.time.advance(0);

    await scene.controller.stop();
    await scene.time.advance(60_000);

    expect(scene.writes).toHaveLength(1);
    expect(scene.time.planned).toBe(0);
  });
});
