import { describe, expect, it } from 'vitest';
import { Checker } from './checker.ts';
import type { PodRecord } from './history/pod-record.ts';
import type { PolicyLimits } from './limits.ts';
import { outrankedPods, placeablePods } from './placeable.ts';

const SPARK: PolicyLimits = {
  namespace: 'spark',
  groupLabel: 'job',
  countsTerminating: false,
  units: [
    { name: 'ecs', nodes: 'big-', max: 2 },
    { name: 'eci', nodes: 'virtual-', maxMilliCpu: 3_000 },
  ],
};
const STRICT: PolicyLimits = { ...SPARK, namespace: 'strict', countsTerminating: true };
const TIGHT: PolicyLimits = {
  ...SPARK,
  namespace: 'tight',
  units: [{ name: 'tight', nodes: 'tight-', max: 5, capacity: { 'tight-0': 2_000 } }],
};

/** A checker whose revisions count up. */
class Scene {
  nowMs = 0;
  readonly checker = new Checker([SPARK, STRICT, TIGHT], () => this.nowMs);
  #revision = 0;

  sees(...pods: readonly PodRecord[]): void {
    for (const each of pods) this.checker.changed(keyOf(each), each, (this.#revision += 1));
  }

  loses(...pods: readonly PodRecord[]): void {
    for (const each of pods) this.checker.changed(keyOf(each), undefined, (this.#revision += 1));
  }

  get overshoots(): string[] {
    return this.checker.overshoots.map((over) => `${over.pod}: ${over.group} ${over.unit} ${over.excess}`);
  }
}

function keyOf({ namespace, name }: PodRecord): string {
  return `/registry/pods/${namespace}/${name}`;
}

function pod(name: string, nodeName = '', more: Partial<PodRecord> = {}): PodRecord {
  return {
    namespace: 'spark',
    name,
    uid: name,
    labels: { job: 'a' },
    nodeName,
    phase: 'Pending',
    isTerminating: false,
    priority: 0,
    milliCpu: 1_000,
    isPreempted: false,
    waitReason: '',
    ...more,
  };
}

function strict(name: string, more: Partial<PodRecord> = {}): PodRecord {
  return pod(name, 'big-0', { namespace: 'strict', ...more });
}

function tight(name: string, nodeName = '', more: Partial<PodRecord> = {}): PodRecord {
  return pod(name, nodeName, { namespace: 'tight', ...more });
}

const URGENT = { priority: 10 };

describe('overshoots', () => {
  it('the pod after which a unit holds more than max, and who counted then', () => {
    const scene = new Scene();
    scene.sees(pod('p1', 'big-0'), pod('p2', 'big-1'));
    expect(scene.overshoots).toEqual([]);

    scene.sees(pod('p3', 'big-0'));

    expect(scene.checker.overshoots).toMatchObject([
      {
        revision: 3,
        pod: 'spark/p3',
        group: 'spark/a',
        unit: 'ecs',
        excess: '3 of 2 pods',
        counted: ['p1 p1 on big-0', 'p2 p2 on big-1', 'p3 p3 on big-0'],
      },
    ]);
  });

  it('requests above the limit', () => {
    const scene = new Scene();
    scene.sees(pod('p1', 'virtual-0', { milliCpu: 2_000 }), pod('p2', 'virtual-0'));
    scene.sees(pod('p3', 'virtual-1', { milliCpu: 1 }));

    expect(scene.overshoots).toEqual(['spark/p3: spark/a eci 3001m of 3000m cpu']);
  });

  it('of each group by itself', () => {
    const scene = new Scene();
    scene.sees(pod('p1', 'big-0'), pod('p2', 'big-0'), pod('q1', 'big-0', { labels: { job: 'b' } }));

    expect(scene.overshoots).toEqual([]);
  });

  it('once for a pod, not at each of its changes', () => {
    const scene = new Scene();
    scene.sees(pod('p1', 'big-0'), pod('p2', 'big-0'), pod('p3', 'big-0'));
    scene.sees(pod('p3', 'big-0', { phase: 'Running' }), pod('p1', 'big-0', { phase: 'Running' }));

    expect(scene.overshoots).toHaveLength(1);
  });

  it.each([
    ['deleted', (scene: Scene) => scene.loses(pod('p1'))],
    ['finished', (scene: Scene) => scene.sees(pod('p1', 'big-0', { phase: 'Succeeded' }))],
    ['terminating', (scene: Scene) => scene.sees(pod('p1', 'big-0', { isTerminating: true }))],
  ])('a pod that is %s does not count', (_case, leaves) => {
    const scene = new Scene();
    scene.sees(pod('p1', 'big-0'), pod('p2', 'big-0'));

    leaves(scene);
    scene.sees(pod('p3', 'big-0'));

    expect(scene.overshoots).toEqual([]);
  });

  it('a terminating pod counts until it is gone where the policy says so', () => {
    const scene = new Scene();
    scene.sees(strict('p1'), strict('p2'), strict('p1', { isTerminating: true }), strict('p3'));
    expect(scene.overshoots).toEqual(['strict/p3: strict/a ecs 3 of 2 pods']);

    scene.loses(strict('p1'), strict('p2'));
    scene.sees(strict('p4'));
    expect(scene.overshoots).toHaveLength(1);
  });

  it('pods on nodes of no unit are strays', () => {
    const scene = new Scene();
    scene.sees(pod('p1', 'small-0'));

    expect(scene.checker.strays).toEqual(['spark/p1 on small-0']);
  });
});

describe('who could be placed', () => {
  it('as many waiting pods as there are places', () => {
    const scene = new Scene();
    scene.sees(pod('p1', 'big-0'));
    const waiting = Array.from({ length: 6 }, (_, index) => pod(`w${index}`));
    scene.sees(...waiting);

    // One place in the first unit, three by requests in the second.
    expect(placeablePods(scene.checker)).toEqual(waiting.slice(0, 4));
  });

  it('nobody when every unit is full, deleted or terminating pods left out', () => {
    const scene = new Scene();
    scene.sees(pod('p1', 'big-0'), pod('p2', 'big-0'), pod('p3', 'virtual-0', { milliCpu: 2_500 }));
    scene.sees(pod('w1'), pod('w2', '', { milliCpu: 500 }), pod('w3', '', { isTerminating: true }));

    expect(placeablePods(scene.checker).map(({ name }) => name)).toEqual(['w2']);
    scene.loses(pod('w2'));
    expect(placeablePods(scene.checker)).toEqual([]);
  });

  it('only as many as the nodes have room for, whoever is on them', () => {
    const scene = new Scene();
    scene.sees(tight('p1', 'tight-0', { labels: { job: 'b' } }));
    scene.sees(tight('w1'), tight('w2'));

    expect(placeablePods(scene.checker)).toHaveLength(1);
    scene.sees(tight('w1', 'tight-0'));
    expect(placeablePods(scene.checker)).toHaveLength(0);
    scene.sees(tight('p1', 'tight-0', { labels: { job: 'b' }, phase: 'Failed' }));
    expect(placeablePods(scene.checker)).toHaveLength(1);
  });

  it('an urgent pod waits behind others when its group has room and they are on the nodes', () => {
    const scene = new Scene();
    scene.sees(tight('p1', 'tight-0'), tight('p2', 'tight-0', URGENT), tight('w1'), tight('w2', '', URGENT));
    expect(outrankedPods(scene.checker).map(({ name }) => name)).toEqual(['w2']);

    scene.loses(tight('p1'));
    scene.sees(tight('w2', 'tight-0', URGENT));
    expect(outrankedPods(scene.checker)).toEqual([]);
  });
});

it('placements are counted once, with the time of the last', () => {
  const scene = new Scene();
  scene.nowMs = 5;
  scene.sees(pod('p1'), pod('p1', 'big-0'));
  scene.nowMs = 9;
  scene.sees(pod('p1', 'big-0', { phase: 'Running' }));

  expect(scene.checker).toMatchObject({ placed: 1, lastPlacedMs: 5 });
});
