/**
 * What may happen next. `pod` is the index of a pod, `a` and `b` are random.
 *
 * @module
 */
import { NODES } from './setting.ts';
import type { World } from './world.ts';

type Step = (world: World, args: { uid: string; pod: number; a: number; b: number }) => void | Promise<void>;

/** Some nodes, by bits; all more often than not. */
function some(bits: number): readonly string[] {
  const nodes = NODES.filter((_, i) => ((bits >> i) & 1) === 1);
  return nodes.length === 0 || bits > 15 ? NODES : nodes;
}

const kinds = ['pods', 'nodes', 'policies'] as const;

export const STEPS = {
  // Pods.
  create: ({ users }, { pod }) => users.createPod(pod),
  terminate: ({ users, scheduler }, { pod }) => {
    // By some policies others wait for its end, and go elsewhere.
    scheduler.preemptionsDisturbed();
    users.terminate(pod);
  },
  finish: ({ users }, { pod }) => users.finish(pod),
  delete: ({ users }, { pod }) => users.deletePod(pod),
  recreate: ({ users }, { pod }) => {
    users.deletePod(pod);
    users.createPod(pod);
  },
  touch: ({ users }, { pod }) => users.touch(pod),
  relabel: ({ users, scheduler }, { pod, a }) => {
    scheduler.preemptionsDisturbed();
    users.relabel(pod, a);
  },
  resize: ({ users, scheduler }, { pod, a }) => {
    scheduler.preemptionsDisturbed();
    users.resize(pod, 1 + (a % 3));
  },
  'bind by another scheduler': ({ users, scheduler }, { pod, a }) => {
    scheduler.preemptionsDisturbed();
    users.bindForeign(pod, a);
  },

  // Pods that come through the webhook, and gates.
  'create through webhook': ({ webhook }, { pod }) => {
    webhook.ask(pod);
    webhook.store(pod);
  },
  'recreate through webhook': ({ users, webhook }, { pod }) => {
    users.deletePod(pod);
    webhook.ask(pod);
    webhook.store(pod);
  },
  'ask webhook': ({ webhook }, { pod, b }) => webhook.ask(pod, b % 4 !== 0),
  'ask webhook of another process': ({ webhook }, { pod, a }) => webhook.askAnother(pod, a),
  'create as answered': ({ webhook }, { pod }) => webhook.store(pod),
  'create gated by others': ({ webhook }, { pod, b }) => {
    if (b % 2 === 0) webhook.ask(pod);
    webhook.store(pod, true);
  },
  'ungate by others': ({ users }, { pod }) => users.ungate(pod),
  'open gate': ({ gates }, { a }) => gates.carryOut(a),
  'open gate, read': ({ gates }, { a }) => gates.read(a),
  'open gate, fail': ({ gates }, { a, b }) => gates.fail(a, b % 2 === 0),

  // Nodes and policies.
  'change node': edited(({ users }, { a, b }) => users.setNode(a, b)),
  'remove node': edited(({ users }, { a }) => users.removeNode(a)),
  'delete policy': edited(({ users }, { a }) => users.deletePolicy(a)),
  'replace policy': edited(({ users }, { a }) => users.replacePolicy(a)),
  'set max': edited(({ users }, { a, b }) => users.setMax(a, b % 4)),
  'set maxResources': edited(({ users }, { a, b }) => users.setCpu(a, b % 6)),
  'remove unit': edited(({ users }, { a }) => users.removeUnit(a)),
  'insert unit': edited(({ users }, { a, b }) => users.insertUnit(a, b)),
  'reorder units': edited(({ users }, { a }) => users.reorderUnits(a)),
  'set selector': edited(({ users }, { a, b }) => users.setSelector(a, b)),
  'toggle matchLabelKeys': edited(({ users }, { a }) => users.toggleGrouping(a)),
  'set whenTryNextUnits': edited(({ users }, { a, b }) => users.setTryNext(a, b)),
  'toggle ignored pods': edited(({ users }, { a, b }) => users.toggleIgnored(a, b)),

  // kube-scheduler.
  filter: ({ scheduler }, { uid, a }) => void scheduler.filter(uid, some(a)),
  'filter, behind': ({ scheduler }, { uid, a }) => void scheduler.filter(uid, some(a), 1 + (a >> 3)),
  'filter twice': ({ scheduler }, { uid, a }) => scheduler.filterTwice(uid, some(a)),
  bind: ({ scheduler }, { uid, a }) => scheduler.bind(uid, a),
  'bind again': ({ scheduler }, { uid, a, b }) => {
    scheduler.bind(uid, a);
    scheduler.bind(uid, b % 4 === 0 ? b : a);
  },
  'bind to any node': ({ scheduler }, { uid, a }) => {
    scheduler.preemptionsDisturbed();
    scheduler.bindTo(uid, NODES[a % NODES.length] ?? '');
  },
  cycle: ({ scheduler }, { uid, a, b }) => void scheduler.cycle(uid, some(a), b),
  'create and cycle': ({ users, scheduler }, { pod, a, b }) => {
    users.createPod(pod);
    scheduler.cycle(users.uidOf(pod), some(a), b);
  },
  report: ({ scheduler }, { uid, a }) => void scheduler.report(uid, `reason ${a % 3}`, a % 2 === 1),
  preempt: ({ scheduler }, { uid, a, b }) => scheduler.preempt(uid, a, b % 2 === 0),
  'preempt, all seen': ({ program, scheduler }, { uid, a, b }) => {
    program.drain();
    scheduler.preempt(uid, a, b % 2 === 0);
  },
  'end preemption': ({ scheduler }, { uid }) => scheduler.endPreemption(uid),

  // Bindings on their way.
  'carry out': ({ flights }, { a }) => flights.carryOut(a),
  answer: ({ flights }, { a }) => flights.answer(a, false),
  'lose answer': ({ flights }, { a }) => flights.answer(a, true),
  'lose Binding': ({ flights }, { a }) => flights.refuse(a, undefined),
  refuse: ({ flights }, { a, b }) => flights.refuse(a, ([429, 403, 0] as const)[b % 3]),
  duplicate: ({ flights }, { a }) => flights.duplicate(a),
  'answer read': (world, { a, b }) => world.answerRead(a, b),

  // The watches.
  deliver: ({ program }, { a, b }) => program.watches[kinds[b % 5] ?? 'pods'].deliver(1 + (a % 3)),
  'deliver pods': ({ program }) => program.watches.pods.deliver(Infinity),
  'deliver policies': ({ program }) => program.watches.policies.deliver(Infinity),
  drain: ({ program }) => program.drain(),
  relist: ({ program, api }, { a }) => program.relist(kinds[a % 5] ?? 'pods', api),

  // Time and death.
  advance: async (world, { a }) => world.advance(0.05 * (1 + (a % 4))),
  'advance by seconds': async (world, { a }) => world.advance(5 * (1 + (a % 16))),
  expire: ({ program }) => program.expire(),
  'advance and expire': async (world, { a }) => {
    await world.advance(a % 3 === 0 ? 125 : 65);
    world.program.expire();
  },
  'clock jumps': (world, { a, b }) => {
    world.wallAheadMs += (b % 2 === 0 ? -1 : 1) * 7_000 * a;
  },
  audit: ({ program, story }) => {
    const differences = program.ledger.audit();
    story.expect(differences.length === 0, () => `audit: ${differences.join('; ')}`);
  },
  restart: (world, { a }) => world.restart(a),
} satisfies Record<string, Step>;

export type StepName = keyof typeof STEPS;

/** A change of what pods are placed by. */
function edited(change: Step): Step {
  return (world, args) => {
    world.scheduler.preemptionsDisturbed();
    return change(world, args);
  };
}
