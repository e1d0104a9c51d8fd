/**
 * Random small clusters with a policy and pods: what `plan` is held against kube-scheduler with. Every case has nodes and a
 * namespace of its own, and its pods ask for its nodes, so that many cases can share one control plane.
 *
 * @module
 */
import * as fc from 'fast-check';
import type { NodeSpec } from '../../control-plane/nodes.ts';
import { ecsNode, virtualNode } from '../../control-plane/nodes.ts';

/** Label of a node that says whose it is. */
export const CASE_LABEL = 'case';

export interface PlanCase {
  /** Its namespace, too. */
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
  /** Manifests in the order of their creation. */
  readonly policies: readonly object[];
  readonly pods: readonly PodManifest[];
  /** Which node of a unit a pod gets makes no difference to the others: units share no node, and the pods are alike. */
  readonly isNodeIrrelevant: boolean;
}

export interface PodManifest {
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

interface NodeDraw {
  readonly isVirtual: boolean;
  readonly cpu: number;
  readonly pool: string;
  readonly isTainted: boolean;
}

interface PodDraw {
  readonly cpu: string;
  readonly app: string | undefined;
  readonly job: string | undefined;
  readonly pool: string | undefined;
  readonly toleratesVirtual: boolean;
}

const POD = { apiVersion: 'v1', kind: 'Pod' };
const POOLS = ['a', 'b'] as const;
const CPUS = ['250m', '500m', '1', '1', '2500m'] as const;

const nodeDraw: fc.Arbitrary<NodeDraw> = fc.record({
  isVirtual: fc.nat(3).map((n) => n === 0),
  cpu: fc.integer({ min: 1, max: 4 }),
  pool: fc.constantFrom(...POOLS),
  isTainted: fc.nat(9).map((n) => n === 0),
});

const podDraw: fc.Arbitrary<PodDraw> = fc.record({
  cpu: fc.constantFrom(...CPUS),
  app: often(fc.constant('spark')),
  job: often(fc.constantFrom('j1', 'j2')),
  pool: seldom(fc.constantFrom(...POOLS)),
  toleratesVirtual: fc.nat(3).map((n) => n > 0),
});

const podsAlike: fc.Arbitrary<PodDraw[]> = fc
  .record({ cpu: fc.constantFrom(...CPUS), count: fc.integer({ min: 3, max: 9 }) })
  .chain(({ cpu, count }) =>
    fc.array(
      fc.constantFrom('j1', 'j2').map((job) => ({
        cpu,
        app: 'spark',
        job,
        pool: undefined,
        toleratesVirtual: true,
      })),
      { minLength: count, maxLength: count },
    ),
  );

const limits = fc.record(
  {
    max: fc.constantFrom(0, 1, 1, 2, 2, 3),
    maxResources: fc.constantFrom({ cpu: '1500m' }, { cpu: 3 }, { cpu: '4' }),
    podLabels: fc.constantFrom({ tier: 'paid' }, { tier: 'spill' }),
  },
  { requiredKeys: [] },
);

const anyUnit = fc
  .tuple(
    fc.constantFrom(
      { resource: 'ecs' },
      { resource: 'eci' },
      { resource: 'ecs', nodeSelector: { pool: 'a' } },
      { resource: 'ecs', nodeSelector: { pool: 'b' } },
      { nodeSelector: { pool: 'a' } },
      { nodeSelector: { pool: 'b' } },
    ),
    limits,
  )
  .map(([where, most]) => ({ ...where, ...most }));

/** Units that share no node. */
const separateUnits = fc
  .tuple(
    fc.shuffledSubarray(
      [
        { resource: 'ecs', nodeSelector: { pool: 'a' } },
        { resource: 'ecs', nodeSelector: { pool: 'b' } },
        { resource: 'eci' },
      ],
      { minLength: 1 },
    ),
    fc.array(limits, { minLength: 3, maxLength: 3 }),
  )
  .map(([where, most]) => where.map((unit, index) => ({ ...unit, ...most[index] })));

const rules = fc.record({
  matchLabelKeys: fc.constantFrom([], ['job']),
  preemptPolicy: fc.constantFrom('AfterAllUnits', 'BeforeNextUnit'),
  ignorePreviousPod: fc.boolean(),
  whenTryNextUnits: fc.constantFrom(
    { policy: 'LackResourceOrExceedMax' },
    { policy: 'LackResourceOrExceedMax' },
    { policy: 'ExceedMax' },
    { policy: 'TimeoutOrExceedMax' },
    { policy: 'LackResourceAndNoTerminating' },
  ),
});

const drawn = fc.record({
  nodes: fc.array(nodeDraw, { minLength: 2, maxLength: 4 }),
  rules,
  hasSecondPolicy: fc.nat(9).map((n) => n === 0),
});

const mixedCase = fc.record({
  base: drawn,
  units: fc.array(anyUnit, { minLength: 1, maxLength: 3 }),
  pods: fc.array(podDraw, { minLength: 1, maxLength: 9 }),
});

const separateCase = fc.record({ base: drawn, units: separateUnits, pods: podsAlike });

/** The same for the same seed. */
export function randomCases(seed: number, count: number): readonly PlanCase[] {
  const half = Math.ceil(count / 2);
  return [
    ...fc.sample(mixedCase, { seed, numRuns: half }).map((one) => ({ ...one, isNodeIrrelevant: false })),
    ...fc
      .sample(separateCase, { seed, numRuns: count - half })
      .map((one) => ({ ...one, isNodeIrrelevant: true })),
  ].map(({ base, units, pods, isNodeIrrelevant }, index) => {
    const name = `case-${index}`;
    const spec = { selector: { app: 'spark' }, ...base.rules, units };
    const { hasSecondPolicy } = base;
    return {
      name,
      isNodeIrrelevant,
      nodes: base.nodes.map((node, number) => nodeOf(name, node, number)),
      policies: [
        policy(name, 'first', spec),
        ...(hasSecondPolicy ? [policy(name, 'second', { ...spec, selector: { job: 'j1' } })] : []),
      ],
      pods: pods.map((pod, number) => podOf(name, pod, number, { units, hasSecondPolicy })),
    };
  });
}

function nodeOf(name: string, { isVirtual, cpu, pool, isTainted }: NodeDraw, number: number): NodeSpec {
  const labels = { [CASE_LABEL]: name, pool };
  const nodeName = `${name}-n${number}`;
  // Virtual nodes with little room, so that they can be full, too.
  const allocatable = { cpu: String(cpu), memory: '32Gi', pods: '110' };
  if (isVirtual) return virtualNode(nodeName, { labels, allocatable });
  const taints = isTainted ? [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' as const }] : [];
  return ecsNode(nodeName, { labels, allocatable, taints });
}

function policy(namespace: string, name: string, spec: object): object {
  return {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { namespace, name },
    spec,
  };
}

function podOf(
  namespace: string,
  { cpu, app, job, pool, toleratesVirtual }: PodDraw,
  number: number,
  { units, hasSecondPolicy }: { readonly units: readonly object[]; readonly hasSecondPolicy: boolean },
): PodManifest {
  // No admission policy runs, which would give the toleration to pods of a policy with virtual nodes.
  const isSelected = app !== undefined || (hasSecondPolicy && job === 'j1');
  const isVirtual = units.some((unit) => 'resource' in unit && unit.resource === 'eci');
  const tolerates = toleratesVirtual || (isSelected && isVirtual);
  return {
    ...POD,
    metadata: {
      namespace,
      name: `p${number}`,
      labels: { ...(app === undefined ? {} : { app }), ...(job === undefined ? {} : { job }) },
    },
    spec: {
      automountServiceAccountToken: false,
      nodeSelector: { [CASE_LABEL]: namespace, ...(pool === undefined ? {} : { pool }) },
      tolerations: tolerates
        ? [{ key: 'virtual-kubelet.io/provider', operator: 'Exists', effect: 'NoSchedule' }]
        : [],
      containers: [{ name: 'main', image: 'none', resources: { requests: { cpu } } }],
    },
  };
}

function often<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: 8 });
}

function seldom<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.tuple(fc.nat(5), value).map(([n, found]) => (n === 0 ? found : undefined));
}
