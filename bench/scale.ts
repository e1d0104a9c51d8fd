/**
 * What the extender costs in a large cluster: time from its start until it is ready, memory, and the time /filter takes
 * in the server, with real nodes and pods on a real API server.
 *
 *     npm run bench -- [--nodes 1000] [--pods 20000] [--calls 5000]
 *
 * Pods are made bound, as they are found by an extender that restarts. The calls are those of a job whose pods fill the
 * first unit and spill over, each with the names of all nodes.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import type { ControlPlane } from '../test/control-plane/control-plane.ts';
import { startControlPlane } from '../test/control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../test/control-plane/nodes.ts';
import { ExtenderProcess } from '../test/support/extender-process.ts';

const GROUP = 'sparkoperator.k8s.io/submission-id';
const EXECUTORS_PER_JOB = 50;
const VIRTUAL_NODES = 2;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    pods: { type: 'string', default: '20000' },
    calls: { type: 'string', default: '5000' },
  },
});
const size = { nodes: Number(values.nodes), pods: Number(values.pods), calls: Number(values.calls) };
const nodeNames = [
  ...Array.from(
    { length: size.nodes - VIRTUAL_NODES },
    (_, node) => `cn-hangzhou.10.0.${node >> 8}.${node & 255}`,
  ),
  ...Array.from({ length: VIRTUAL_NODES }, (_, node) => `virtual-kubelet-cn-hangzhou-${node}`),
];

const plane = await startControlPlane();
try {
  await fill(plane);
  await measure(plane);
} finally {
  await plane.delete();
}

async function fill(cluster: ControlPlane): Promise<void> {
  // kwok would make every pod run, which costs minutes and changes nothing here.
  await cluster.kwok.stop();
  await cluster.kubectl(['apply', '-f', 'crds']);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(policy()) });
  const startedMs = performance.now();
  const specs = nodeNames.map((name) => (name.startsWith('virtual') ? virtualNode(name) : ecsNode(name)));
  await createNodes(cluster, specs);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let pod = next++; pod < size.pods; pod = next++) {
      // Each worker creates one pod after the other.
      await cluster.api.request('POST', '/api/v1/namespaces/default/pods', executor(pod));
      if (pod % 2_000 === 0) process.stderr.write(`${pod} of ${size.pods} pods made\n`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  process.stderr.write(`cluster filled in ${seconds(performance.now() - startedMs)}\n`);
}

async function measure(cluster: ControlPlane): Promise<void> {
  const extender = new ExtenderProcess({ kubeconfigPath: cluster.kubeconfigPath });
  const startedMs = performance.now();
  await extender.start();
  await extender.ready();
  const readyMs = performance.now() - startedMs;
  const rssReady = memory(extender, 'VmRSS');
  await call(extender);
  const server = filterTimes(await extender.metrics());
  const rows = [
    ['machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`],
    ['nodes, pods', `${size.nodes}, ${size.pods}`],
    ['start to ready', seconds(readyMs)],
    ['RSS when ready', `${rssReady} MiB (peak ${memory(extender, 'VmHWM')} MiB with the calls)`],
    [`/filter in the server, ${size.calls} calls`, `p50 ≤ ${server.p50} ms, p99 ≤ ${server.p99} ms`],
  ];
  process.stdout.write(`${rows.map(([name, value]) => `${name?.padEnd(40)} ${value}`).join('\n')}\n`);
  await extender.stop();
}

/** One call after the other, as kube-scheduler makes them. */
async function call(extender: ExtenderProcess): Promise<void> {
  const pool = new Pool(extender.url, { connections: 1 });
  for (let pod = 0; pod < size.calls; pod += 1) {
    const { metadata, spec } = executor(size.pods + pod);
    const body = {
      Pod: {
        metadata: { ...metadata, uid: `uid-${pod}`, resourceVersion: '1' },
        spec: { ...spec, nodeName: '' },
        status: { phase: 'Pending' },
      },
      Nodes: null,
      NodeNames: nodeNames,
    };
    const answer = await pool.request({
      method: 'POST',
      path: '/filter',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { NodeNames = [] } = (await answer.body.json()) as { NodeNames?: string[] };
    if (NodeNames.length === 0)
      throw new Error(`pod ${pod} was refused: the calls are not what they should be`);
  }
  await pool.close();
}

/** Bucket bounds, in milliseconds, that half and 99 % of the calls stayed within. */
function filterTimes(metrics: string): { p50: number; p99: number } {
  const buckets = [...metrics.matchAll(/^resource_policy_filter_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)];
  const total = Number(buckets.at(-1)?.[2]);
  const bound = (share: number): number =>
    Number(buckets.find(([, , count]) => Number(count) >= total * share)?.[1]) * 1_000;
  return { p50: bound(0.5), p99: bound(0.99) };
}

function memory(extender: ExtenderProcess, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${extender.pid ?? 'self'}/status`, 'utf8');
  return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function policy(): object {
  return {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name: 'spark', namespace: 'default' },
    spec: {
      selector: { 'sparkoperator.k8s.io/launched-by-spark-operator': 'true' },
      matchLabelKeys: [GROUP],
      units: [
        { resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: EXECUTORS_PER_JOB / 2 },
        { resource: 'eci', max: EXECUTORS_PER_JOB },
      ],
    },
  };
}

/** The labels and the size of a real executor; bound, half of each job on ECS nodes. */
function executor(number: number): { metadata: Record<string, unknown>; spec: Record<string, unknown> } {
  const job = Math.floor(number / EXECUTORS_PER_JOB);
  const isOnEcs = number % 2 === 0;
  const node = isOnEcs
    ? nodeNames[number % (size.nodes - VIRTUAL_NODES)]
    : nodeNames[size.nodes - 1 - (number % VIRTUAL_NODES)];
  return {
    metadata: {
      name: `spark-pi-${job}-exec-${number}`,
      namespace: 'default',
      labels: {
        'sparkoperator.k8s.io/app-name': `spark-pi-${job}`,
        'sparkoperator.k8s.io/launched-by-spark-operator': 'true',
        [GROUP]: `00000000-0000-4000-8000-${String(job).padStart(12, '0')}`,
        'spark-role': 'executor',
        'spark-exec-id': String(number),
        'spark-app-name': `spark-pi-${job}`,
        'spark-app-selector': `spark-${String(job).padStart(32, '0')}`,
        'spark-version': '3.5.2',
      },
    },
    spec: {
      nodeName: node,
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'spark-kubernetes-executor',
          image: 'spark:3.5.2',
          args: ['executor'],
          env: Array.from({ length: 20 }, (_, variable) => ({
            name: `SPARK_JAVA_OPT_${variable}`,
            value: `-Dspark.setting.${variable}=something-of-ordinary-length-${variable}`,
          })),
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '128Mi' } },
        },
      ],
    },
  };
}
