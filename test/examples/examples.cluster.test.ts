/**
 * Every folder of examples/, applied as it is and played on a real control plane, one after the other. Spark itself
 * does not run: its pods are made as Spark Operator, spark-submit and drivers make them.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createNodes } from '../control-plane/nodes.ts';
import { Submission } from '../support/spark.ts';
import { readApplication, readNodes, readPod, readProperties } from './files.ts';
import { placeOf, Stage } from './stage.ts';

const SPOT = 'k8s.aliyun.com/eci-spot-strategy';
const IMAGE_CACHE = 'k8s.aliyun.com/eci-image-cache';
const SIZE = 'k8s.aliyun.com/eci-use-specs';
const MACHINES = ['-l', 'type!=virtual-kubelet'];
const IN_TIME = { timeout: 20_000, interval: 100 };
/** An executor of ecs-first requests 2 CPUs. */
const EXECUTOR_CPUS = 2;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

function job(file: string): Submission {
  return new Submission(readApplication(file));
}

/** Applies a policy, and plays a job under it. */
async function play(policies: string, submission: Submission, atOnce?: number): Promise<void> {
  await stage.applyPolicies(policies, submission.executor(1, submission.submissionId));
  await stage.submit(submission, atOnce);
}

/** The values that an annotation has on pods in each place; undefined: a pod has none. */
async function valuesOf(annotation: string): Promise<object> {
  const pods = await stage.pods();
  const values = (place: string): unknown[] => [
    ...new Set(
      pods.filter((pod) => placeOf(pod) === place).map(({ metadata }) => metadata.annotations?.[annotation]),
    ),
  ];
  return { ecs: values('ecs'), eci: values('eci') };
}

describe('without a policy', () => {
  test('ecs-only: nothing goes to virtual nodes', async () => {
    await stage.submit(job('ecs-only/spark-pi.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', 'ecs', 'ecs']);
  });

  test('eci-only: everything goes to virtual nodes', async () => {
    await stage.submit(job('eci-only/spark-pi.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['eci', 'eci', 'eci']);
  });

  test('eci-only: the size that is billed goes along', async () => {
    await stage.submit(job('eci-only/spark-pi-sized.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['eci', 'eci', 'eci']);
    expect(await valuesOf(SIZE)).toEqual({ ecs: [], eci: ['2-4Gi'] });
  });

  test('image-cache: the annotation of the job goes along', async () => {
    await stage.submit(job('image-cache/spark-pi-eci-only.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['eci', 'eci', 'eci']);
    expect(await valuesOf(IMAGE_CACHE)).toEqual({ ecs: [], eci: ['true'] });
  });

  test('ecs-first: virtual nodes are used when the machines are full', async () => {
    const app = readApplication('ecs-first/spark-pi.yaml');
    await stage.submit(new Submission(app));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', 'ecs', 'ecs']);

    const names = Array.from({ length: 4 }, (_, more) => `spark-pi-${more}`);
    for (const name of names) {
      await stage.submit(new Submission({ ...app, metadata: { ...app.metadata, name } }));
    }
    await expect.poll(() => stage.places()).not.toContain(undefined);
    expect(await stage.places()).toContain('eci');
    expect(Math.max(...(await freeCpus()))).toBeLessThan(EXECUTOR_CPUS);
  });

  test('ecs-first does not guarantee it: a taint that is to be avoided weighs more', async () => {
    await stage.plane.kubectl(['taint', 'nodes', ...MACHINES, 'upgrade=soon:PreferNoSchedule']);
    await stage.submit(job('ecs-first/spark-pi.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['eci', 'eci', 'eci']);
    await stage.plane.kubectl(['taint', 'nodes', ...MACHINES, 'upgrade-']);
  });
});

/** CPUs that no pod requests, of each machine. */
async function freeCpus(): Promise<readonly number[]> {
  const pods = await stage.pods();
  return readNodes('spark-pi/nodes.yaml')
    .filter(({ labels }) => labels?.['type'] === undefined)
    .map(({ name, allocatable }) =>
      pods
        .filter(({ spec }) => spec.nodeName === name)
        .map(({ metadata }) => (metadata.labels['spark-role'] === 'driver' ? 1 : EXECUTOR_CPUS))
        .reduce((free, cpus) => free - cpus, Number(allocatable['cpu'])),
    );
}

describe('with a policy', () => {
  test('spark-pi: 2 on amd64 machines, 3 on ECI, 1 waits', async () => {
    await play('spark-pi/resourcepolicy.yaml', job('spark-pi/spark-pi.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'waits']);
    expect((await stage.pods()).map(({ spec }) => spec.nodeName)).not.toContain('cn-beijing.192.168.0.21');
  });

  test('ecs-first, unchanged under a policy: now its order and limits hold, whatever kube-scheduler would avoid', async () => {
    await stage.plane.kubectl(['taint', 'nodes', ...MACHINES, 'upgrade=soon:PreferNoSchedule']);
    await play('spark-pi/resourcepolicy.yaml', job('ecs-first/spark-pi.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', 'ecs', 'eci']);
    await stage.plane.kubectl(['taint', 'nodes', ...MACHINES, 'upgrade-']);
  });

  test('image-cache: pods on ECI get the annotation from the policy, those on machines do not', async () => {
    await play('image-cache/resourcepolicy.yaml', job('image-cache/spark-pi.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci', 'eci']);
    expect(await valuesOf(IMAGE_CACHE)).toEqual({ ecs: [undefined], eci: ['true'] });
  });

  test('spot: the driver on a machine, executors on ECI Spot', async () => {
    await play('spot/resourcepolicy.yaml', job('spot/spark-pi.yaml'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', 'eci', 'eci', 'eci', 'eci']);
    expect(await valuesOf(SPOT)).toEqual({ ecs: [undefined], eci: ['SpotAsPriceGo'] });
  });

  test('spot: the driver waits for a machine rather than run on Spot', async () => {
    const submission = job('spot/spark-pi.yaml');
    await stage.applyPolicies('spot/resourcepolicy.yaml', submission.executor(1, submission.submissionId));
    await stage.plane.kubectl(['cordon', ...MACHINES]);
    await stage.create(submission.driver());
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['waits']);

    await stage.plane.kubectl(['uncordon', ...MACHINES]);
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs']);
  });

  test('spark-submit: each submission counts for itself, without Spark Operator', async () => {
    const app = readProperties('spark-submit/spark.properties', 'spark-submit/executor-template.yaml');
    await play('spark-submit/resourcepolicy.yaml', new Submission(app, 'user'));
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', 'ecs', 'eci', 'eci', 'eci']);

    await stage.submit(new Submission({ ...app, metadata: { ...app.metadata, name: 'again' } }, 'user'));
    await expect
      .poll(() => stage.places(), IN_TIME)
      .toEqual(['ecs', 'ecs', 'ecs', 'ecs', 'eci', 'eci', 'eci', 'eci', 'eci', 'eci']);
  });

  test('wordcount: the driver on a machine, 100 executors on ECI Spot', async () => {
    await play('wordcount/resourcepolicy-spot.yaml', job('wordcount/wordcount.yaml'), 20);
    await expect.poll(() => stage.places(), IN_TIME).toEqual(['ecs', ...Array<string>(100).fill('eci')]);
    expect(await valuesOf(SPOT)).toEqual({ ecs: [undefined], eci: ['SpotAsPriceGo'] });
  });

  test('three-pools: a Deployment fills the pools in order, and leaves them in reverse', async () => {
    await createNodes(stage.plane, readNodes('three-pools/nodes.yaml'));
    await stage.applyPolicies('three-pools/resourcepolicy.yaml', readPod('three-pools/deployment.yaml'));
    await stage.apply('three-pools/deployment.yaml');
    await expect
      .poll(nodesInUse, IN_TIME)
      .toEqual(['eci', 'eci', 'pay-as-you-go-0', 'pay-as-you-go-0', 'subscription-0', 'subscription-0']);
    await stage.plane.kubectl(['scale', 'deployment', 'web', '--replicas=4']);
    await expect
      .poll(nodesInUse, IN_TIME)
      .toEqual(['pay-as-you-go-0', 'pay-as-you-go-0', 'subscription-0', 'subscription-0']);
    await stage.plane.kubectl(['scale', 'deployment', 'web', '--replicas=2']);
    await expect.poll(nodesInUse, IN_TIME).toEqual(['subscription-0', 'subscription-0']);
  });
});

/** The nodes of all pods; there are two virtual ones by then, either of which will do. */
async function nodesInUse(): Promise<readonly string[]> {
  const pods = await stage.pods();
  const nodes = pods.map(({ spec }) => spec.nodeName?.replace(/^virtual-kubelet.*/, 'eci') ?? 'none');
  return nodes.toSorted((a, b) => a.localeCompare(b));
}
