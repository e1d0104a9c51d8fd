/**
 * Mode dedicated, installed and running: two replicas of the installed pods, each kube-scheduler with its extender, place
 * the Spark job of the examples beside the cluster's own kube-scheduler.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { readCommands } from '../control-plane/kwokctl.ts';
import { ContainerProcess } from './container-process.ts';
import { imageProgram, Installation, NAMESPACE } from './installation.ts';
import { applyExample, createSparkNodes, PLACED, SparkJob, WHY_WAITING } from './spark-scenario.ts';

const WITHIN = { timeout: 120_000, interval: 100 };
const SCHEDULER = 'resource-policy-scheduler';

/** The containers of one pod. */
interface Replica {
  /** Where its page is, when it has one. */
  readonly pageUrl: string;
  readonly extender: ContainerProcess;
  readonly scheduler: ContainerProcess;
}

interface Config {
  readonly extenders: readonly { readonly urlPrefix: string }[];
}

describe('mode dedicated', () => {
  let installation: Installation;
  let plane: ControlPlane;
  let replicas: readonly Replica[];
  let job: SparkJob;
  let notes: string;

  beforeAll(async () => {
    installation = await Installation.inNewCluster();
    ({ plane } = installation);
    await createSparkNodes(plane);
    // The cluster's own, for all other pods: those of the installation, too.
    await plane.scheduler.start();
    notes = await installation.install({ page: { enabled: true } });
    await applyExample(plane);
    replicas = [await aReplica(installation, 0), await aReplica(installation, 1)];
    for (const { extender, scheduler } of replicas) {
      await extender.start();
      await scheduler.start();
    }
    job = new SparkJob(plane, 'spark-pi');
  });

  afterAll(async () => {
    await Promise.all(replicas.flatMap(({ extender, scheduler }) => [extender.kill(), scheduler.kill()]));
    await plane.delete();
  });

  it('places a job that names neither it nor virtual nodes', async () => {
    // In force a moment after it was applied.
    await expect.poll(() => job.schedulerName(), WITHIN).toBe(SCHEDULER);
    await job.submit();
    await expect.poll(() => job.nodes(), WITHIN).toEqual(PLACED);
    await expect.poll(() => job.whyWaiting(), WITHIN).toContain(WHY_WAITING);
    const names = (await job.pods()).map(({ spec }) => spec.schedulerName);
    expect(new Set(names)).toEqual(new Set([SCHEDULER]));
  });

  it('explains to its user why a pod waits', async () => {
    const waiting = (await job.pods()).find(({ spec }) => spec.nodeName === undefined)!;
    const [, ...program] = imageProgram();
    const asked = ['explain', `pod/${waiting.metadata.name}`, `--kubeconfig=${plane.kubeconfigPath}`];
    const { stdout } = await promisify(execFile)(process.execPath, [...program, ...asked]);
    expect(stdout).toContain(waiting.metadata.name);
    expect(stdout).toMatch(/at max 2.*at max 3/s);
  });

  it('leaves all other pods to the cluster’s own scheduler', async () => {
    await plane.kubectl(['run', 'other', '--image=busybox']);
    const output = '--output=jsonpath={.spec.schedulerName} {.spec.nodeName}';
    await expect
      .poll(() => plane.kubectl(['get', 'pod', 'other', output]), WITHIN)
      .toMatch(/^default-scheduler (amd|arm)64/);
  });

  it('shows its page to those who forward the port that the notes name', async () => {
    expect(notes).toContain(`port-forward deployment/resource-policy 8912, then http://localhost:8912`);
    for (const { pageUrl } of replicas) {
      const page = await fetch(pageUrl);
      expect(page.status).toBe(200);
      expect(await page.text()).toMatch(/^<!doctype html>/i);
    }
  });

  it('goes on when the pod that decides dies', async () => {
    const leading = replicas.filter(({ scheduler }) =>
      scheduler.log.some((line) => /successfully acquired lease/i.test(line)),
    );
    expect(leading).toHaveLength(1);
    await Promise.all(leading.flatMap(({ extender, scheduler }) => [scheduler.kill(), extender.kill()]));
    await job.endOnEci();
    await expect.poll(() => job.nodes(), WITHIN).toEqual(['amd64', 'amd64', 'eci', 'eci', 'eci']);
  });

  it('was allowed all that it did', () => {
    const log = replicas.flatMap(({ extender, scheduler }) => [...extender.log, ...scheduler.log]);
    expect(log.filter((line) => /forbidden|unauthorized/i.test(line))).toEqual([]);
  });

  it('gives pods its name by the webhook, where there are no admission policies, and takes that away with it', async () => {
    await Promise.all(replicas.flatMap(({ scheduler, extender }) => [scheduler.stop(), extender.stop()]));
    await installation.uninstall();
    await expect.poll(() => job.schedulerName(), WITHIN).toBe('default-scheduler');
    const webhookNotes = await installation.install({ admission: { kind: 'webhook' } });
    replicas = [await aReplica(installation, 2)];
    const [{ extender, scheduler }] = replicas as readonly [Replica];
    await extender.start();
    await scheduler.start();
    await expect.poll(() => job.schedulerName(), WITHIN).toBe(SCHEDULER);
    const next = new SparkJob(plane, 'next');
    await next.submit();
    await expect.poll(() => next.nodes(), WITHIN).toEqual(PLACED);
    await expect.poll(() => gatesOf(next), WITHIN).toHaveLength(1);
    // As the notes say: first the policies, so that no pod waits for one, then the rest.
    expect(webhookNotes).toContain('kubectl delete resourcepolicies --all --all-namespaces');
    await plane.kubectl(['delete', 'resourcepolicies', '--all', '--all-namespaces']);
    await expect.poll(() => gatesOf(next), WITHIN).toEqual([]);
    expect(extender.log.filter((line) => /forbidden|unauthorized/i.test(line))).toEqual([]);
    // In the order in which the rights and the pods may go.
    await installation.uninstall();
    await Promise.all([scheduler.stop(), extender.stop()]);
    expect(await plane.kubectl(['get', 'mutatingwebhookconfigurations', '--output=name'])).toBe('');
    expect(await job.schedulerName()).toBe('default-scheduler');
  });
});

/** Of its pods that are kept out of kube-scheduler's queue, by what. */
async function gatesOf(job: SparkJob): Promise<readonly string[]> {
  return (await job.pods()).flatMap(({ spec }) => (spec.schedulingGates ?? []).map(({ name }) => name));
}

async function aReplica(installation: Installation, index: number): Promise<Replica> {
  const { plane, port } = installation;
  const [extender, scheduler] = await installation.containers();
  const kubeconfig = await installation.kubeconfig();
  const [verbs, probes, page] = [await port(), await port(), await port()];
  const [admission, secure] = [await port(), await port()];
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/resource-policy-kube-scheduler`;
  const { data } = await plane.api.request<{ data: { 'config.yaml': string } }>('GET', path);
  const config: Config = parse(data['config.yaml']);
  const here = {
    ...config,
    // In a pod it needs no file.
    clientConnection: { kubeconfig },
    extenders: config.extenders.map((each) => ({
      ...each,
      urlPrefix: each.urlPrefix.replace(':8910', `:${verbs}`),
    })),
  };
  return {
    pageUrl: `http://127.0.0.1:${page}/`,
    extender: new ContainerProcess({
      container: extender!,
      program: imageProgram(),
      args: [`--listen=127.0.0.1:${verbs}`, `--kubeconfig=${kubeconfig}`],
      ports: { 8911: probes, 8912: page, 8913: admission },
    }),
    scheduler: new ContainerProcess({
      container: scheduler!,
      program: [readCommands(plane.workDir)['kube-scheduler'].binary],
      args: [`--authentication-kubeconfig=${kubeconfig}`, `--authorization-kubeconfig=${kubeconfig}`],
      mounts: {
        '/etc/kube-scheduler': installation.folder(`replica-${index}`, { 'config.yaml': stringify(here) }),
      },
      ports: { 10259: secure },
    }),
  };
}
