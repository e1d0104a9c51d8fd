/**
 * Worlds in which something went wrong once, shrunk: lived through in every run. A failure prints itself in this form.
 * They are kept whole and not as seeds, which name another world as soon as any theme changes.
 *
 * @module
 */
import type { Call } from './live.ts';
import type { PodSetting, PolicySetting, Setting, UnitSetting } from './setting.ts';

export interface Seed {
  /** What went wrong. */
  readonly of: string;
  readonly setting: Setting;
  readonly calls: readonly Call[];
}

const ecs: UnitSetting = { nodes: 'ecs', max: undefined, cpu: undefined, isMarked: false, isWaiting: false };
const policy: PolicySetting = {
  app: undefined,
  isGrouped: false,
  tryNext: 'LackResourceOrExceedMax',
  preemptPolicy: 'AfterAllUnits',
  ignoreTerminatingPod: false,
  ignorePreviousPod: false,
  units: [ecs],
};
const waiting: PodSetting = { app: 'a', job: 's1', cpu: 1, priority: 0, start: 'waiting' };
const four = [waiting, waiting, waiting, waiting];
const absent: PodSetting = { ...waiting, start: 'absent' };
const eci: UnitSetting = { ...ecs, nodes: 'eci' };

export const SEEDS: readonly Seed[] = [
  {
    of: 'a pod refused before it was seen, whose policy had gone by then, was not woken',
    setting: { policies: [policy], pods: four },
    calls: [
      ['set selector', 0, 0, 2],
      ['recreate', 0, 0, 0],
      ['filter', 0, 31, 0],
    ],
  },
  {
    of: 'a pod refused by a process before a restart, whose policy went in between, was not woken',
    setting: { policies: [{ ...policy, isGrouped: true }], pods: [{ ...waiting, job: undefined }, ...four] },
    calls: [
      ['filter', 0, 31, 0],
      ['delete policy', 0, 0, 0],
      ['restart', 0, 0, 0],
    ],
  },
  {
    of: 'a node in no unit came back, and records of Bindings to it went on to be believed',
    setting: { policies: [policy], pods: four },
    calls: [
      ['bind to any node', 0, 0, 0],
      ['remove node', 0, 0, 0],
      ['change node', 0, 0, 11],
      ['drain', 0, 0, 0],
    ],
  },
  {
    of: 'a pod refused with labels that the watch had not shown was not woken when the policy selected others',
    setting: {
      policies: [{ ...policy, isGrouped: true }],
      pods: [{ ...waiting, app: 'b', job: undefined }, ...four],
    },
    calls: [
      ['relabel', 0, 5, 0],
      ['filter', 0, 31, 0],
      ['set selector', 0, 0, 26],
    ],
  },
  {
    of: 'the same, when the policy was deleted',
    setting: {
      policies: [{ ...policy, app: 'a', units: [{ ...ecs, max: 0 }] }],
      pods: [{ ...waiting, app: 'b' }, ...four],
    },
    calls: [
      ['relabel', 0, 29, 0],
      ['cycle', 0, 31, 0],
      ['delete policy', 0, 0, 0],
    ],
  },
  {
    of: 'a pod refused while its Binding was on its way to a node of no unit was not woken when that was lost',
    setting: { policies: [{ ...policy, units: [{ ...ecs, nodes: 'eci' }, ecs] }], pods: four },
    calls: [
      ['bind to any node', 1, 0, 0],
      ['remove unit', 0, 7, 0],
      ['filter', 1, 14, 0],
      ['remove node', 0, 0, 0],
    ],
  },
  {
    of: 'where units shared the node, a pod was sent back to the first one after the eviction for the second',
    setting: {
      policies: [{ ...policy, app: 'a', preemptPolicy: 'BeforeNextUnit', units: [{ ...ecs, cpu: 2 }, ecs] }],
      pods: [waiting, { ...waiting, cpu: 3, priority: 10 }, { ...waiting, app: 'b', start: 'ecs-0' }],
    },
    calls: [
      ['preempt, all seen', 1, 0, 0],
      ['end preemption', 1, 0, 0],
    ],
  },
  {
    of: 'a pod deleted before it was bound held the place that it was nominated for',
    setting: {
      policies: [policy],
      pods: [waiting, { ...waiting, priority: 10 }, waiting, { ...waiting, start: 'ecs-1' }],
    },
    calls: [
      ['preempt, all seen', 1, 0, 0],
      ['terminate', 1, 0, 0],
      ['drain', 0, 0, 0],
      ['filter', 1, 31, 0],
    ],
  },
  {
    of: 'a nominated pod that went unseen held its place for ever',
    setting: {
      policies: [policy],
      pods: [{ ...waiting, priority: 10 }, { ...waiting, start: 'ecs-1' }, waiting],
    },
    calls: [
      ['preempt, all seen', 0, 0, 0],
      ['delete', 0, 0, 0],
      ['restart', 0, 0, 0],
      ['filter', 0, 31, 0],
    ],
  },
  {
    of: 'a pod whose victims were leaving one unit, and that went to another, was told to evict in a third when asked again',
    setting: {
      policies: [
        {
          ...policy,
          preemptPolicy: 'BeforeNextUnit',
          units: [{ ...ecs, nodes: 'eci', cpu: 3 }, { ...ecs, nodes: 'eci' }, ecs],
        },
      ],
      pods: [{ ...waiting, cpu: 3, start: 'ecs-1' }, { ...waiting, priority: 10 }, waiting, waiting],
    },
    calls: [
      ['preempt', 1, 0, 0],
      ['end preemption', 1, 0, 0],
      ['create and cycle', 0, 0, 0],
      ['carry out', 0, 0, 0],
      ['deliver', 0, 1, 0],
      ['filter twice', 1, 0, 0],
    ],
  },
  {
    of: 'a Binding whose answer was lost held its place although the pod had changed since',
    setting: { policies: [{ ...policy, units: [{ ...ecs, max: 1 }] }], pods: four },
    calls: [
      ['cycle', 0, 31, 0],
      ['lose Binding', 0, 0, 0],
      ['advance', 0, 0, 0],
      ['drain', 0, 0, 0],
      ['cycle', 1, 31, 0],
    ],
  },
  {
    of: 'a pod waited outside of the queue for one ahead that was refused for something else than max',
    setting: {
      policies: [
        {
          ...policy,
          tryNext: 'LackResourceAndNoTerminating',
          units: [
            { ...ecs, max: 1 },
            { ...ecs, max: 1 },
          ],
        },
      ],
      pods: [waiting, waiting, waiting, { ...waiting, start: 'ecs-0' }],
    },
    calls: [
      ['delete', 0, 0, 0],
      ['terminate', 3, 0, 0],
      ['create through webhook', 0, 0, 0],
    ],
  },
  {
    of: 'the same, when a recount had forgotten who was refused',
    setting: {
      policies: [{ ...policy, units: [{ ...ecs, max: 2, cpu: 1 }] }],
      pods: [waiting, { ...waiting, start: 'eci-0' }, waiting, waiting],
    },
    calls: [
      ['cycle', 0, 0, 0],
      ['delete', 1, 0, 0],
      ['carry out', 0, 0, 0],
      ['create through webhook', 1, 0, 0],
      ['cycle', 2, 0, 0],
      ['create', 0, 0, 0],
    ],
  },
  {
    of: 'a pinned pod that was refused before a restart held its place after it, and was never woken',
    setting: { policies: [{ ...policy, units: [eci] }], pods: [waiting, waiting, absent, waiting] },
    calls: [
      ['set max', 0, 0, 0],
      ['create through webhook', 2, 0, 0],
      ['drain', 0, 0, 0],
      ['cycle', 2, 0, 0],
      ['insert unit', 0, 0, 29],
      ['restart', 0, 0, 0],
    ],
  },
  {
    of: 'a pod of the waiting room that no policy held back when it was first seen stayed there',
    setting: { policies: [policy, policy], pods: [waiting, absent, waiting, waiting] },
    calls: [
      ['ask webhook of another process', 1, 0, 0],
      ['create as answered', 1, 0, 0],
      ['advance', 0, 0, 0],
    ],
  },
  {
    of: 'a pinned pod was bound in another unit after a restart, on a node that had changed its kind',
    setting: {
      policies: [
        {
          ...policy,
          units: [
            { ...eci, max: 1 },
            { ...ecs, max: 1 },
          ],
        },
      ],
      pods: [absent, absent, absent, absent],
    },
    calls: [
      ['create through webhook', 1, 0, 0],
      ['change node', 0, 11, 0],
      ['cycle', 1, 0, 0],
      ['restart', 0, 0, 0],
      ['bind', 1, 0, 0],
    ],
  },
  {
    of: 'a pod that went while nobody watched, its Binding without an answer, held its place for two minutes',
    setting: { policies: [policy], pods: four },
    calls: [
      ['delete', 2, 0, 0],
      ['create and cycle', 2, 0, 0],
      ['answer', 0, 0, 0],
      ['delete', 2, 0, 0],
      ['relist', 0, 0, 0],
      ['create', 0, 0, 0],
    ],
  },
  {
    of: 'an old report of kube-scheduler, shown late, took the place back for which a pod had been evicted',
    setting: {
      policies: [{ ...policy, units: [{ ...ecs, cpu: 2 }] }],
      pods: [waiting, { ...waiting, cpu: 2 }, { ...waiting, cpu: 2 }, { ...waiting, cpu: 2, priority: 10 }],
    },
    calls: [
      ['create and cycle', 0, 0, 0],
      ['carry out', 0, 0, 0],
      ['deliver', 0, 0, 0],
      ['report', 3, 0, 0],
      ['create and cycle', 7, 0, 0],
      ['preempt', 7, 0, 7],
      ['preempt, all seen', 0, 0, 0],
      ['create and cycle', 0, 0, 0],
      ['end preemption', 7, 0, 0],
    ],
  },
  {
    of: 'a pod refused while it was still seen in the waiting room, whose policy then went, was not woken',
    setting: {
      policies: [{ ...policy, units: [{ ...eci, max: 1 }] }],
      pods: [absent, absent, { ...absent, start: 'ecs-0' }, absent, absent],
    },
    calls: [
      ['change node', 0, 11, 0],
      ['create through webhook', 4, 0, 0],
      ['create through webhook', 0, 0, 0],
      ['filter, behind', 4, 1, 0],
      ['preempt, all seen', 0, 0, 0],
      ['advance', 0, 0, 0],
      ['open gate', 0, 0, 0],
      ['filter, behind', 0, 0, 0],
      ['delete policy', 0, 0, 0],
      ['create', 0, 0, 0],
    ],
  },
  {
    of: 'a wait that was over, so that somebody was evicted, was not over any more when the clock was set back',
    setting: {
      policies: [{ ...policy, units: [{ ...eci, isWaiting: true }, ecs] }],
      pods: [
        waiting,
        { ...waiting, start: 'ecs-1' },
        waiting,
        waiting,
        waiting,
        { ...waiting, priority: 10 },
      ],
    },
    calls: [
      ['cycle', 5, 9, 0],
      ['advance by seconds', 0, 5, 0],
      ['preempt', 5, 0, 0],
      ['clock jumps', 0, 1, 0],
      ['end preemption', 5, 0, 0],
    ],
  },
  {
    of: 'a unit that had room again held back a pod for which somebody was evicted in a later one',
    setting: {
      policies: [{ ...policy, units: [{ ...ecs, cpu: 2, isWaiting: true }, eci] }],
      pods: [waiting, absent, { ...waiting, cpu: 2, priority: 10 }, { ...waiting, start: 'eci-0' }],
    },
    calls: [
      ['create', 1, 0, 0],
      ['filter', 1, 0, 0],
      ['bind', 5, 0, 0],
      ['preempt, all seen', 6, 0, 0],
      ['advance by seconds', 0, 5, 0],
      ['end preemption', 2, 0, 0],
      ['create', 0, 0, 0],
    ],
  },
];
