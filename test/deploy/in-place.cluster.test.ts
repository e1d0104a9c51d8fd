/**
 * Mode in-place, installed and running: the cluster's own kube-scheduler, configured as the notes of the installation say,
 * calls the extender with mutual TLS and places the Spark job of the examples.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { Identity } from '../support/pki.ts';
import { TestCa } from '../support/pki.ts';
import { ContainerProcess } from './container-process.ts';
import { imageProgram, Installation, NAMESPACE } from './installation.ts';
import { applyExample, createSparkNodes, PLACED, SparkJob, WHY_WAITING } from './spark-scenario.ts';

const WITHIN = { timeout: 120_000, interval: 100 };
const CLUSTER_IP = '10.0.0.90';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly nodeName?: string };
    readonly status: {
      readonly phase: string;
      readonly conditions?: readonly { readonly message?: string }[];
    };
  }[];
}

describe('mode in-place', () => {
  let installation: Installation;
  let plane: ControlPlane;
  let extender: ContainerProcess;

  beforeAll(async () => {
    installation = await Installation.inNewCluster();
    ({ plane } = installation);
    await createSparkNodes(plane);
    const [ca, clientCa] = await Promise.all([TestCa.create(), TestCa.create()]);
    const [server, client] = await Promise.all([
      ca.issue('server', { purpose: 'server', host: `resource-policy.${NAMESPACE}.svc` }),
      clientCa.issue('kube-scheduler', { purpose: 'client' }),
    ]);
    await createSecrets(plane, server, clientCa);
    const notes = await installation.install({
      mode: 'in-place',
      inPlace: {
        clusterIP: CLUSTER_IP,
        tls: { source: 'secrets', serverSecret: 'server', clientCASecret: 'client-ca' },
      },
    });
    await applyExample(plane);
    const [verbs, probes] = [await installation.port(), await installation.port()];
    const [container] = await installation.containers();
    extender = new ContainerProcess({
      container: container!,
      program: imageProgram(),
      args: [`--kubeconfig=${await installation.kubeconfig()}`],
      mounts: {
        '/tls/server': installation.folder('server', await filesOf(plane, 'server')),
        '/tls/client-ca': installation.folder('client-ca', await filesOf(plane, 'client-ca')),
      },
      ports: { 8910: verbs, 8911: probes },
    });
    await extender.start();
    const folder = installation.folder('host', {
      'ca.crt': ca.certPem,
      'tls.crt': client.certPem,
      'tls.key': client.keyPem,
    });
    await plane.scheduler.start({ config: configurationIn(notes, { folder, verbs }) });
  });

  afterAll(async () => {
    await extender.kill();
    await plane.delete();
  });

  it('places a job that names neither a scheduler nor virtual nodes', async () => {
    const job = new SparkJob(plane, 'spark-pi');
    await job.submit();
    await expect.poll(() => job.nodes(), WITHIN).toEqual(PLACED);
    await expect.poll(() => job.whyWaiting(), WITHIN).toContain(WHY_WAITING);
    const names = (await job.pods()).map(({ spec }) => spec.schedulerName);
    expect(new Set(names)).toEqual(new Set(['default-scheduler']));
  });

  it('was allowed all that it did', () => {
    expect(extender.log.filter((line) => /forbidden|unauthorized/i.test(line))).toEqual([]);
  });

  it('is put on a node by hand when none of its pods is left, as docs/install.md says', async () => {
    await expect
      .poll(async () => (await ownPods()).map(({ status }) => status.phase), WITHIN)
      .toEqual(['Running', 'Running']);
    await extender.kill();
    await plane.kubectl(['delete', 'pods', `--namespace=${NAMESPACE}`, '--all']);
    await expect
      .poll(async () => (await ownPods())[0]?.status.conditions?.[0]?.message, WITHIN)
      .toMatch(/connection refused/);
    const { name } = (await ownPods())[0]!.metadata;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { kind: 'Node', name: 'amd64-0' },
    };
    const args = ['create', '--raw', `${PODS}/${name}/binding`, '-f', '-'];
    await plane.kubectl(args, { input: JSON.stringify(binding) });
    await expect
      .poll(
        async () => (await ownPods()).find(({ metadata }) => metadata.name === name)?.status.phase,
        WITHIN,
      )
      .toBe('Running');
  });

  async function ownPods(): Promise<Pods['items']> {
    return (await plane.api.request<Pods>('GET', PODS)).items;
  }
});

async function createSecrets(
  plane: ControlPlane,
  { certPem, keyPem }: Identity,
  clientCa: TestCa,
): Promise<void> {
  const items = [
    { metadata: { name: 'server' }, stringData: { 'tls.crt': certPem, 'tls.key': keyPem } },
    { metadata: { name: 'client-ca' }, stringData: { 'ca.crt': clientCa.certPem } },
  ];
  for (const item of items) await plane.api.request('POST', `/api/v1/namespaces/${NAMESPACE}/secrets`, item);
}

/** By name, as kubelet puts them into the folder where the secret is mounted. */
async function filesOf(plane: ControlPlane, secret: string): Promise<Readonly<Record<string, string>>> {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${secret}`;
  const { data } = await plane.api.request<{ data: Readonly<Record<string, string>> }>('GET', path);
  const decoded = Object.entries(data).map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]);
  return Object.fromEntries(decoded);
}

/** The configuration of kube-scheduler in Helm's notes, with the addresses and files of this machine. */
function configurationIn(notes: string, { folder, verbs }: { folder: string; verbs: number }): string {
  const [, yaml = ''] = /\n(apiVersion: kubescheduler.*?)\n\nFrom then on/s.exec(notes) ?? [];
  return yaml
    .replace(`${CLUSTER_IP}:8910`, `127.0.0.1:${verbs}`)
    .replaceAll('/etc/kubernetes/resource-policy/', `${folder}/`);
}
