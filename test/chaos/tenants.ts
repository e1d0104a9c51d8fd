/**
 * Who uses the cluster: one namespace for each kind of policy, with the policy as it is applied, its limits as the
 * checker knows them, and what its pods are like.
 *
 * @module
 */
import type { NodeSpec } from '../control-plane/nodes.ts';
import { ecsNode, virtualNode } from '../control-plane/nodes.ts';
import type { PolicyLimits, UnitLimits } from './limits.ts';

/** The label whose values are the groups. */
export const JOB_LABEL = 'sparkoperator.k8s.io/submission-id';

/** How the pods of a tenant come: by themselves, or as replicas of Deployments. */
export type PodSource = 'pods' | 'deployments';

export interface Tenant {
  readonly limits: PolicyLimits;
  /** Of the ResourcePolicy; undefined: none, pods go anywhere. */
  readonly policySpec: Readonly<Record<string, unknown>> | undefined;
  readonly source: PodSource;
  /** Pods of one job; more than its policy has places for, where it has a limit. */
  readonly jobSize: number;
  /** Requests that pods of a job take in turn. */
  readonly cpu: readonly string[];
  /** Part of the pods that are urgent: those come last and may evict others. */
  readonly urgentShare: number;
  /** How many of the jobs are this tenant's, beside others. */
  readonly weight: number;
}

const BIG: UnitLimits = { name: 'ecs', nodes: 'big-' };
const SMALL: UnitLimits = { name: 'small', nodes: 'small-' };
const TIGHT_NODES = { 'tight-0': 16_000, 'tight-1': 16_000 };
const TIGHT: UnitLimits = { name: 'tight', nodes: 'tight-', capacity: TIGHT_NODES };
const VIRTUAL: UnitLimits = { name: 'eci', nodes: 'virtual-' };
const ON_BIG = { resource: 'ecs', nodeSelector: { pool: 'big' } };
const ON_SMALL = { resource: 'ecs', nodeSelector: { pool: 'small' } };
const ON_TIGHT = { resource: 'ecs', nodeSelector: { pool: 'tight' } };
const ON_VIRTUAL = { resource: 'eci' };
const PER_JOB = { matchLabelKeys: [JOB_LABEL] };
const DEFAULTS = { source: 'pods', cpu: ['1'], urgentShare: 0, weight: 1 } as const;

/** The priority class of urgent pods. */
export const URGENT = 'chaos-urgent';

export const TENANTS: readonly Tenant[] = [
  // The ordinary case: so many pods of each job, first here, then there.
  {
    ...DEFAULTS,
    limits: limitsOf('spark', [
      { ...BIG, max: 20 },
      { ...VIRTUAL, max: 28 },
    ]),
    policySpec: {
      ...PER_JOB,
      units: [
        { ...ON_BIG, max: 20 },
        { ...ON_VIRTUAL, max: 28 },
      ],
    },
    jobSize: 52,
    weight: 4,
  },
  // Limits of summed requests, pods of several sizes.
  {
    ...DEFAULTS,
    limits: limitsOf('sized', [
      { ...BIG, maxMilliCpu: 10_000 },
      { ...VIRTUAL, maxMilliCpu: 14_000, max: 15 },
    ]),
    policySpec: {
      ...PER_JOB,
      units: [
        { ...ON_BIG, maxResources: { cpu: '10' } },
        { ...ON_VIRTUAL, maxResources: { cpu: '14' }, max: 15 },
      ],
    },
    jobSize: 30,
    cpu: ['1', '500m', '2'],
  },
  // A pod keeps its place until it is gone; the unit marks its pods.
  {
    ...DEFAULTS,
    limits: {
      ...limitsOf('strict', [
        { ...BIG, max: 15 },
        { ...VIRTUAL, max: 15 },
      ]),
      countsTerminating: true,
    },
    policySpec: {
      ...PER_JOB,
      ignoreTerminatingPod: false,
      units: [
        { ...ON_BIG, max: 15, podLabels: { placement: 'paid' } },
        { ...ON_VIRTUAL, max: 15, podLabels: { placement: 'elastic' } },
      ],
    },
    jobSize: 33,
  },
  // Too few nodes for everybody: urgent pods evict others.
  {
    ...DEFAULTS,
    limits: limitsOf('urgent', [
      { ...TIGHT, max: 6 },
      { ...VIRTUAL, max: 2 },
    ]),
    policySpec: {
      ...PER_JOB,
      units: [
        { ...ON_TIGHT, max: 6 },
        { ...ON_VIRTUAL, max: 2 },
      ],
    },
    jobSize: 10,
    urgentShare: 0.3,
  },
  // Pods wait for room on few real nodes before they go elsewhere.
  {
    ...DEFAULTS,
    limits: limitsOf('timed', [{ ...SMALL, max: 20 }, VIRTUAL]),
    policySpec: {
      ...PER_JOB,
      whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '8s' },
      units: [{ ...ON_SMALL, max: 20 }, ON_VIRTUAL],
    },
    jobSize: 24,
  },
  // Replicas that controllers make and remove.
  {
    ...DEFAULTS,
    limits: limitsOf('web', [
      { ...BIG, max: 6 },
      { ...VIRTUAL, max: 8 },
    ]),
    policySpec: {
      ...PER_JOB,
      units: [
        { ...ON_BIG, max: 6 },
        { ...ON_VIRTUAL, max: 8 },
      ],
    },
    source: 'deployments',
    jobSize: 16,
    weight: 0,
  },
  // Outside of every policy.
  { ...DEFAULTS, limits: limitsOf('plain', []), policySpec: undefined, jobSize: 20 },
];

/** Big nodes have room for everybody, the small and tight ones do not. */
export const NODES: readonly NodeSpec[] = [
  ...Array.from({ length: 10 }, (_, node) =>
    ecsNode(`big-${node}`, {
      labels: { pool: 'big' },
      allocatable: { cpu: '2000', memory: '8Ti', pods: '2000' },
    }),
  ),
  ...Array.from({ length: 2 }, (_, node) =>
    ecsNode(`small-${node}`, { labels: { pool: 'small' }, allocatable: { cpu: '6' } }),
  ),
  ...Object.entries(TIGHT_NODES).map(([name, milliCpu]) =>
    ecsNode(name, { labels: { pool: 'tight' }, allocatable: { cpu: `${milliCpu}m` } }),
  ),
  ...Array.from({ length: 2 }, (_, node) => virtualNode(`virtual-${node}`)),
];

/** The tenant's ResourcePolicy; undefined: it has none. */
export function policyOf({ limits, policySpec }: Tenant): object | undefined {
  if (policySpec === undefined) return undefined;
  return {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name: 'chaos', namespace: limits.namespace },
    spec: policySpec,
  };
}

function limitsOf(namespace: string, units: readonly UnitLimits[]): PolicyLimits {
  return { namespace, groupLabel: JOB_LABEL, countsTerminating: false, units };
}
