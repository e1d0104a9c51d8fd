/**
 * `resource-policy plan`: reads files, and the cluster if asked to, and prints what would become of the pods.
 *
 * @module
 */
import { stringify } from 'yaml';
import { messageOf } from '../facts/message-of.ts';
import type { PriceList } from '../placement/price.ts';
import { plan as planOf } from '../scheduling/plan.ts';
import type { PlanReport } from '../scheduling/plan-report.ts';
import { planReport } from '../scheduling/plan-report.ts';
import { isUnreadable } from './field-problem.ts';
import type { Unreadable } from './manifests.ts';
import { UNUSABLE } from './options.ts';
import type { PlanSettings } from './plan-command.ts';
import type { PlanFiles, TextFile } from './plan-files.ts';
import { planFiles } from './plan-files.ts';
import { priceList } from './plan-prices.ts';
import type { PlanCluster, Scene } from './plan-scene.ts';
import { sceneOf } from './plan-scene.ts';
import { planText } from './plan-text.ts';
import { namespaceOf } from './policy-manifest.ts';
import { readText } from './read-text.ts';

const STAYS_PENDING = 1;
/** Width of lines where standard output is no terminal. */
const WIDTH = 100;
const NARROWEST = 60;
const NAMESPACE = 'default';

/**
 * Prints the plan: as text, or as JSON or YAML a {@link PlanReport}, whose fields only ever increase. What stands in the
 * way goes to standard error, a line each.
 *
 * @returns the exit code: 0 everything is placed, 1 a pod stays pending, 2 something is invalid or cannot be read.
 */
export async function plan(settings: PlanSettings): Promise<number> {
  const read = await Promise.all([...new Set(settings.files)].map(readText));
  const prices = settings.prices === undefined ? undefined : await readPrices(settings.prices);
  const lost = [...read, prices].filter((each) => each !== undefined).filter(isUnreadable);
  const texts = read.filter((each): each is TextFile => !isUnreadable(each));
  try {
    const { files, cluster } = settings.live
      ? await look(settings, texts)
      : { files: planFiles(texts, settings.namespace ?? NAMESPACE), cluster: undefined };
    const problems = [...lost, ...files.problems];
    if (problems.length > 0) return refuse(problems.map(lineOf));
    const scene = sceneOf(files, cluster, { virtualNodes: settings.virtualNodeLabel, nowMs: Date.now() });
    const missing = missingIn(scene, settings);
    if (missing !== undefined) return refuse([`resource-policy: ${missing}`]);
    const report = reportOf(
      scene,
      prices !== undefined && !isUnreadable(prices) ? prices : undefined,
      settings,
    );
    process.stdout.write(printed(report, settings.output));
    return report.totals.pending > 0 ? STAYS_PENDING : 0;
  } catch (error) {
    return refuse([`resource-policy: ${messageOf(error)}`]);
  }
}

async function readPrices(file: string): Promise<PriceList | Unreadable> {
  const read = await readText(file);
  return isUnreadable(read) ? read : priceList(read);
}

async function look(
  { kubeconfig, namespace }: PlanSettings,
  texts: readonly TextFile[],
): Promise<{ readonly files: PlanFiles; readonly cluster: PlanCluster }> {
  // The Kubernetes client takes a second to load, which a plan from files need not wait for.
  const { ApiClient } = await import('../cluster/api-client.ts');
  const { Credentials } = await import('../cluster/credentials.ts');
  const { planCluster } = await import('./plan-cluster.ts');
  const credentials = Credentials.load({ kubeconfigPath: kubeconfig });
  const own = namespace ?? credentials.namespace;
  const files = planFiles(texts, own);
  const client = new ApiClient({ credentials });
  try {
    return { files, cluster: await planCluster(client, namespacesOf(files, own)) };
  } finally {
    await client.close();
  }
}

/** Those of what is to be placed; without anything, the one in which pods wait. */
function namespacesOf({ items }: PlanFiles, own: string): ReadonlySet<string> {
  const named = items.map((item) =>
    item.kind === 'workload' ? item.workload.namespace : namespaceOf(item.pod, own),
  );
  return new Set(named.length === 0 ? [own] : named);
}

/** What a plan cannot do without. */
function missingIn({ input, workloads }: Scene, { live, namespace }: PlanSettings): string | undefined {
  if (input.nodes.length === 0 && workloads.length === 0 && !live)
    return 'there is neither a workload nor a Node in what was given: name files with the workload, its ResourcePolicy and the nodes, or take policies and nodes of a cluster with --live';
  if (input.nodes.length === 0)
    return live
      ? 'the cluster has no nodes'
      : 'there is no Node in what was given: add a file with nodes (kubectl get nodes -o yaml), or take those of a cluster with --live';
  if (workloads.length > 0) return undefined;
  if (live)
    return `there is nothing to place: no workload was given, and no pod waits in namespace ${namespace ?? 'of the context'}`;
  return 'there is nothing to place: add a SparkApplication, Deployment, ReplicaSet, StatefulSet, Job or Pod without a node';
}

function reportOf(
  { input, workloads, notes }: Scene,
  prices: PriceList | undefined,
  { duration }: PlanSettings,
): PlanReport {
  return planReport({ input, plan: planOf(input), workloads, prices, durationMs: duration, notes });
}

function printed(report: PlanReport, output: PlanSettings['output']): string {
  if (output === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  if (output === 'yaml') return stringify(report, { aliasDuplicateObjects: false });
  return planText(report, process.stdout.isTTY ? Math.max(NARROWEST, process.stdout.columns) : WIDTH);
}

function lineOf({ file, line, message }: Unreadable): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${message}`;
}

function refuse(lines: readonly string[]): number {
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
  return UNUSABLE;
}
