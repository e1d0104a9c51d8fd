import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Known } from '../../src/placement/finding.ts';
import { FINDING_CODES } from '../../src/placement/finding.ts';
import type { JobSpec } from '../../src/placement/lint-jobs.ts';
import { knownJob, overlappingPolicies, ungroupedJob } from '../../src/placement/lint-jobs.ts';
import { lintPolicy } from '../../src/placement/lint.ts';
import { parseResourcePolicy } from '../../src/policy/parse.ts';
import { TRY_NEXT } from '../../src/policy/resource-policy.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aNode, aPolicy, SELECTED } from '../support/builders.ts';

const WAIT = { 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling': 'true' };
const POOL_A = { pool: 'a' };
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const spark = aPolicy('spark');
const ecs2 = { resource: 'ecs', max: 2 } as const;
const eci = { resource: 'eci' } as const;
const usual = spark.unit({ ...ecs2, nodeSelector: POOL_A }).unit(eci);
const after = (policy: string, timeout?: string) => ({
  whenTryNextUnits: { policy, ...(timeout === undefined ? {} : { timeout }) },
});
const nodes = [
  aNode('a1').labelled(POOL_A).facts(),
  aNode('b1').labelled({ pool: 'b', zone: 'z1' }).facts(),
  aNode('v1').virtual().facts(),
];

interface Case {
  readonly policy: PolicyBuilder;
  readonly known?: Known;
  /** `path: message` of the finding. */
  readonly says: string;
  /** The same but for what matters: clean. */
  readonly sibling: PolicyBuilder | { readonly policy: PolicyBuilder; readonly known: Known };
}

const CASES: Record<string, Case> = {
  'unreachable-unit: a virtual unit without any limit takes every pod': {
    policy: spark.unit(eci).unit({ ...ecs2, nodeSelector: POOL_A }),
    says:
      'spec.units[1]: no pod is ever placed in it: unit 1 eci takes every pod: it is virtual, and has no max, ' +
      'maxResources or nodeSelector; set spec.units[0].max, or move unit 2 ecs(pool=a) before it',
    sibling: spark.unit({ ...eci, max: 3 }).unit({ ...ecs2, nodeSelector: POOL_A }),
  },
  'unreachable-unit: maxResources is a limit as well': {
    policy: spark.unit({ resource: 'acs' }).unit(ecs2),
    says:
      'spec.units[1]: no pod is ever placed in it: unit 1 acs takes every pod: it is virtual, and has no max, ' +
      'maxResources or nodeSelector; set spec.units[0].max, or move unit 2 ecs before it',
    sibling: spark.unit({ resource: 'acs', maxResources: { cpu: '8' } }).unit(ecs2),
  },
  'unreachable-unit: virtual nodes of one zone may run out': {
    policy: spark.unit(eci).unit(ecs2),
    says:
      'spec.units[1]: no pod is ever placed in it: unit 1 eci takes every pod: it is virtual, and has no max, ' +
      'maxResources or nodeSelector; set spec.units[0].max, or move unit 2 ecs before it',
    sibling: spark.unit({ ...eci, nodeSelector: { zone: 'z1' } }).unit(ecs2),
  },
  'unreachable-unit: a unit without limit has all nodes of a later one': {
    policy: spark.unit({ resource: 'ecs' }).unit({ resource: 'ecs', nodeSelector: POOL_A, max: 2 }),
    says:
      'spec.units[1]: no pod is ever placed in it: unit 1 ecs has all of its nodes, and neither max nor maxResources; ' +
      'set spec.units[0].max, or move unit 2 ecs(pool=a) before it',
    // Real nodes run out: a unit of other nodes is reached, whatever whenTryNextUnits is.
    sibling: spark
      .unit({ resource: 'ecs' })
      .unit({ ...eci, max: 2 })
      .spec(after('LackResourceAndNoTerminating')),
  },
  'unreachable-unit: the same nodes again, to wait there for more of them, is a step of its own': {
    policy: spark.unit({ resource: 'ecs' }).unit({ resource: 'ecs' }).unit(eci),
    says:
      'spec.units[1]: no pod is ever placed in it: unit 1 ecs has all of its nodes, and neither max nor maxResources; ' +
      'set spec.units[0].max, or move unit 2 ecs#2 before it',
    sibling: spark.unit({ resource: 'ecs' }).unit({ resource: 'ecs', podLabels: WAIT }).unit(eci),
  },
  'takes-no-pod: max 0': {
    policy: spark.unit({ ...ecs2, max: 0 }).unit(eci),
    says: 'spec.units[0].max: max 0 takes no pod; remove the unit, or raise max (absent means no limit)',
    sibling: spark.unit({ ...ecs2, max: 1 }).unit(eci),
  },
  'takes-no-pod: a limit of 0': {
    policy: spark.unit({ resource: 'ecs', maxResources: { cpu: 0 } }).unit(eci),
    says: 'spec.units[0].maxResources.cpu: cpu 0 takes no pod that requests any; remove the unit, or raise the limit',
    // Keeps pods with GPUs off these nodes: that may well be meant.
    sibling: spark.unit({ resource: 'ecs', maxResources: { 'nvidia.com/gpu': 0 } }).unit(eci),
  },
  'contradictory-unit: real nodes that are virtual': {
    policy: spark.unit({ resource: 'ecs', nodeSelector: { type: 'virtual-kubelet' } }).unit(eci),
    says:
      'spec.units[0].nodeSelector: no node can belong to it: resource ecs means nodes without type=virtual-kubelet, and ' +
      'nodeSelector asks for it; use resource eci or acs, or remove that label from nodeSelector',
    sibling: spark.unit({ nodeSelector: { type: 'virtual-kubelet' }, max: 2 }).unit({ resource: 'ecs' }),
  },
  'contradictory-unit: virtual nodes with another value of the label by which they are known': {
    policy: spark.unit(ecs2).unit({ resource: 'eci', nodeSelector: { type: 'eci' } }),
    says:
      'spec.units[1].nodeSelector: no node can belong to it: resource eci means nodes with type=virtual-kubelet, and ' +
      'nodeSelector asks for another value; remove that label from nodeSelector',
    sibling: {
      policy: spark.unit(ecs2).unit({ resource: 'eci', nodeSelector: { type: 'eci' } }),
      known: { virtualNodes: { provider: 'eci' } },
    },
  },
  'no-node: a label value that no node has': {
    policy: spark.unit({ resource: 'ecs', nodeSelector: { pool: 'A' }, max: 2 }).unit(eci),
    known: { nodes },
    says:
      'spec.units[0].nodeSelector: no node of the cluster carries pool=A (they have a, b), so no pod is placed in the ' +
      'unit; correct it, or label nodes so',
    sibling: { policy: usual, known: { nodes } },
  },
  'no-node: labels that no node has together': {
    policy: spark.unit({ resource: 'ecs', nodeSelector: { pool: 'a', zone: 'z1' }, max: 2 }).unit(eci),
    known: { nodes },
    says:
      'spec.units[0].nodeSelector: no node of the cluster carries all of these labels together, so no pod is placed in ' +
      'the unit; correct it, or label nodes so',
    sibling: {
      policy: spark.unit({ resource: 'ecs', nodeSelector: { pool: 'b', zone: 'z1' }, max: 2 }).unit(eci),
      known: { nodes },
    },
  },
  'no-node: no virtual node at all': {
    policy: usual,
    known: { nodes: nodes.slice(0, 2) },
    says:
      'spec.units[1].resource: the cluster has no node of resource eci, so no pod is placed in the unit; ' +
      'add such nodes, or remove the unit',
    // Nodes are yet to be added: that is what the switch says.
    sibling: {
      policy: spark.unit({ resource: 'ecs', nodeSelector: { pool: 'new' }, podLabels: WAIT }).unit(eci),
      known: { nodes },
    },
  },
  'waits-without-node: under ExceedMax, for ever': {
    policy: spark
      .unit({ resource: 'ecs', nodeSelector: { arch: 'arm' }, max: 2 })
      .unit(eci)
      .spec(after('ExceedMax')),
    known: { nodes },
    says:
      'spec.units[0].nodeSelector: no node of the cluster carries arch=arm (none has that label), so under ExceedMax ' +
      'every pod waits here for ever and none gets to the units after it; correct it, or label nodes so',
    sibling: { policy: usual.spec(after('ExceedMax')), known: { nodes } },
  },
  'waits-without-node: under TimeoutOrExceedMax, for a while each': {
    policy: spark
      .unit({ resource: 'ecs', nodeSelector: { arch: 'arm' }, maxResources: { cpu: '4' } })
      .unit(eci)
      .spec(after('TimeoutOrExceedMax', '90s')),
    known: { nodes },
    says:
      'spec.units[0].nodeSelector: no node of the cluster carries arch=arm (none has that label), so under ' +
      'TimeoutOrExceedMax every pod waits here 90s before it goes on; correct it, or label nodes so',
    sibling: { policy: usual.spec(after('TimeoutOrExceedMax', '90s')), known: { nodes } },
  },
  'alike-units': {
    policy: spark.unit(ecs2).unit({ resource: 'ecs', max: 3 }).unit(eci),
    says:
      'spec.units[1]: it has the same nodes as unit 1 ecs, so pods that the limits of unit 1 ecs keep out get onto them ' +
      'all the same; give the two different nodeSelectors, or make them one unit',
    sibling: spark
      .unit(ecs2)
      .unit({ resource: 'ecs', max: 3, podLabels: { tier: 'second' } })
      .unit(eci),
  },
  'overlapping-units: the later one has the nodes of a limited one too': {
    policy: spark.unit({ ...ecs2, nodeSelector: POOL_A }).unit({ resource: 'ecs' }),
    says:
      'spec.units[1]: it shares nodes with unit 1 ecs(pool=a), so these may hold more pods of a group than the limits of ' +
      'unit 1 ecs(pool=a) say; narrow the nodeSelector of one of the two',
    sibling: spark.unit({ resource: 'ecs', nodeSelector: POOL_A }).unit({ resource: 'ecs', max: 2 }),
  },
  'overlapping-units: a node that is in both': {
    policy: spark
      .unit({ resource: 'ecs', nodeSelector: { pool: 'b' }, max: 2 })
      .unit({ resource: 'ecs', nodeSelector: { zone: 'z1' } }),
    known: { nodes },
    says:
      'spec.units[1]: it shares nodes with unit 1 ecs(pool=b) (b1), so these may hold more pods of a group than the ' +
      'limits of unit 1 ecs(pool=b) say; narrow the nodeSelector of one of the two',
    sibling: {
      policy: spark
        .unit({ resource: 'ecs', nodeSelector: { pool: 'a' }, max: 2 })
        .unit({ resource: 'ecs', nodeSelector: { zone: 'z1' } }),
      known: { nodes },
    },
  },
  'any-node': {
    policy: spark.unit(ecs2).unit({ max: 3, podLabels: { spilled: 'yes' } }),
    says:
      'spec.units[1]: without resource and nodeSelector it has every node, virtual ones too, and the API server refuses ' +
      'the policy; set resource, or a nodeSelector that all of these nodes match such as kubernetes.io/os: linux',
    sibling: spark.unit(ecs2).unit({ ...eci, max: 3, podLabels: { spilled: 'yes' } }),
  },
  'max-below-job': {
    policy: spark.unit(ecs2).unit({ ...eci, max: 3 }),
    known: { jobs: [{ name: 'SparkApplication pi', pods: 6 }] },
    says:
      'spec.units: together the units take at most 5 pods of a group, and SparkApplication pi has 6: 1 of them waits ' +
      'until others end; raise a max, or add a unit without one',
    sibling: {
      policy: spark.unit(ecs2).unit({ ...eci, max: 3 }),
      known: { jobs: [{ name: 'SparkApplication pi', pods: 5 }] },
    },
  },
  'max-below-job: a unit without max takes any number': {
    policy: spark.unit(ecs2).unit({ ...eci, max: 3 }),
    known: { jobs: [{ name: 'Job big', pods: 1_000 }] },
    says:
      'spec.units: together the units take at most 5 pods of a group, and Job big has 1000: 995 of them wait until ' +
      'others end; raise a max, or add a unit without one',
    sibling: { policy: spark.unit(ecs2).unit(eci), known: { jobs: [{ name: 'Job big', pods: 1_000 }] } },
  },
  'no-limit: matchLabelKeys': {
    policy: spark.unit({ resource: 'ecs' }).unit(eci).perGroup(),
    says: 'spec.matchLabelKeys: has no effect on the order: no unit has max or maxResources; set one, or remove this',
    sibling: spark.unit(ecs2).unit(eci).perGroup(),
  },
  'no-limit: ignorePreviousPod': {
    policy: spark.unit({ resource: 'ecs' }).unit(eci).spec({ ignorePreviousPod: true }),
    says: 'spec.ignorePreviousPod: has no effect on the order: no unit has max or maxResources; set one, or remove this',
    sibling: spark
      .unit({ resource: 'ecs', maxResources: { memory: '8Gi' } })
      .unit(eci)
      .spec({ ignorePreviousPod: true }),
  },
  'unknown-resource': {
    policy: spark.unit({ resource: 'ecs', maxResources: { mem: '8Gi' } }).unit(eci),
    says:
      'spec.units[0].maxResources.mem: no pod can request mem, so this limits nothing; resources are cpu, memory, ' +
      'ephemeral-storage, hugepages-SIZE, pods, and extended ones such as nvidia.com/gpu',
    sibling: spark
      .unit({
        resource: 'ecs',
        maxResources: { memory: '8Gi', 'nvidia.com/gpu': 1, 'hugepages-2Mi': '1Gi', pods: 3 },
      })
      .unit(eci),
  },
  'tiny-limit: Java’s m for mebibytes': {
    policy: spark.unit({ resource: 'ecs', maxResources: { memory: '512m' } }).unit(eci),
    says: 'spec.units[0].maxResources.memory: memory 512m is 1 byte; write Mi or Gi, such as 8Gi (m means a thousandth)',
    sibling: spark.unit({ resource: 'ecs', maxResources: { memory: '512Mi', cpu: '500m' } }).unit(eci),
  },
  'selects-no-pod': {
    policy: usual.spec({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['spark'] }] }),
    says: 'spec.matchExpressions: it excludes what selector asks for, so the policy selects no pod; remove one of the two',
    sibling: usual.spec({ matchExpressions: [{ key: 'stage', operator: 'NotIn', values: ['spark'] }] }),
  },
  'refuses-others': {
    policy: usual.selecting({}).perGroup(),
    says:
      'spec.selector: it is empty, so the policy selects every pod of the namespace and keeps those without job from ' +
      'being scheduled; select only pods that carry it',
    sibling: usual
      .selecting({})
      .perGroup()
      .spec({ matchExpressions: [{ key: 'job', operator: 'Exists' }] }),
  },
  'one-group': {
    policy: usual.perGroup(...Object.keys(SELECTED)),
    says:
      'spec.matchLabelKeys: selector gives these labels one value, so all pods are one group and share every max; ' +
      'name a label that differs from job to job',
    sibling: usual.perGroup(...Object.keys(SELECTED), 'job'),
  },
  'waits-nowhere: TimeoutOrExceedMax without a limit that a unit follows': {
    policy: spark
      .unit({ resource: 'ecs' })
      .unit({ ...eci, max: 3 })
      .spec(after('TimeoutOrExceedMax', '1m')),
    says:
      'spec.whenTryNextUnits.policy: TimeoutOrExceedMax acts as LackResourceOrExceedMax here: pods wait only in a unit ' +
      'with max or maxResources that another unit follows; set one, or remove this',
    sibling: spark
      .unit({ resource: 'ecs', podLabels: WAIT })
      .unit({ ...eci, max: 3 })
      .spec(after('TimeoutOrExceedMax', '1m')),
  },
  'waits-nowhere: ExceedMax': {
    policy: spark.unit({ resource: 'ecs' }).unit(eci).spec(after('ExceedMax')),
    says:
      'spec.whenTryNextUnits.policy: ExceedMax acts as LackResourceOrExceedMax here: pods wait only in a unit with max ' +
      'or maxResources that another unit follows; set one, or remove this',
    sibling: usual.spec(after('ExceedMax')),
  },
  'timeout-without-effect': {
    policy: usual.spec(after('LackResourceOrExceedMax', '1m')),
    says:
      'spec.whenTryNextUnits.timeout: 1m has no effect under LackResourceOrExceedMax; set policy TimeoutOrExceedMax, ' +
      'or remove it',
    sibling: usual.spec(after('LackResourceOrExceedMax', '0.25h')),
  },
  'max-on-elastic': {
    policy: spark.unit({ ...ecs2, podLabels: WAIT }).unit(eci),
    says:
      'spec.units[0].max: autoscalers do not know max: they may add nodes for pods that it keeps out; remove it, as ' +
      "ACK's document advises for elastic node pools",
    sibling: spark.unit({ resource: 'ecs', podLabels: WAIT }).unit(eci),
  },
  'wait-switch-on-virtual': {
    policy: spark.unit(ecs2).unit({ ...eci, max: 3, podLabels: WAIT }),
    says:
      'spec.units[1].podLabels: virtual nodes are not added by scaling, so a pod they do not take waits 15m in vain; ' +
      'remove the label k8s.aliyun.com/resource-policy-wait-for-ecs-scaling',
    sibling: spark.unit({ resource: 'ecs', podLabels: WAIT }).unit({ ...eci, max: 3 }),
  },
  'elastic-deprecated': {
    policy: spark.unit({ resource: 'elastic', nodeSelector: POOL_A }).unit(eci),
    says:
      'spec.units[0].resource: elastic is deprecated; use resource ecs and podLabels ' +
      'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling: "true"',
    sibling: spark.unit({ resource: 'ecs', nodeSelector: POOL_A, podLabels: WAIT }).unit(eci),
  },
  'leaves-policy: selector': {
    policy: spark.unit({ ...ecs2, podLabels: { app: 'other' } }).unit(eci),
    says:
      'spec.units[0].podLabels: they take the pod out of the policy, which no longer selects it; remove what selector ' +
      'or matchExpressions name',
    sibling: spark.unit({ ...ecs2, podLabels: { app: 'spark' } }).unit(eci),
  },
  'leaves-policy: matchExpressions': {
    policy: spark
      .unit({ ...ecs2, podLabels: { placed: 'yes' } })
      .unit(eci)
      .spec({ matchExpressions: [{ key: 'placed', operator: 'DoesNotExist' }] }),
    says:
      'spec.units[0].podLabels: they take the pod out of the policy, which no longer selects it; remove what selector ' +
      'or matchExpressions name',
    sibling: spark
      .unit({ ...ecs2, podLabels: { placed: 'yes' } })
      .unit(eci)
      .spec({ matchExpressions: [{ key: 'stage', operator: 'DoesNotExist' }] }),
  },
  'changes-group': {
    policy: spark
      .unit({ ...ecs2, podLabels: { job: 'on-ecs' } })
      .unit(eci)
      .perGroup('job'),
    says:
      'spec.units[0].podLabels: job is one of matchLabelKeys, so the pod changes its group when it is placed; ' +
      'remove it here or there',
    sibling: spark
      .unit({ ...ecs2, podLabels: { place: 'on-ecs' } })
      .unit(eci)
      .perGroup('job'),
  },
  'sets-deletion-cost': {
    policy: spark.unit({ ...ecs2, podAnnotations: { [DELETION_COST]: '5' } }).unit(eci),
    says: `spec.units[0].podAnnotations: ${DELETION_COST} is set from the unit's place in the order; remove it`,
    sibling: spark.unit({ ...ecs2, podAnnotations: { team: 'data' } }).unit(eci),
  },
  'not-enforced': {
    policy: spark.unit({ ...ecs2, spotInstance: true }).unit(eci),
    says: 'spec.units[0].spotInstance: is accepted and not acted upon, as no document says what it does; remove it',
    sibling: usual,
  },
};

const lines = (policy: PolicyBuilder, known?: Known): string[] =>
  lintPolicy(policy.parsed(), known).map(({ path, message }) => `${path}: ${message}`);

describe('a policy with a flaw has the finding, its sibling without the flaw has not', () => {
  it.for(Object.entries(CASES))('%s', ([name, { policy, known, says, sibling }]) => {
    const code = name.split(':')[0];
    const other = 'policy' in sibling ? sibling : { policy: sibling, known: {} };

    expect(lintPolicy(policy.parsed(), known).filter((finding) => finding.code === code)).toHaveLength(1);
    expect(lines(policy, known)).toContain(says);
    expect(lintPolicy(other.policy.parsed(), other.known).map((finding) => finding.code)).not.toContain(code);
  });

  it('for every code', () => {
    const ofFiles = ['defined-twice', 'ungrouped-job', 'overlapping-policies'];
    const shown = new Set(Object.keys(CASES).map((name) => name.split(':')[0]));

    expect(FINDING_CODES.filter((code) => !shown.has(code))).toEqual(ofFiles);
  });
});

it('docs/explain.md names every code', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/explain.md'), 'utf8');

  expect(FINDING_CODES.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});

describe('what lint does not judge', () => {
  it.for(TRY_NEXT)('under %s, real nodes without max are no catch-all: they run out', (policy) => {
    const twoPools = spark
      .unit({ resource: 'ecs', nodeSelector: POOL_A })
      .unit({ resource: 'ecs', nodeSelector: { pool: 'b' } });

    expect(
      lines(twoPools.unit(eci).spec(after(policy))).filter((line) => line.includes('no pod is ever')),
    ).toEqual([]);
  });

  it('the example is clean', () => {
    const yaml = readFileSync(
      join(import.meta.dirname, '../../examples/spark-pi/resourcepolicy.yaml'),
      'utf8',
    );
    const object: { metadata: object } = parse(yaml);

    const policy = parseResourcePolicy({ ...object, metadata: { ...object.metadata, uid: 'u' } });
    expect(policy.problems).toEqual([]);
    expect(lintPolicy(policy, { nodes: [aNode('e').facts(), aNode('v').virtual().facts()] })).toEqual([]);
  });

  it('an invalid policy has no findings: what it means is not known', () => {
    expect(lines(spark.unit({ ...ecs2, max: -1 }).unit({ ...ecs2, max: 0 }))).toEqual([]);
  });

  it('without nodes and jobs, nothing is said of them', () => {
    expect(lines(spark.unit({ ...ecs2, nodeSelector: { no: 'node' } }).unit({ ...eci, max: 3 }))).toEqual([]);
  });
});

describe('jobs', () => {
  const job: JobSpec = {
    name: 'SparkApplication pi',
    podSets: [
      { labels: { ...SELECTED, role: 'driver' }, pods: 1 },
      { labels: { ...SELECTED, role: 'executor', job: 'j1' }, pods: 5 },
    ],
  };

  it('count as far as the policy selects them', () => {
    const executors = usual.selecting({ role: 'executor' });

    expect(knownJob(usual.parsed(), job)).toEqual({ name: 'SparkApplication pi', pods: 6 });
    expect(knownJob(executors.parsed(), job)).toEqual({ name: 'SparkApplication pi', pods: 5 });
    expect(knownJob(usual.selecting({ role: 'none' }).parsed(), job)).toBeUndefined();
  });

  it('ungrouped-job: pods that lack a label of matchLabelKeys are named', () => {
    expect(ungroupedJob(usual.perGroup('job').parsed(), job)).toEqual({
      code: 'ungrouped-job',
      path: 'spec.matchLabelKeys',
      message:
        'pods of SparkApplication pi lack the label job, so none of them is scheduled; ' +
        'add it to the pods, or narrow selector to pods that carry it',
    });
    expect(ungroupedJob(usual.selecting({ role: 'executor' }).perGroup('job').parsed(), job)).toBeUndefined();
  });

  it('overlapping-policies: two that select the same job, or surely the same pods, are named', () => {
    const policy = usual.parsed();
    const drivers = aPolicy('drivers').selecting({ role: 'driver' }).parsed();
    const everything = aPolicy('everything').selecting({}).parsed();
    const others = aPolicy('others').selecting({ app: 'web' }).parsed();

    expect(overlappingPolicies(policy, [policy, drivers, others], [job])).toEqual([
      {
        code: 'overlapping-policies',
        path: 'spec.selector',
        message:
          'ResourcePolicy drivers selects pods of SparkApplication pi too, and a pod that two policies select is not ' +
          'scheduled; change the selectors so that one does',
      },
    ]);
    expect(overlappingPolicies(policy, [policy, drivers, others], [])).toEqual([]);
    expect(overlappingPolicies(policy, [everything], []).map(({ message }) => message)).toEqual([
      'ResourcePolicy everything selects every pod that this one does too, and a pod that two policies select is not ' +
        'scheduled; change the selectors so that one does',
    ]);
    expect(overlappingPolicies(everything, [policy], [])).toEqual([]);
  });
});
