import { describe, expect, it } from 'vitest';
import { UNIT_ANNOTATION } from '../../src/facts/annotations.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { Arrival } from '../../src/scheduling/arrivals.ts';
import { Arrivals } from '../../src/scheduling/arrivals.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import type { NodeBuilder, PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const ROOMY = { cpu: '100', memory: '100Gi', pods: '1000' };
const SPARK = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci', max: 3 });
const NODES = [aNode('ecs-0'), aNode('eci-0').virtual(), aNode('eci-1').virtual()];
const executor = (name: string): PodBuilder => aPod(name).ofGroup('s1').requesting({ cpu: '1' });

class Scene {
  readonly world: Harness;
  readonly arrivals: Arrivals;
  #count = 0;

  constructor(policies: readonly PolicyBuilder[] = [SPARK], nodes: readonly NodeBuilder[] = NODES) {
    this.world = new Harness({ policies, nodes: nodes.map((node) => node.allocating(ROOMY)) });
    const { ledger } = this.world;
    this.arrivals = new Arrivals({
      ledger,
      matcher: new Matcher(ledger),
      clock: { nowMs: () => this.world.nowMs },
      virtualNodes: VIRTUAL_NODES,
    });
  }

  /** A pod is created, and the watch does not show it. */
  creates(pod = executor('e'), { isReal = true } = {}): string {
    return inWords(
      this.arrivals.arrives({ ...pod.facts(), constraints: podConstraints(pod.object()) }, isReal),
    );
  }

  /** Pods are created, and shown by the watch as they became. */
  created(count: number, pod = executor('e')): readonly string[] {
    return Array.from({ length: count }, () => {
      const became = this.creates(pod);
      const [kind, unit = ''] = became.split(' ');
      this.#count += 1;
      const named = pod.uid(`uid-${this.#count}`);
      this.shows(kind === 'held' ? named.gated() : kind === 'pinned' ? named.pinnedTo(unit) : named);
      return became;
    });
  }

  shows(pod: PodBuilder): void {
    this.world.sees(pod);
    this.arrivals.seen(pod.facts());
  }

  leaves(pod: PodBuilder): string {
    const pin = this.arrivals.leaves({ ...pod.facts(), constraints: podConstraints(pod.object()) });
    return pin === undefined ? 'queued' : inWords({ kind: 'pinned', pin });
  }
}

function inWords(arrival: Arrival): string {
  return arrival.kind === 'pinned'
    ? `pinned ${arrival.pin.unit.name} ${arrival.pin.nodeNames.join()}`
    : arrival.kind;
}

function unitOfBinding(world: Harness): string | undefined {
  return world.bindings[0]?.annotations?.[UNIT_ANNOTATION];
}

const PINNED = 'pinned eci eci-0,eci-1';
const LINE = ['queued', 'queued', PINNED, PINNED, PINNED, 'held', 'held'];

describe('pods of a group that are created one after the other', () => {
  it('join the queue, are pinned to the unit that is theirs, and wait outside when all are full', () => {
    expect(new Scene().created(7)).toEqual(LINE);
  });

  it('wait outside when those that the watch does not show yet may take all places', () => {
    const scene = new Scene();
    const became = Array.from({ length: 7 }, () => scene.creates());
    expect(became).toEqual(['queued', 'queued', 'queued', 'queued', 'queued', 'held', 'held']);
  });

  it('are not pinned for the sake of pods that may never come', () => {
    const scene = new Scene();
    scene.created(1);
    expect([scene.creates(), scene.creates()]).toEqual(['queued', 'queued']);
    expect(scene.created(2)).toEqual(['queued', PINNED]);
  });

  it('are not pinned to a unit that those that the watch does not show yet may fill', () => {
    const policy = aPolicy('p')
      .perGroup()
      .unit({ resource: 'eci', nodeSelector: { zone: 'near' }, max: 1 })
      .unit({ resource: 'eci', nodeSelector: { zone: 'far' }, max: 9 });
    const nodes = ['near', 'far'].map((zone) => aNode(zone).virtual().labelled({ zone }));
    const scene = new Scene([policy], nodes);
    expect([scene.creates(), scene.creates()]).toEqual(['pinned eci(zone=near) near', 'queued']);
  });

  it('are forgotten when they do not come', () => {
    const scene = new Scene();
    Array.from({ length: 5 }, () => scene.creates());
    scene.world.advance(10_000);
    expect(scene.creates()).toBe('queued');
  });

  it('are not counted in a dry run', () => {
    const scene = new Scene();
    const all = Array.from({ length: 7 }, () => scene.creates(executor('e'), { isReal: false }));
    expect(new Set(all)).toEqual(new Set(['queued']));
  });

  it('are counted by group', () => {
    const scene = new Scene();
    scene.created(6);
    expect(scene.created(1, aPod('f').ofGroup('s2'))).toEqual(['queued']);
  });

  it('come after those in the waiting room', () => {
    const scene = new Scene();
    scene.created(7);
    scene.world.seesGone(executor('e').uid('uid-1'));
    expect(scene.creates()).toBe('held');
  });

  it('count where they are bound', () => {
    const scene = new Scene();
    for (const name of ['a', 'b']) scene.shows(executor(name).on('ecs-0').placedBy('spark', 'ecs'));
    expect(scene.created(4)).toEqual([PINNED, PINNED, PINNED, 'held']);
  });

  it('do not count behind gates of others', () => {
    const scene = new Scene();
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      scene.shows(executor(name).gated('kueue.x-k8s.io/admission'));
    expect(scene.creates()).toBe('queued');
  });
});

describe('a pod is not pinned', () => {
  const eciOnly = aPolicy('spark').perGroup().unit({ resource: 'eci', max: 3 });

  it('but to virtual nodes that can take it', () => {
    const cordoned = [aNode('eci-0').virtual().cordoned(), aNode('eci-1').virtual()];
    expect(new Scene([eciOnly], cordoned).creates()).toBe('pinned eci eci-1');
  });

  it.each<[string, Scene, PodBuilder?]>([
    ['to real nodes', new Scene([aPolicy('p').perGroup().unit({ resource: 'ecs' })])],
    ['to a unit without nodes', new Scene([eciOnly], [aNode('ecs-0')])],
    [
      'to very many nodes',
      new Scene(
        [eciOnly],
        Array.from({ length: 17 }, (_, i) => aNode(`eci-${i}`).virtual()),
      ),
    ],
    [
      'where amounts are limited',
      new Scene([eciOnly.spec({ units: [{ resource: 'eci', maxResources: { cpu: '9' } }] })]),
    ],
    [
      'while its policy waits for terminating pods',
      new Scene([eciOnly.spec({ whenTryNextUnits: { policy: 'LackResourceAndNoTerminating' } })]),
    ],
    ['to nodes that it does not fit on', new Scene([eciOnly]), executor('e').requesting({ cpu: '101' })],
    ['by a policy of another namespace', new Scene([eciOnly.in('other')])],
    [
      'when two policies select it',
      new Scene([eciOnly, eciOnly.uid('u2').spec({}), aPolicy('q').unit({ resource: 'ecs' })]),
    ],
    ['without a group', new Scene([eciOnly]), aPod('e')],
  ])('%s', (_what, scene, pod) => {
    expect(scene.creates(pod)).toBe('queued');
  });

  it('while others of its group were refused: nobody knows where those will go', () => {
    const scene = new Scene();
    scene.shows(executor('a').unschedulable());
    scene.shows(executor('b'));
    expect(scene.creates()).toBe('queued');
  });
});

describe('a pod that may evict others', () => {
  it('is neither pinned nor held', () => {
    const scene = new Scene();
    scene.shows(aPod('low').on('ecs-0').labels({}));
    expect(scene.created(7, executor('e').priority(10))).toEqual(Array.from({ length: 7 }, () => 'queued'));
    expect(scene.creates(executor('e').priority(10).neverPreempting())).toBe('held');
  });
});

describe('a policy with a unit without max', () => {
  it('holds nobody', () => {
    const scene = new Scene([
      aPolicy('p').perGroup().unit({ resource: 'ecs', max: 1 }).unit({ resource: 'eci' }),
    ]);
    expect(scene.created(3)).toEqual(['queued', PINNED, PINNED]);
  });
});

describe('a pod that leaves the waiting room', () => {
  it('is pinned to the unit in which there is room', () => {
    const scene = new Scene();
    scene.created(6);
    scene.world.seesGone(executor('e').uid('uid-3'));
    expect(scene.leaves(executor('e').uid('uid-6').gated())).toBe(PINNED);
  });

  it('joins the queue when the room is in the first unit', () => {
    const scene = new Scene();
    scene.created(6);
    scene.world.seesGone(executor('e').uid('uid-1'));
    expect(scene.leaves(executor('e').uid('uid-6').gated())).toBe('queued');
  });
});

describe('a pinned pod', () => {
  it('holds its place from when it is seen, and goes nowhere else', () => {
    const { world } = new Scene();
    const pinned = executor('p').pinnedTo('eci');
    world.sees(pinned);
    expect(world.taken(SPARK, 's1', 1)).toBe(1);
    expect(world.unitFor(pinned, ['eci-0', 'eci-1'])).toBe('eci');
  });

  it('keeps the place for as long as it is in kube-scheduler’s hands', () => {
    const { world } = new Scene();
    world.sees(executor('p').pinnedTo('eci'));
    world.advance(1_000_000);
    world.ledger.expire({ reservedMs: 60_000, uncertainMs: 120_000, currentAtMs: world.nowMs });
    expect(world.taken(SPARK, 's1', 1)).toBe(1);
    world.sees(executor('p').pinnedTo('eci').version('2').unschedulable());
    expect(world.taken(SPARK, 's1', 1)).toBe(0);
  });

  it('takes no place that there is not', () => {
    const { world } = new Scene();
    for (const name of ['a', 'b', 'c', 'd']) world.sees(executor(name).pinnedTo('eci'));
    expect(world.taken(SPARK, 's1', 1)).toBe(3);
    expect(world.filter(executor('d').pinnedTo('eci'), ['eci-0'])).toMatchObject({
      outcome: 'full',
      text: 'ResourcePolicy spark: unit 2 eci is at max 3 (per job)',
    });
  });

  it('holds nothing while it is in the waiting room, and its place when it is let out', () => {
    const { world } = new Scene();
    world.sees(executor('p').gated());
    expect(world.taken(SPARK, 's1', 1)).toBe(0);
    world.sees(executor('p').version('2').pinnedTo('eci'));
    expect(world.taken(SPARK, 's1', 1)).toBe(1);
  });

  it('that was refused holds nothing in the next life of the program, and is woken', () => {
    const { world } = new Scene();
    world.sees(executor('p').pinnedTo('eci').unschedulable());
    expect(world.taken(SPARK, 's1', 1)).toBe(0);
    expect(world.ledger.waiting({ policyKey: 'default/spark', group: 's1' })).toMatchObject([
      { pod: { name: 'p' } },
    ]);
  });

  it('that was refused before it was seen holds nothing', () => {
    const { world } = new Scene();
    const pinned = executor('p').pinnedTo('eci');
    expect(world.unitFor(pinned, ['ecs-0'])).toBe('lacks-resources');
    world.sees(pinned);
    expect(world.taken(SPARK, 's1', 1)).toBe(0);
  });

  it('does not keep its place after it was reported unschedulable, whoever binds', () => {
    const world = new Harness({ policies: [SPARK], nodes: NODES, checksAtBind: false });
    world.sees(executor('p').pinnedTo('eci'));
    world.sees(executor('p').pinnedTo('eci').version('2').unschedulable());
    world.advance(60_000);
    world.ledger.expire({ reservedMs: 60_000, uncertainMs: 120_000, currentAtMs: world.nowMs });
    expect(world.taken(SPARK, 's1', 1)).toBe(0);
  });

  describe('where units share its node', () => {
    const shared = aPolicy('spark').perGroup().unit({}).unit({ resource: 'eci' });
    const pinned = executor('p').pinnedTo('eci');

    it('goes to its own though its place was lost', async () => {
      const { world } = new Scene([shared]);
      world.sees(pinned);
      world.ledger.forget(pinned.facts().uid);
      await world.bind(pinned, 'eci-0');
      expect(unitOfBinding(world)).toBe('eci');
    });

    it('evicts for its own', async () => {
      const { world } = new Scene([shared]);
      const high = pinned.priority(10).unschedulable();
      const low = executor('low').on('eci-0').placedBy('spark', 'eci');
      world.sees(high);
      world.sees(low);
      world.preempt(high, { 'eci-0': [low] });
      expect([0, 1].map((unit) => world.taken(shared, 's1', unit))).toEqual([0, 2]);
    });

    it('holds its own when it was nominated before the start', () => {
      const { world } = new Scene([shared]);
      world.sees(pinned.nominated('eci-0').unschedulable());
      expect([0, 1].map((unit) => world.taken(shared, 's1', unit))).toEqual([0, 1]);
    });

    it('goes to its own when its policy has that again', async () => {
      const { world } = new Scene([shared]);
      world.sees(pinned.unschedulable());
      const rest = [{}];
      world.sees(shared.generation(2).spec({ units: rest }));
      expect(world.unitFor(pinned, ['eci-0'])).toBe('any');
      world.sees(shared.generation(3));
      await world.bind(pinned, 'eci-0');
      expect(unitOfBinding(world)).toBe('eci');
    });
  });

  it('is woken for room in its own unit only', () => {
    const { world } = new Scene();
    for (const name of ['a', 'b', 'c']) world.sees(executor(name).on('eci-0').placedBy('spark', 'eci'));
    world.sees(executor('p').pinnedTo('eci').unschedulable());
    expect(world.ledger.waiting({ policyKey: 'default/spark', group: 's1' })).toEqual([]);
    world.seesGone(executor('a').on('eci-0').placedBy('spark', 'eci'));
    expect(world.ledger.waiting({ policyKey: 'default/spark', group: 's1' })).toMatchObject([
      { pod: { name: 'p' } },
    ]);
  });
});
