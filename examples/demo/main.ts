/**
 * The main job on a real control plane: a Spark job fills the paid ECS nodes up to the policy's limit, spills onto ECI
 * up to the next limit, and the rest waits. Exits with 1 if any pod ends up elsewhere.
 *
 *     npm run demo               shows it and cleans up
 *     npm run demo -- --keep     leaves the cluster and says how to use it
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { ControlPlane } from '../../test/control-plane/control-plane.ts';
import { startControlPlane } from '../../test/control-plane/control-plane.ts';
import { GoToolchainError } from '../../test/control-plane/go-toolchain.ts';
import { createNodes, ecsNode, virtualNode } from '../../test/control-plane/nodes.ts';
import { waitUntil } from '../../test/control-plane/wait.ts';
import { ExtenderProcess } from '../../test/support/extender-process.ts';
import { shippedSchedulerConfig } from '../../test/support/scheduler-configs.ts';
import type { SparkApplication } from '../../test/support/spark.ts';
import { Submission } from '../../test/support/spark.ts';
import type { Placement } from './placements.ts';
import { placementsOf, placementTable } from './placements.ts';
import { coloured, table } from './table.ts';

const ROOT = join(import.meta.dirname, '../..');
const POLICY_FILE = 'examples/spark-pi/resourcepolicy.yaml';
const JOB_FILE = 'examples/spark-pi/spark-pi.yaml';

const NODES = [
  ecsNode('cn-beijing.192.168.0.11'),
  ecsNode('cn-beijing.192.168.0.12'),
  ecsNode('cn-beijing.192.168.0.21', { labels: { 'kubernetes.io/arch': 'arm64' } }),
  virtualNode('virtual-kubelet-cn-beijing-i'),
];
const AMD64_NODES = NODES.slice(0, 2).map(({ name }) => name);
const ECI_NODES = ['virtual-kubelet-cn-beijing-i'];

/** How many pods of a submission are expected where. */
interface Expected {
  readonly ecs: number;
  readonly eci: number;
  readonly pending: number;
}

const FULL: Expected = { ecs: 2, eci: 3, pending: 1 };

const { values: flags } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const startedMs = performance.now();
let failures = 0;

const cluster = await startControlPlane().catch((error: unknown) => {
  if (!(error instanceof GoToolchainError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
try {
  await show(cluster);
} finally {
  if (!flags.keep) await cluster.delete();
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
say(
  failures === 0
    ? coloured('green', `\nEvery pod is where the policy wants it. (${seconds} s)`)
    : coloured('red', `\n${failures} placements differ from the policy. (${seconds} s)`),
);
process.exitCode = failures === 0 ? 0 : 1;

async function show(plane: ControlPlane): Promise<void> {
  const extender = new ExtenderProcess({
    kubeconfigPath: plane.kubeconfigPath,
    flags: ['--log-level', 'debug'],
  });
  heading('A cluster: real etcd, kube-apiserver and kube-scheduler; nodes played by kwok');
  await prepare(plane);
  say(
    table(
      ['NODE', 'ARCH', 'TYPE'],
      NODES.map(({ name, labels }) => [
        name,
        labels?.['kubernetes.io/arch'] ?? 'amd64',
        labels?.['type'] ?? 'ECS',
      ]),
    ),
  );
  await extender.start();
  await extender.ready();
  await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
  say(`\nresource-policy serves kube-scheduler at ${extender.url}`);

  heading(`The policy: ${POLICY_FILE}`);
  await plane.kubectl(['apply', '-f', join(ROOT, POLICY_FILE)]);
  await waitUntil('the policy is in force', () => extender.log.some(({ msg }) => msg === 'policy in force'));
  await policies(plane, '0/2, 0/3');

  const app: SparkApplication = parse(readFileSync(join(ROOT, JOB_FILE), 'utf8'));
  heading(`The job: ${JOB_FILE}, 1 driver and ${app.spec.executor.instances} executors`);
  const first = new Submission(app);
  await submit(plane, first);
  const before = await settled({ plane, extender }, first, FULL);
  heading('Is it full?');
  await policies(plane, '2/2, 3/3');

  const victim = before.findLast(({ node }) => ECI_NODES.includes(node ?? ''))?.pod ?? '';
  heading(`An ECI executor ends: kubectl delete pod ${victim}`);
  await plane.kubectl(['delete', 'pod', victim, '--wait=true']);
  await settled({ plane, extender }, first, { ecs: 2, eci: 3, pending: 0 });

  heading('A second submission of the job counts for itself');
  const second = new Submission({ ...app, metadata: { ...app.metadata, name: `${app.metadata.name}-2` } });
  await submit(plane, second);
  await settled({ plane, extender }, second, FULL);

  if (flags.keep) await keep(plane, extender);
  else await extender.stop();
}

async function prepare(plane: ControlPlane): Promise<void> {
  await createNodes(plane, NODES);
  await plane.kubectl(['apply', '-f', join(ROOT, 'crds')]);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await plane.kubectl(['create', 'serviceaccount', 'spark-operator-spark']);
}

/** Shows the policy as soon as its status says so: it is written once a second at most. */
async function policies(plane: ControlPlane, used: string): Promise<void> {
  const rows = await waitUntil(`the policy's status says ${used}`, async () => {
    const output = await plane.kubectl(['get', 'resourcepolicies']);
    return output.includes(used) ? output : undefined;
  });
  say(rows.trimEnd());
}

/** What Spark Operator and the driver do: the driver first, then its executors. */
async function submit({ api }: ControlPlane, submission: Submission): Promise<void> {
  const path = '/api/v1/namespaces/default/pods';
  const driver = await api.request<{ metadata: { uid: string; name: string } }>(
    'POST',
    path,
    submission.driver(),
  );
  await waitUntil('the driver runs', async () => {
    const pod = await api.request<{ status: { phase: string } }>('GET', `${path}/${driver.metadata.name}`);
    return pod.status.phase === 'Running';
  });
  for (let id = 1; id <= submission.executorCount; id += 1) {
    // In order, as the driver's allocator asks for them.
    await api.request('POST', path, submission.executor(id, driver.metadata.uid));
  }
}

/** Waits until the submission looks as expected, shows it, and counts a failure if it never does. */
async function settled(
  { plane, extender }: { plane: ControlPlane; extender: ExtenderProcess },
  { submissionId }: Submission,
  expected: Expected,
): Promise<readonly Placement[]> {
  const look = (): Promise<readonly Placement[]> => placementsOf(plane, extender, submissionId);
  const isSettled = await waitUntil('the placements', async () => matches(await look(), expected), {
    timeoutMs: 20_000,
  }).catch(() => false);
  const placements = await look();
  say(placementTable(placements));
  const text = `${expected.ecs} on amd64 ECS, ${expected.eci} on ECI, ${expected.pending} pending`;
  if (isSettled) say(coloured('green', `\n✓ ${text}`));
  else {
    failures += 1;
    say(coloured('red', `\n✗ expected ${text}`));
  }
  return placements;
}

function matches(placements: readonly Placement[], { ecs, eci, pending }: Expected): boolean {
  const running = placements.filter(({ phase }) => phase === 'Running');
  const on = (names: readonly string[]): number =>
    running.filter(({ node }) => names.includes(node ?? '')).length;
  const waiting = placements.filter(({ node, reason }) => node === undefined && reason.includes('is at max'));
  return (
    on(AMD64_NODES) === ecs &&
    on(ECI_NODES) === eci &&
    waiting.length === pending &&
    placements.length === ecs + eci + pending
  );
}

/** The cluster and the extender go on without us. */
async function keep(plane: ControlPlane, extender: ExtenderProcess): Promise<void> {
  // The extender of the demo ends with it, so one of its own takes its place.
  const { port } = new URL(extender.url);
  await extender.stop();
  const args = ['serve', '--kubeconfig', plane.kubeconfigPath, '--listen', `127.0.0.1:${port}`];
  const child = spawn(join(ROOT, 'dist/cli/main.js'), args, { detached: true, stdio: 'ignore' });
  child.unref();
  await plane.kubectl(['apply', '-f', join(ROOT, 'deploy/admission')]);
  plane.keep();
  heading('The cluster stays');
  say(`  export KUBECONFIG=${plane.kubeconfigPath}`);
  say(`  alias kubectl=${plane.kubectlPath}`);
  say('  kubectl get resourcepolicies,pods -o wide');
  say(`  curl ${extender.url}/metrics`);
  say('Its pods get the toleration for virtual nodes; there is no Spark Operator in it.');
  say(`\nTo end it: kill ${child.pid ?? ''}; npm run cluster -- delete ${plane.name}`);
}

function heading(text: string): void {
  say(coloured('bold', `\n── ${text}\n`));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
