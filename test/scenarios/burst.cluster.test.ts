/**
 * Limits under load and crashes: 20 jobs of 60 pods at once, on 20 nodes, with at most 20 and 30 pods of a job in the
 * two units. A witness with its own watch checks every event.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { LimitWatcher } from '../support/limit-watcher.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';

const GROUP = 'sparkoperator.k8s.io/submission-id';
const JOBS = Array.from({ length: 20 }, (_, job) => `job-${job}`);
const PODS_PER_JOB = 60;
const MAX = { ecs: 20, eci: 30 };
const PLACED = JOBS.length * (MAX.ecs + MAX.eci);
const EXACTLY_FULL: { counts: object[]; overshoots: string[]; mismatches: string | undefined } = {
  counts: JOBS.map(() => MAX),
  overshoots: [],
  mismatches: '0',
};
const NODES = [
  ...Array.from({ length: 18 }, (_, node) =>
    ecsNode(`ecs-${node}`, { allocatable: { cpu: '64', memory: '256Gi' } }),
  ),
  ...Array.from({ length: 2 }, (_, node) => virtualNode(`eci-${node}`)),
];

describe('20 jobs of 60 pods at once', () => {
  let plane: ControlPlane;
  let extender: ExtenderProcess;

  beforeAll(async () => {
    plane = await startControlPlane();
    await createNodes(plane, NODES);
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    extender = new ExtenderProcess({ kubeconfigPath: plane.kubeconfigPath });
    await extender.start();
    await extender.ready();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
  });

  afterAll(async () => {
    await extender.stop();
    await plane.delete();
  });

  test('no event shows a unit over its max, and every unit ends exactly full', async () => {
    const witness = await prepare('calm');
    await burst('calm');
    expect(await outcome(witness, 'calm')).toEqual(EXACTLY_FULL);
  });

  test('the same while the extender is killed and restarted three times', async () => {
    const witness = await prepare('stormy');
    const creating = burst('stormy');
    for (const bound of [PLACED * 0.2, PLACED * 0.5, PLACED * 0.8]) {
      // One kill after the other is the point.
      await witness.until(`${bound} pods are bound`, () => witness.bound >= bound, 120_000);
      await extender.kill();
      await extender.start();
    }
    await creating;
    expect(await outcome(witness, 'stormy')).toEqual(EXACTLY_FULL);
  });

  /** A namespace with the policy in force, and a witness that watches it. */
  async function prepare(namespace: string): Promise<LimitWatcher> {
    await plane.kubectl(['create', 'namespace', namespace]);
    await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(policyIn(namespace)) });
    const policy = `${namespace}/spark`;
    await expect
      .poll(() => extender.log.some((line) => line.msg === 'policy in force' && line['policy'] === policy), {
        timeout: 10_000,
      })
      .toBe(true);
    const witness = new LimitWatcher(plane, {
      namespace,
      groupLabel: GROUP,
      unitOf: (node) => node.slice(0, 3),
      max: MAX,
    });
    await witness.start();
    return witness;
  }

  /** Creates all pods at once, jobs interleaved. */
  async function burst(namespace: string): Promise<void> {
    const pods = Array.from({ length: PODS_PER_JOB }, (_, pod) =>
      JOBS.map((job) => podOf(namespace, job, pod)),
    ).flat();
    await Promise.all(
      pods.map((pod) => plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods`, pod)),
    );
  }

  /** What the witness saw when all places were taken and all other pods said why they wait. */
  async function outcome(witness: LimitWatcher, namespace: string): Promise<typeof EXACTLY_FULL> {
    const waiting = JOBS.length * PODS_PER_JOB - PLACED;
    await witness.until(`all places of ${namespace} are taken`, () => witness.bound === PLACED, 240_000);
    // Each look lists 1,200 pods: often enough to see it, seldom enough not to be the load.
    await expect.poll(() => explained(namespace), { timeout: 60_000, interval: 1_000 }).toBe(waiting);
    witness.stop();
    const counts = JOBS.map((job) => {
      const group = `${namespace}-${job}`;
      return { ecs: witness.count(group, 'ecs'), eci: witness.count(group, 'eci') };
    });
    const mismatches = /^resource_policy_ledger_mismatches_total (\d+)$/m.exec(await extender.metrics())?.[1];
    // Waiting pods are tried again at every event, which would slow the next test.
    const waitingPods = `/api/v1/namespaces/${namespace}/pods?fieldSelector=spec.nodeName=`;
    await plane.api.request('DELETE', waitingPods);
    return { counts, overshoots: witness.overshoots, mismatches };
  }

  /** Pods without a node whose condition names the full units. */
  async function explained(namespace: string): Promise<number> {
    const { items } = await plane.api.request<{
      items: { spec: { nodeName?: string }; status: { conditions?: { message?: string }[] } }[];
    }>('GET', `/api/v1/namespaces/${namespace}/pods`);
    const text = /unit 1 ecs\(kubernetes.io\/arch=amd64\) is at max 20, unit 2 eci is at max 30/;
    return items.filter(
      ({ spec, status }) =>
        spec.nodeName === undefined && status.conditions?.some(({ message }) => text.test(message ?? '')),
    ).length;
  }
});

function policyIn(namespace: string): object {
  return {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name: 'spark', namespace },
    spec: {
      matchLabelKeys: [GROUP],
      units: [
        { resource: 'ecs', nodeSelector: { 'kubernetes.io/arch': 'amd64' }, max: MAX.ecs },
        { resource: 'eci', max: MAX.eci },
      ],
    },
  };
}

function podOf(namespace: string, job: string, number: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${job}-${number}`, namespace, labels: { [GROUP]: `${namespace}-${job}` } },
    spec: {
      automountServiceAccountToken: false,
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
      containers: [{ name: 'spark', image: 'spark', resources: { requests: { cpu: '1', memory: '896Mi' } } }],
    },
  };
}
