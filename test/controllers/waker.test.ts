import { describe, expect, it } from 'vitest';
import { Waker } from '../../src/controllers/waker.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import { aNode, aPod, aPolicy, GROUP_LABEL, VIRTUAL_NODES } from '../support/builders.ts';
import { Timeline } from './timeline.ts';

/** Time that kube-scheduler has for trying by itself. */
const GRACE_MS = 100;
/** Until a group whose room was not taken is looked at again. */
const RECHECK_MS = 1_000;

type Woken = 'patched' | 'gone' | 'failed';

class Scene {
  readonly time = new Timeline();
  /** Names of the pods that were woken, in order. */
  readonly woken: string[] = [];
  /** The API server's answer to waking a pod. */
  onWake: (pod: PodFacts) => Promise<Woken> = async () => 'patched';
  isLeading = true;
  readonly ledger = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: this.time,
    checksAtBind: true,
    listener: { ...QUIET, room: (group) => this.waker.room(group) },
  });
  readonly waker = new Waker({
    ledger: this.ledger,
    clock: this.time,
    schedule: this.time.schedule,
    isLeading: () => this.isLeading,
    wake: (pod) => {
      this.woken.push(pod.name);
      return this.onWake(pod);
    },
  });

  /** The watch shows pods. */
  sees(...pods: readonly PodBuilder[]): void {
    for (const pod of pods) this.ledger.upsertPod(pod.facts());
  }

  /** The watch shows pods gone. */
  loses(...pods: readonly PodBuilder[]): void {
    for (const pod of pods) this.ledger.removePod(pod.facts());
  }

  /** The watch shows pods that wait, and kube-scheduler's attempts are refused. */
  refuses(...pods: readonly PodBuilder[]): void {
    this.sees(...pods.map((pod) => pod.unschedulable()));
    for (const pod of pods) this.ledger.noteRefused(pod.facts().uid);
  }

  /** kube-scheduler tries the pod, which now passes /filter and is given the first unit. */
  reserves(pod: PodBuilder): void {
    const facts = pod.facts();
    const [policy] = this.ledger.policiesOf(facts.namespace);
    const unit = policy?.units[0];
    const group = facts.labels[GROUP_LABEL];
    if (policy === undefined || unit === undefined || group === undefined) throw new Error('no such place');
    this.ledger.reserve({ pod: facts, policy, group, unit });
  }
}

const ecs2 = aPolicy('spark').unit({ resource: 'ecs', max: 2 }).perGroup();
const inJob = (name: string, job = 'j1'): PodBuilder => aPod(name).ofGroup(job);
const b1 = inJob('b1').on('ecs-0');
const b2 = inJob('b2').on('ecs-0');
/** Waits; the higher its number, the younger. */
const waiting = (n: number): PodBuilder => inJob(`w${n}`).createdAt(n * 1_000);
const w1 = waiting(1);
const w2 = waiting(2);
const w3 = waiting(3);
const w4 = waiting(4);

/** Two pods fill the one unit, four wait and were refused; nothing has happened for long. */
async function aFullGroup(policy = ecs2): Promise<Scene> {
  const scene = new Scene();
  scene.ledger.upsertNode(aNode('ecs-0').facts());
  scene.ledger.upsertPolicy(policy.parsed());
  scene.sees(b1, b2);
  scene.refuses(w3, w1, w4, w2);
  await scene.time.advance(60_000);
  expect(scene.woken).toEqual([]);
  return scene;
}

describe('when a place becomes free', () => {
  it('the oldest waiting pod is woken, and only that one', async () => {
    const scene = await aFullGroup();

    scene.loses(b1);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(['w1']);
  });

  it('as many are woken as there are places', async () => {
    const scene = await aFullGroup();

    scene.loses(b1, b2);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(['w1', 'w2']);
  });

  it('a higher priority goes before age', async () => {
    const scene = await aFullGroup();
    const urgent = inJob('urgent').createdAt(9_000).priority(10);
    scene.refuses(urgent);
    await scene.time.advance(1);

    scene.loses(b1, b2);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(['urgent', 'w1']);
  });

  it('kube-scheduler’s own retry has time to come first', async () => {
    const scene = await aFullGroup();

    scene.loses(b1);
    await scene.time.advance(GRACE_MS - 1);

    expect(scene.woken).toEqual([]);
  });

  it('nobody is woken when the place is taken again in that time', async () => {
    const scene = await aFullGroup();

    scene.loses(b1);
    scene.reserves(w2);
    await scene.time.advance(60_000);

    expect(scene.woken).toEqual([]);
  });

  it('a pod that was tried since is not woken: the next one is', async () => {
    const scene = await aFullGroup();

    scene.loses(b1);
    await scene.time.advance(1);
    scene.ledger.noteRefused(w1.facts().uid);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(['w2']);
  });

  it('a pod that nobody has tried yet is not woken: it comes by itself', async () => {
    const scene = await aFullGroup();
    scene.sees(inJob('new').priority(100));

    scene.loses(b1);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(['w1']);
  });

  it('groups do not wake each other’s pods', async () => {
    const scene = await aFullGroup();
    scene.sees(inJob('o1', 'j2').on('ecs-0'), inJob('o2', 'j2').on('ecs-0'));
    scene.refuses(inJob('other', 'j2').createdAt(0));
    await scene.time.advance(60_000);

    scene.loses(b1);
    await scene.time.advance(60_000);

    expect(scene.woken).not.toContain('other');
    expect(scene.woken).toContain('w1');
  });

  it('two groups with room are both looked after', async () => {
    const scene = await aFullGroup();
    const o1 = inJob('o1', 'j2').on('ecs-0');
    scene.sees(o1, inJob('o2', 'j2').on('ecs-0'));
    scene.refuses(inJob('other', 'j2'));
    await scene.time.advance(1);

    scene.loses(b1, o1);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken.toSorted()).toEqual(['other', 'w1']);
  });
});

describe('what makes room', () => {
  const causes: Record<
    string,
    { policy?: PolicyBuilder; happens: (scene: Scene) => void; want: readonly string[] }
  > = {
    'a pod finishes': { happens: (scene) => scene.sees(b1.finished()), want: ['w1'] },
    'a pod terminates, which does not count by default': {
      happens: (scene) => scene.sees(b1.terminating()),
      want: ['w1'],
    },
    'a pod terminates, which counts': {
      policy: ecs2.spec({ ignoreTerminatingPod: false }),
      happens: (scene) => scene.sees(b1.terminating()),
      want: [],
    },
    'the policy’s max is raised': {
      happens: (scene) =>
        scene.ledger.upsertPolicy(
          ecs2
            .generation(2)
            .spec({ units: [{ resource: 'ecs', max: 5 }] })
            .parsed(),
        ),
      want: ['w1', 'w2', 'w3'],
    },
    'the policy gets another unit': {
      happens: (scene) =>
        scene.ledger.upsertPolicy(ecs2.generation(2).unit({ resource: 'eci', max: 1 }).parsed()),
      want: ['w1'],
    },
    'the policy’s max is lowered: none': {
      happens: (scene) =>
        scene.ledger.upsertPolicy(
          ecs2
            .generation(2)
            .spec({ units: [{ resource: 'ecs', max: 1 }] })
            .parsed(),
        ),
      want: [],
    },
    'the policy is applied again as it is: none': {
      happens: (scene) => scene.ledger.upsertPolicy(ecs2.parsed()),
      want: [],
    },
    'a node joins a unit that has room': {
      policy: ecs2.unit({ resource: 'eci', max: 2 }),
      happens: (scene) => scene.ledger.upsertNode(aNode('vk').virtual().facts()),
      want: ['w1', 'w2'],
    },
    'a node joins a unit that is full: none': {
      happens: (scene) => scene.ledger.upsertNode(aNode('ecs-1').facts()),
      want: [],
    },
  };

  it.for(Object.entries(causes))('%s', async ([, { policy, happens, want }]) => {
    const scene = await aFullGroup(policy);
    // Whatever the start brought is over.
    scene.refuses(w3, w1, w4, w2);
    await scene.time.advance(1);

    happens(scene);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(want);
  });

  it('a reservation that is given up', async () => {
    const scene = await aFullGroup();
    scene.loses(b1);
    scene.reserves(w1);
    await scene.time.advance(60_000);

    scene.ledger.forget(w1.facts().uid);
    await scene.time.advance(GRACE_MS);

    // The same pod may be the one: kube-scheduler forgets it too when a bind fails.
    expect(scene.woken).toEqual(['w1']);
  });
});

describe('when a woken pod does not take the place', () => {
  it('the next one is woken, each once, until all were', async () => {
    const scene = await aFullGroup();
    scene.loses(b1);
    await scene.time.advance(GRACE_MS);

    await scene.time.advance(RECHECK_MS);
    expect(scene.woken).toEqual(['w1', 'w2']);

    await scene.time.advance(60_000);
    expect(scene.woken).toEqual(['w1', 'w2', 'w3', 'w4']);
    expect(scene.time.planned).toBe(0);
  });

  it('nobody else is woken once another took it', async () => {
    const scene = await aFullGroup();
    scene.loses(b1);
    await scene.time.advance(GRACE_MS);

    scene.reserves(w1);
    await scene.time.advance(60_000);

    expect(scene.woken).toEqual(['w1']);
    expect(scene.time.planned).toBe(0);
  });

  it('is woken again when there is new room', async () => {
    const scene = await aFullGroup();
    scene.loses(b1);
    await scene.time.advance(60_000);
    scene.ledger.noteRefused(w1.facts().uid);
    await scene.time.advance(1);
    scene.woken.length = 0;

    scene.loses(b2);
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(['w1', 'w2']);
  });
});

describe('when waking fails', () => {
  it('the pod is tried again', async () => {
    const scene = await aFullGroup();
    const answers: Woken[] = ['failed', 'failed', 'patched'];
    scene.onWake = async () => answers.shift() ?? 'patched';

    scene.loses(b1);
    await scene.time.advance(GRACE_MS + 2 * RECHECK_MS);

    expect(scene.woken).toEqual(['w1', 'w1', 'w1']);
  });

  it('the pod is tried again although the failure took long to show', async () => {
    const scene = await aFullGroup();
    scene.loses(w2, w3, w4);
    const answer = Promise.withResolvers<Woken>();
    scene.onWake = () => answer.promise;
    scene.loses(b1);
    await scene.time.advance(10 * RECHECK_MS);
    expect(scene.woken).toEqual(['w1']);

    answer.resolve('failed');
    scene.onWake = async () => 'patched';
    await scene.time.advance(RECHECK_MS);

    expect(scene.woken).toEqual(['w1', 'w1']);
    await scene.time.advance(60_000);
    expect(scene.time.planned).toBe(0);
  });

  it('a pod that is gone is not tried again', async () => {
    const scene = await aFullGroup();
    scene.onWake = async () => 'gone';

    scene.loses(b1);
    await scene.time.advance(60_000);

    expect(scene.woken).toEqual(['w1', 'w2', 'w3', 'w4']);
  });
});

describe('a steady stream of events', () => {
  it('does not put the check off', async () => {
    const scene = await aFullGroup();
    scene.loses(b1);

    for (let ms = 0; ms < GRACE_MS; ms += 10) {
      scene.waker.room({ policyKey: 'default/spark', group: 'j1' });
      // oxlint-disable-next-line no-await-in-loop
      await scene.time.advance(10);
    }

    expect(scene.woken).toEqual(['w1']);
  });

  it('does not make more than one check a second', async () => {
    const scene = await aFullGroup();
    scene.loses(b1);

    for (let ms = 0; ms < GRACE_MS + 3 * RECHECK_MS; ms += 10) {
      scene.waker.room({ policyKey: 'default/spark', group: 'j1' });
      // oxlint-disable-next-line no-await-in-loop
      await scene.time.advance(10);
    }

    expect(scene.woken).toHaveLength(4);
  });

  it('plans one check, not one for each event', async () => {
    const scene = await aFullGroup();
    scene.loses(b1, b2);
    for (let count = 0; count < 100; count += 1)
      scene.waker.room({ policyKey: 'default/spark', group: 'j1' });

    expect(scene.time.planned).toBe(1);
  });
});

describe('a unit without max', () => {
  it('has its pods woken in batches, oldest first', async () => {
    const scene = new Scene();
    const policy = aPolicy('spark').unit({ resource: 'ecs' });
    const pods = Array.from({ length: 70 }, (_, n) => aPod(`p${n}`).createdAt(n * 1_000));
    scene.ledger.upsertPolicy(policy.parsed());
    scene.refuses(...pods);
    await scene.time.advance(1);

    scene.ledger.upsertNode(aNode('ecs-0').facts());
    await scene.time.advance(GRACE_MS);
    expect(scene.woken).toEqual(pods.slice(0, 64).map((pod) => pod.facts().name));

    await scene.time.advance(RECHECK_MS);
    expect(scene.woken).toEqual(pods.map((pod) => pod.facts().name));
  });
});

function allOf(job: string): PodBuilder[] {
  return ['a', 'b'].map((name) => inJob(`${job}-${name}`, job));
}

describe('many groups with room at once', () => {
  const JOBS = Array.from({ length: 40 }, (_, job) => `j${job}`);
  /** Most wakings without an answer. */
  const MOST_UNDER_WAY = 64;

  function manyWaiting(): Scene {
    const scene = new Scene();
    scene.ledger.upsertNode(aNode('ecs-0').facts());
    scene.ledger.upsertPolicy(ecs2.parsed());
    scene.refuses(...JOBS.flatMap(allOf));
    return scene;
  }

  it('a slow API server is not asked for more and more', async () => {
    const scene = manyWaiting();
    await scene.time.advance(1);
    scene.onWake = () => new Promise(() => undefined);

    scene.waker.roomEverywhere();
    await scene.time.advance(60_000);

    expect(scene.woken).toHaveLength(MOST_UNDER_WAY);
  });

  it('the others are woken as soon as those before them are answered', async () => {
    const scene = manyWaiting();
    await scene.time.advance(1);
    const answer = Promise.withResolvers<Woken>();
    scene.onWake = () => answer.promise;
    scene.waker.roomEverywhere();
    await scene.time.advance(GRACE_MS);

    answer.resolve('patched');
    await scene.time.advance(50);

    expect(scene.woken.toSorted()).toEqual(JOBS.flatMap((job) => [`${job}-a`, `${job}-b`]).toSorted());
  });

  it('those that cannot be woken do not keep others from their turn', async () => {
    const scene = manyWaiting();
    await scene.time.advance(1);
    scene.onWake = () =>
      new Promise((resolve) => void scene.time.schedule(() => resolve('failed'), 10 * RECHECK_MS));

    scene.waker.roomEverywhere();
    await scene.time.advance(GRACE_MS + 15 * RECHECK_MS);

    expect(new Set(scene.woken).size).toBe(2 * JOBS.length);
  });
});

describe('after a start', () => {
  it('pods that were reported unschedulable before it are woken where there is room', async () => {
    const scene = new Scene();
    scene.ledger.upsertNode(aNode('ecs-0').facts());
    scene.ledger.upsertPolicy(ecs2.parsed());
    scene.sees(b1, w2.unschedulable(), w1.unschedulable(), inJob('untried').createdAt(0));
    scene.sees(inJob('f1', 'full').on('ecs-0'), inJob('f2', 'full').on('ecs-0'));
    scene.sees(inJob('f3', 'full').unschedulable());

    scene.waker.roomEverywhere();
    await scene.time.advance(GRACE_MS);

    expect(scene.woken).toEqual(['w1']);
  });

  it('nothing is planned where nobody waits', async () => {
    const scene = new Scene();
    scene.ledger.upsertNode(aNode('ecs-0').facts());
    scene.ledger.upsertPolicy(ecs2.parsed());
    scene.sees(b1);

    scene.waker.roomEverywhere();

    expect(scene.time.planned).toBe(0);
  });
});

describe('a replica that does not lead', () => {
  it('wakes nobody, and looks everywhere when it does', async () => {
    const scene = new Scene();
    scene.isLeading = false;
    scene.ledger.upsertNode(aNode('ecs-0').facts());
    scene.ledger.upsertPolicy(ecs2.parsed());
    scene.sees(w1.unschedulable());
    scene.waker.roomEverywhere();
    await scene.time.advance(10_000);
    expect(scene.woken).toEqual([]);
    scene.isLeading = true;
    scene.waker.roomEverywhere();
    await scene.time.advance(GRACE_MS);
    expect(scene.woken).toEqual(['w1']);
  });
});

describe('after stop', () => {
  it('nothing is planned, nobody is woken', async () => {
    const scene = await aFullGroup();
    scene.loses(b1);

    scene.waker.stop();
    scene.loses(b2);

    expect(scene.time.planned).toBe(0);
    await scene.time.advance(60_000);
    expect(scene.woken).toEqual([]);
  });
});
