import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { moneyText, planText } from '../../src/cli/plan-text.ts';
import { nodeManifest, planned } from '../support/plan/planned.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const example = (path: string): string => readFileSync(join(EXAMPLES, path), 'utf8');
const ECI = example('prices/eci.yaml');

function policy(spec: object): string {
  const api = { apiVersion: 'scheduling.alibabacloud.com/v1alpha1', kind: 'ResourcePolicy' };
  return JSON.stringify({ ...api, metadata: { name: 'web' }, spec });
}

function deployment(replicas: number, cpu = '1'): string {
  const containers = [{ name: 'main', resources: { requests: { cpu, memory: '1Gi' } } }];
  const tolerations = [{ operator: 'Exists' }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers, tolerations } };
  return JSON.stringify({ kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas, template } });
}

const NODES = [nodeManifest('ecs-0'), nodeManifest('eci-0', '100k')];

describe('a plan for people', () => {
  it('the example, with what it costs', () => {
    const report = planned(
      [
        example('spark-pi/resourcepolicy.yaml'),
        example('spark-pi/spark-pi.yaml'),
        example('spark-pi/nodes.yaml'),
      ],
      { prices: ECI, durationMs: 87_000 },
    );

    expect(planText(report, 100)).toBe(`SparkApplication default/spark-pi: 6 pods, 5 placed, 1 pending

POD              UNIT  NODE
spark-pi-driver  1     cn-beijing.192.168.0.11
spark-pi-exec-1  1     cn-beijing.192.168.0.12
spark-pi-exec-2  2     virtual-kubelet-cn-beijing-i
spark-pi-exec-3  2     virtual-kubelet-cn-beijing-i
spark-pi-exec-4  2     virtual-kubelet-cn-beijing-i
spark-pi-exec-5  -     Pending

Pending    spark-pi-exec-5: 0/4 nodes are available: 4 ResourcePolicy
           sparkapplication-resource-policy: unit 1 ecs(kubernetes.io/arch=amd64) is at max 2, unit
           2 eci is at max 3 (per sparkoperator.k8s.io/submission-id).
Scale-in   Spark does not follow the deletion cost: the driver ends idle executors of its own
           choice, whatever the unit

ResourcePolicy default/sparkapplication-resource-policy, limits per sparkoperator.k8s.io/submission-id

UNIT  PODS  MAX/GROUP  NODES  NAME
1     2     2          2      ecs(kubernetes.io/arch=amd64)
2     3     3          1      eci

PRICE              EACH                                NUMBER   PER HOUR   JOB OF 1m27s
ECS, paid already  ¥0 per hour                         2 nodes  ¥0         ¥0
ECI                1 CPU, 2Gi: ¥0.00004288 per second  3 pods   ¥0.463104  ¥0.00926208
Total                                                           ¥0.463104  ¥0.00926208

Nodes      the unit is what the extender decides; which of its nodes a pod gets is up to
           kube-scheduler, shown is the least allocated
`);
  });

  it('who else takes places has a column, where somebody does', () => {
    const report = planned([policy({ units: [{ resource: 'ecs', max: 9 }] }), deployment(1), ...NODES]);
    const [use] = report.policies;
    const units = use!.units.map((unit) => ({ ...unit, others: 7 }));
    const lines = planText({ ...report, policies: [{ ...use!, units }] }, 100).split('\n');

    expect(lines).toContain('UNIT  PODS  OTHERS  MAX  NODES  NAME');
    expect(lines).toContain('1     1     7       9    1      ecs');
  });

  it('a Deployment says who leaves first, and pods that wait for a time when they are placed', () => {
    const timed = policy({
      whenTryNextUnits: { policy: 'TimeoutOrExceedMax', timeout: '10m' },
      units: [{ resource: 'ecs', max: 9 }, { resource: 'eci' }],
    });

    expect(planText(planned([timed, deployment(3, '5'), ...NODES]), 100)).toBe(
      `Deployment default/web: 3 pods, 1 placed, 2 placed later

POD    UNIT  NODE
web-1  1     ecs-0
web-2  2     eci-0, after 10m
web-3  2     eci-0, after 10m

Later      web-2, web-3: 0/2 nodes are available: 1 Insufficient cpu, 1 ResourcePolicy web: unit 1
           ecs has no feasible node, waiting for one up to 10m.
Scale-in   by deletion cost: waiting pods, then the last unit, and the first unit at last: web-3,
           web-2, web-1

ResourcePolicy default/web

UNIT  PODS  MAX  NODES  NAME
1     1     9    1      ecs
2     2     -    1      eci

Nodes      the unit is what the extender decides; which of its nodes a pod gets is up to
           kube-scheduler, shown is the least allocated
`,
    );
  });

  it('many pods are told in runs', () => {
    const two = policy({
      units: [
        { resource: 'ecs', max: 8 },
        { resource: 'eci', max: 30 },
      ],
    });
    const text = planText(
      planned([two, deployment(40), ...NODES, nodeManifest('ecs-1')], { prices: ECI }),
      100,
    );

    expect(text).toContain(`PODS             COUNT  UNIT  NODE
web-1 … web-8    8      1     2 nodes
web-9 … web-38   30     2     eci-0
web-39 … web-40  2      -     Pending
`);
    expect(text).toContain('and the first unit at last: web-40,\n           web-39, web-38,');
    expect(text).toMatch(/\n +and 28 more\n/);
    expect(text).toContain('PRICE              EACH                                NUMBER   PER HOUR\n');
  });

  it('a workload without pods, pods without a policy, and pods without a price', () => {
    const prices =
      'kind: PriceList\ncurrency: CNY\nprices: [{name: none, nodeSelector: {no: node}, perNode: {perHour: 1}}]';
    const spread = planned(
      [
        deployment(0),
        JSON.stringify({
          kind: 'Pod',
          metadata: { name: 'p' },
          spec: { tolerations: [{ operator: 'Exists' }] },
        }),
        nodeManifest('eci-0'),
      ],
      { prices },
    );

    expect(planText(spread, 80)).toBe(`Deployment default/web: no pods

Pods in default: 1 pod, 1 placed

POD  UNIT  NODE
p    -     eci-0

Scale-in   nobody scales in pods that have no controller

PRICE  EACH  NUMBER  PER HOUR
Total                0 CNY

No price   1 pod: no price holds for node eci-0

Nodes      the unit is what the extender decides; which of its nodes a pod gets
           is up to kube-scheduler, shown is the least allocated
`);
  });
});

describe('money', () => {
  it.for([
    ['¥', '¥3'],
    ['CNY', '3 CNY'],
    ['US$', 'US$3'],
    ['元', '3 元'],
  ] as const)('in %s is written %s', ([currency, text]) => {
    expect(moneyText(currency, '3')).toBe(text);
  });
});
