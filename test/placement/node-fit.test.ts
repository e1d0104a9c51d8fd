import { describe, expect, it } from 'vitest';
import type { NodeCapacityObject } from '../../src/facts/node-capacity.ts';
import { nodeCapacity } from '../../src/facts/node-capacity.ts';
import type { PodConstraintsObject } from '../../src/facts/pod-constraints.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodSpecObject, Requests } from '../../src/facts/requests.ts';
import { requestsOf } from '../../src/facts/requests.ts';
import { obstacle } from '../../src/placement/node-fit.ts';

type PodSpec = Omit<NonNullable<PodConstraintsObject['spec']>, 'containers'> & PodSpecObject;
type NodeParts = NodeCapacityObject['spec'] & { labels?: Record<string, string>; allocatable?: object };

const VIRTUAL = { key: 'virtual-kubelet.io/provider', value: 'alibabacloud', effect: 'NoSchedule' };
const VIRTUAL_TEXT = 'untolerated-taint virtual-kubelet.io/provider=alibabacloud:NoSchedule';

/** What keeps the pod off a node `n1` with 4 CPU, 8Gi and room for 10 pods, unless told otherwise. */
function obstacleOf(
  spec: PodSpec,
  { labels, allocatable, ...node }: NodeParts = {},
  used: Requests = {},
): string {
  const found = obstacle(
    { constraints: podConstraints({ spec }), requests: requestsOf(spec) },
    nodeCapacity({
      metadata: { name: 'n1', labels: { 'kubernetes.io/arch': 'amd64', ...labels } },
      spec: node,
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...allocatable } },
    }),
    used,
  );
  return found === undefined ? 'none' : `${found.reason} ${found.detail}`.trim();
}

const asking = (requests: Record<string, string>): PodSpec => ({ containers: [{ resources: { requests } }] });
const requiring = (...nodeSelectorTerms: object[]): PodSpec => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const arch = (operator: string, ...values: string[]): PodSpec =>
  requiring({ matchExpressions: [{ key: 'kubernetes.io/arch', operator, values }] });
const size = (operator: string, value: string): PodSpec =>
  requiring({ matchExpressions: [{ key: 'size', operator, values: [value] }] });
const named = (operator: string, value: string): PodSpec =>
  requiring({ matchFields: [{ key: 'metadata.name', operator, values: [value] }] });
const tolerating = (...tolerations: object[]): PodSpec => ({ tolerations });

describe('what keeps a pod off a node', () => {
  const cases: Record<string, { got: string; want: string }> = {
    nothing: { got: obstacleOf({}), want: 'none' },
    'a cordon': { got: obstacleOf({}, { unschedulable: true }), want: 'cordoned' },
    'a cordon that is tolerated': {
      got: obstacleOf(tolerating({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }), {
        unschedulable: true,
      }),
      want: 'none',
    },
    'a taint': { got: obstacleOf({}, { taints: [VIRTUAL] }), want: VIRTUAL_TEXT },
    'a taint without value': {
      got: obstacleOf({}, { taints: [{ key: 'gone', effect: 'NoExecute' }] }),
      want: 'untolerated-taint gone:NoExecute',
    },
    'a taint that is only a preference': {
      got: obstacleOf({}, { taints: [{ ...VIRTUAL, effect: 'PreferNoSchedule' }] }),
      want: 'none',
    },
    'a taint tolerated by key': {
      got: obstacleOf(tolerating({ key: VIRTUAL.key, operator: 'Exists' }), { taints: [VIRTUAL] }),
      want: 'none',
    },
    'a taint tolerated by value, the operator left out': {
      got: obstacleOf(tolerating({ key: VIRTUAL.key, value: 'alibabacloud', effect: 'NoSchedule' }), {
        taints: [VIRTUAL],
      }),
      want: 'none',
    },
    'a taint tolerated with another value': {
      got: obstacleOf(tolerating({ key: VIRTUAL.key, operator: 'Equal', value: 'azure' }), {
        taints: [VIRTUAL],
      }),
      want: VIRTUAL_TEXT,
    },
    'a taint tolerated with another effect': {
      got: obstacleOf(tolerating({ key: VIRTUAL.key, operator: 'Exists', effect: 'NoExecute' }), {
        taints: [VIRTUAL],
      }),
      want: VIRTUAL_TEXT,
    },
    'a toleration of everything': {
      got: obstacleOf(tolerating({ operator: 'Exists' }), { taints: [VIRTUAL] }),
      want: 'none',
    },
    'the second of two taints': {
      got: obstacleOf(tolerating({ key: VIRTUAL.key, operator: 'Exists' }), {
        taints: [VIRTUAL, { key: 'dedicated', value: 'db', effect: 'NoSchedule' }],
      }),
      want: 'untolerated-taint dedicated=db:NoSchedule',
    },
    'a comparing toleration, which is off by default': {
      got: obstacleOf(tolerating({ key: 'sla', operator: 'Gt', value: '90' }), {
        taints: [{ key: 'sla', value: '95', effect: 'NoSchedule' }],
      }),
      want: 'untolerated-taint sla=95:NoSchedule',
    },
    'its own nodeSelector': {
      got: obstacleOf({ nodeSelector: { 'kubernetes.io/arch': 'arm64' } }),
      want: 'node-affinity',
    },
    'nodeSelector that matches': {
      got: obstacleOf({ nodeSelector: { 'kubernetes.io/arch': 'amd64' } }),
      want: 'none',
    },
    'In, without the value': { got: obstacleOf(arch('In', 'arm64')), want: 'node-affinity' },
    'In, with it': { got: obstacleOf(arch('In', 'arm64', 'amd64')), want: 'none' },
    'NotIn, with the value': { got: obstacleOf(arch('NotIn', 'amd64')), want: 'node-affinity' },
    'NotIn, without it': { got: obstacleOf(arch('NotIn', 'arm64')), want: 'none' },
    'NotIn, of a label the node lacks': {
      got: obstacleOf(requiring({ matchExpressions: [{ key: 'pool', operator: 'NotIn', values: ['a'] }] })),
      want: 'none',
    },
    Exists: { got: obstacleOf(arch('Exists')), want: 'none' },
    DoesNotExist: { got: obstacleOf(arch('DoesNotExist')), want: 'node-affinity' },
    'Gt, greater': { got: obstacleOf(size('Gt', '9'), { labels: { size: '10' } }), want: 'none' },
    'Gt, equal': { got: obstacleOf(size('Gt', '10'), { labels: { size: '10' } }), want: 'node-affinity' },
    'Lt, less': { got: obstacleOf(size('Lt', '10'), { labels: { size: '-1' } }), want: 'none' },
    'Lt, no number': {
      got: obstacleOf(size('Lt', '10'), { labels: { size: 'small' } }),
      want: 'node-affinity',
    },
    'Gt, no label': { got: obstacleOf(size('Gt', '0')), want: 'node-affinity' },
    'an operator of later versions': { got: obstacleOf(arch('Near', 'amd64')), want: 'node-affinity' },
    'the name of another node': { got: obstacleOf(named('In', 'n2')), want: 'node-affinity' },
    'its own name': { got: obstacleOf(named('In', 'n1')), want: 'none' },
    'its own name, excluded': { got: obstacleOf(named('NotIn', 'n1')), want: 'node-affinity' },
    'one of two terms is enough': {
      got: obstacleOf(
        requiring(
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] },
          {
            matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'Exists' }],
          },
        ),
      ),
      want: 'none',
    },
    'an empty term selects nothing': { got: obstacleOf(requiring({})), want: 'node-affinity' },
    'no term selects nothing': { got: obstacleOf(requiring()), want: 'node-affinity' },
    'too little CPU left': {
      got: obstacleOf(asking({ cpu: '1500m' }), {}, { cpu: 2_501, pods: 1 }),
      want: 'insufficient-resources cpu',
    },
    'just enough': { got: obstacleOf(asking({ cpu: '1500m' }), {}, { cpu: 2_500, pods: 1 }), want: 'none' },
    'two resources': {
      got: obstacleOf(asking({ cpu: '5', memory: '9Gi' })),
      want: 'insufficient-resources cpu, memory',
    },
    'a resource the node does not have': {
      got: obstacleOf(asking({ 'nvidia.com/gpu': '1' })),
      want: 'insufficient-resources nvidia.com/gpu',
    },
    'too many pods': { got: obstacleOf({}, {}, { pods: 10 }), want: 'insufficient-resources pods' },
    'a full node, for a pod that asks for nothing': {
      got: obstacleOf({}, {}, { cpu: 9_000, pods: 9 }),
      want: 'none',
    },
    'a taint is named before lack of room': {
      got: obstacleOf(asking({ cpu: '5' }), { taints: [VIRTUAL] }),
      want: VIRTUAL_TEXT,
    },
  };

  it.for(Object.entries(cases))('%s', ([, { got, want }]) => {
    expect(got).toBe(want);
  });
});

const others = (spec: PodConstraintsObject['spec'] & {}): readonly string[] =>
  podConstraints({ spec }).others;

describe('what kube-scheduler looks at beside', () => {
  const term = { topologyKey: 'zone' };

  it('is named for the pod that asks for it', () => {
    expect(
      others({
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
        },
        topologySpreadConstraints: [{ whenUnsatisfiable: 'DoNotSchedule' }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
        resourceClaims: [{ name: 'r' }],
        containers: [{ ports: [{ hostPort: 80 }] }],
      }),
    ).toEqual([
      'pod affinity',
      'pod anti-affinity',
      'topology spread',
      'volume claims',
      'resource claims',
      'host ports',
    ]);
  });

  it('is nothing for a plain pod, or one with preferences only', () => {
    expect(others({})).toEqual([]);
    expect(
      others({
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
        topologySpreadConstraints: [{ whenUnsatisfiable: 'ScheduleAnyway' }],
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [{ ports: [{}] }],
      }),
    ).toEqual([]);
  });
});
