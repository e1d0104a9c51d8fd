/**
 * The worlds in which the properties are tried: few pods, nodes and policies, so that they get in each other's way.
 *
 * @module
 */
import * as fc from 'fast-check';
import type { NodeFacts } from '../../src/facts/node-facts.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { PreemptPolicy, ResourcePolicy, TryNext } from '../../src/policy/resource-policy.ts';
import { PREEMPT_POLICIES, TRY_NEXT } from '../../src/policy/resource-policy.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';

export const NODES = ['ecs-0', 'ecs-1', 'eci-0'] as const;
export const APPS = ['a', 'b'] as const;
export const JOBS = ['s1', 's2'] as const;

/** What a node may be turned into. */
export const NODE_LABELS = [{ pool: 'x' }, { pool: 'y' }, { type: 'virtual-kubelet' }] as const;

/** The nodes of a unit. */
const UNIT_NODES = {
  ecs: { resource: 'ecs' },
  pool: { resource: 'ecs', nodeSelector: { pool: 'x' } },
  eci: { resource: 'eci' },
  any: {},
} as const;

export interface UnitSetting {
  readonly nodes: keyof typeof UNIT_NODES;
  readonly max: number | undefined;
  /** maxResources of cpu. */
  readonly cpu: number | undefined;
  /** Writes a label, and counts by it. */
  readonly isMarked: boolean;
  readonly isWaiting: boolean;
}

export interface PolicySetting {
  /** Undefined: selects every pod. */
  readonly app: string | undefined;
  readonly isGrouped: boolean;
  readonly tryNext: TryNext;
  readonly preemptPolicy: PreemptPolicy;
  readonly ignoreTerminatingPod: boolean;
  readonly ignorePreviousPod: boolean;
  readonly units: readonly UnitSetting[];
}

export interface PodSetting {
  readonly app: string;
  readonly job: string | undefined;
  readonly cpu: number;
  readonly priority: number;
  /** Nowhere, waiting, or on a node. */
  readonly start: 'absent' | 'waiting' | (typeof NODES)[number];
}

export interface Setting {
  readonly policies: readonly PolicySetting[];
  readonly pods: readonly PodSetting[];
}

export function policyOf(
  setting: PolicySetting,
  { name, uid, generation, createdMs }: Identity,
): ResourcePolicy {
  const { app, isGrouped, units, tryNext, ...flags } = setting;
  return aPolicy(name)
    .uid(uid)
    .generation(generation)
    .createdAt(createdMs)
    .selecting(app === undefined ? {} : { app })
    .spec({
      ...flags,
      whenTryNextUnits: { policy: tryNext, timeout: '30s' },
      matchLabelKeys: isGrouped ? ['job'] : [],
      units: units.map(({ nodes, max, cpu, isMarked, isWaiting }) => ({
        ...UNIT_NODES[nodes],
        ...(max === undefined ? {} : { max }),
        ...(cpu === undefined ? {} : { maxResources: { cpu } }),
        podLabels: {
          ...(isMarked ? { unit: nodes } : {}),
          ...(isWaiting ? { 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling': 'true' } : {}),
        },
      })),
    })
    .parsed();
}

interface Identity {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdMs: number;
}

export function podOf({ app, job, cpu, priority }: PodSetting, name: string, uid: string): PodFacts {
  const labels = { app, ...(job === undefined ? {} : { job }) };
  return { ...aPod(name).uid(uid).labels(labels).priority(priority).facts(), requests: requestsOf(cpu) };
}

export function requestsOf(cpu: number): PodFacts['requests'] {
  return { cpu: cpu * 1_000, pods: 1 };
}

const AMPLE = { cpu: '1000', pods: '1000' };

export function nodeOf(name: string, labels: NodeFacts['labels']): NodeFacts {
  return { ...aNode(name).allocating(AMPLE).facts(), labels };
}

// ── arbitrary ones ───────────────────────────────────────────────────────────────────────────────────────────────

const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined, freq: 3 });

const unit: fc.Arbitrary<UnitSetting> = fc.record({
  nodes: fc.constantFrom('ecs', 'ecs', 'eci', 'any', 'pool'),
  max: maybe(fc.constantFrom(1, 2, 0)),
  cpu: fc.constantFrom(undefined, undefined, undefined, 3, 2, 1),
  isMarked: fc.constantFrom(false, false, false, true),
  isWaiting: fc.constantFrom(false, false, false, false, true),
});

/** Of few places, and those on virtual nodes as often as not. */
const smallUnit: fc.Arbitrary<UnitSetting> = fc.record({
  nodes: fc.constantFrom('ecs', 'pool', 'eci', 'eci', 'any'),
  max: fc.constantFrom(1, 1, 1, 2, 2, 0, undefined),
  cpu: fc.constantFrom(...Array.from({ length: 7 }, () => undefined), 2),
  isMarked: fc.constantFrom(false, false, false, false, true),
  isWaiting: fc.constantFrom(false, false, false, false, true),
});

const policyOfUnits = (units: fc.Arbitrary<UnitSetting>): fc.Arbitrary<PolicySetting> =>
  fc.record({
    app: fc.constantFrom(undefined, 'a', 'a'),
    isGrouped: fc.boolean(),
    tryNext: fc.constantFrom(TRY_NEXT[0], TRY_NEXT[0], ...TRY_NEXT),
    preemptPolicy: fc.constantFrom(...PREEMPT_POLICIES),
    ignoreTerminatingPod: fc.boolean(),
    ignorePreviousPod: fc.constantFrom(false, false, true),
    units: fc.array(units, { minLength: 1, maxLength: 3 }),
  });

const pod: fc.Arbitrary<PodSetting> = fc.record({
  app: fc.constantFrom('a', 'a', 'a', 'b'),
  job: fc.constantFrom('s1', 's1', 's1', 's2', undefined),
  cpu: fc.constantFrom(1, 2, 3),
  priority: fc.constantFrom(0, 0, 10),
  start: fc.constantFrom('waiting', 'waiting', 'waiting', 'absent', ...NODES),
});

export const aSetting: fc.Arbitrary<Setting> = fc.record({
  policies: fc.array(policyOfUnits(unit), { minLength: 1, maxLength: 2 }),
  pods: fc.array(pod, { minLength: 4, maxLength: 8 }),
});

/** Most pods are yet to come, and more of them than there are places. */
export const aSettingOfArrivals: fc.Arbitrary<Setting> = fc.record({
  policies: fc.oneof(
    { arbitrary: fc.array(policyOfUnits(smallUnit), { minLength: 1, maxLength: 1 }), weight: 3 },
    { arbitrary: fc.array(policyOfUnits(smallUnit), { minLength: 1, maxLength: 2 }), weight: 1 },
  ),
  pods: fc.array(
    fc.record({
      app: fc.constantFrom('a', 'a', 'a', 'a', 'a', 'b'),
      job: fc.constantFrom('s1', 's1', 's1', 's1', 's1', 's2', undefined),
      cpu: fc.constantFrom(1, 1, 2),
      priority: fc.constantFrom(0, 0, 0, 0, 10),
      start: fc.constantFrom('absent', 'absent', 'absent', 'absent', 'waiting', 'ecs-0', 'eci-0'),
    }),
    { minLength: 5, maxLength: 8 },
  ),
});
