/**
 * What `plan` says is what a real kube-scheduler does with the extender beside it: random policies, nodes and pods, each pod
 * created when the one before has been decided upon. They are the same every time; `PLAN_SEED` makes others.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { stringify } from 'yaml';
import { planFiles } from '../../src/cli/plan-files.ts';
import { sceneOf } from '../../src/cli/plan-scene.ts';
import { UNIT_ANNOTATION } from '../../src/facts/annotations.ts';
import type { NodeFacts } from '../../src/facts/node-facts.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { PlanReport } from '../../src/scheduling/plan-report.ts';
import type { Plan } from '../../src/scheduling/plan.ts';
import { plan } from '../../src/scheduling/plan.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { VIRTUAL_NODES } from '../support/builders.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import type { PlanCase } from '../support/plan/random-cases.ts';
import { CASE_LABEL, randomCases } from '../support/plan/random-cases.ts';
import { BUILT, run } from '../support/program.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';

const SEED = Number(process.env['PLAN_SEED'] ?? 1);
const CASES = randomCases(SEED, 40);
/** Cases under way at a time; pods of one case come one after the other. */
const AT_ONCE = 8;

/** For the command with --live: units of three pods and one. */
const LIVE = 'live';
const LIVE_CASE: PlanCase = {
  name: LIVE,
  nodes: [
    ecsNode('live-ecs', { labels: { [CASE_LABEL]: LIVE } }),
    virtualNode('live-eci', { labels: { [CASE_LABEL]: LIVE } }),
  ],
  policies: [
    {
      apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
      kind: 'ResourcePolicy',
      metadata: { name: 'web' },
      spec: {
        selector: { app: 'web' },
        units: [
          { resource: 'ecs', max: 3 },
          { resource: 'eci', max: 1 },
        ],
      },
    },
  ],
  pods: [],
  isNodeIrrelevant: true,
};

const ANY_POD = { metadata: { name: 'any' }, spec: { containers: [{ name: 'main', image: 'none' }] } };

/** What became of a pod. */
interface Outcome {
  readonly node: string | undefined;
  /** Undefined: no unit was recorded. */
  readonly unit: string | undefined;
  /** kube-scheduler's first word, if it did not place the pod at once. */
  readonly message: string | undefined;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly message?: string }[];
  };
}

let plane: ControlPlane;
let extender: ExtenderProcess;
/** Every node of the cluster. */
let nodes: readonly NodeFacts[];
const real = new Map<string, ReadonlyMap<string, Outcome>>();

beforeAll(async () => {
  plane = await startControlPlane();
  await plane.kubectl(['apply', '-f', 'crds']);
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await createNodes(
    plane,
    [...CASES, LIVE_CASE].flatMap((one) => one.nodes),
  );
  const listed = JSON.stringify(await plane.api.request('GET', '/api/v1/nodes'));
  ({ nodes } = planFiles([{ name: 'nodes', text: listed }], 'default'));
  await Promise.all([...CASES, LIVE_CASE].map(prepare));
  extender = new ExtenderProcess({
    kubeconfigPath: await shippedAccount(plane),
    flags: ['--log-level', 'debug'],
  });
  await extender.start();
  await extender.ready();
  await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', extender.url) });
  const queue = [...CASES];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        real.set(next.name, await play(next));
    }),
  );
});

afterAll(async () => {
  await extender.stop();
  await plane.delete();
});

describe(`plan, with PLAN_SEED=${SEED}`, () => {
  test('all kinds of outcomes were among the cases', () => {
    const outcomes = [...real.values()].flatMap((pods) => [...pods.values()]);
    const count = (isSo: (outcome: Outcome) => boolean): number => outcomes.filter(isSo).length;

    expect({
      inUnits: count(({ unit }) => unit !== undefined) >= 20,
      refused: count(({ message = '' }) => message.includes('ResourcePolicy ')) >= 20,
      withoutRoom: count(({ message = '' }) => message.includes('Insufficient cpu')) >= 5,
    }).toEqual({ inUnits: true, refused: true, withoutRoom: true });
  });

  test.for(CASES.map((one) => [one.name, one] as const))(
    '%s: on the nodes that kube-scheduler chose, each pod has its unit or its event',
    ([name, one]) => {
      const outcomes = outcomesOf(name);
      const planned = planOf(one, (pod, allowed) => {
        // One that waits in a unit for a time is placed later, for which the test does not wait.
        const { node = allowed[0] ?? '' } = outcomes.get(pod.name) ?? {};
        return allowed.includes(node) ? node : undefined;
      });

      onTestFailed(() => void process.stderr.write(described(one, outcomes)));
      expect(soonOutcomes(one, planned)).toEqual(
        one.pods.map(({ metadata }) => [metadata.name, outcomes.get(metadata.name)]),
      );
    },
  );

  test.for(CASES.filter((one) => one.isNodeIrrelevant).map((one) => [one.name, one] as const))(
    '%s: whatever node kube-scheduler chose, each pod has its unit, or waits for the same reason',
    ([name, one]) => {
      const outcomes = outcomesOf(name);
      const planned = planOf(one);

      onTestFailed(() => void process.stderr.write(described(one, outcomes)));
      expect(
        soonOutcomes(one, planned).map(([pod, { unit, message }]) => [pod, unit, policyReason(message)]),
      ).toEqual([...outcomes].map(([pod, { unit, message }]) => [pod, unit, policyReason(message)]));
      expect(planned.ledger.audit()).toEqual([]);
    },
  );
});

test('the command, asked about a Deployment of the cluster that is to grow, says what becomes of it', async () => {
  const { api } = plane;
  const deployment = (replicas: number): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: LIVE, name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          nodeSelector: { [CASE_LABEL]: LIVE },
          tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
          containers: [{ name: 'main', image: 'none', resources: { requests: { cpu: '1' } } }],
        },
      },
    },
  });
  const pods = async (): Promise<readonly Pod[]> =>
    (await api.request<{ items: Pod[] }>('GET', `/api/v1/namespaces/${LIVE}/pods`)).items;
  await api.request('POST', `/apis/apps/v1/namespaces/${LIVE}/deployments`, deployment(2));
  await waitUntil('its first pods run', async () => {
    const found = await pods();
    return found.length === 2 && found.every(({ spec }) => spec.nodeName !== undefined);
  });

  const grown = join(plane.workDir, 'deployment.yaml');
  writeFileSync(grown, stringify(deployment(5)));
  const { status, out } = await run([
    ...BUILT,
    'plan',
    grown,
    '--kubeconfig',
    plane.kubeconfigPath,
    '-o',
    'json',
  ]);
  const report: PlanReport = JSON.parse(out);
  await api.request('PATCH', `/apis/apps/v1/namespaces/${LIVE}/deployments/web`, { spec: { replicas: 5 } });
  await waitUntil('kube-scheduler has decided about all of them', async () => {
    const found = await pods();
    return found.length === 5 && found.every(isDecided);
  });

  expect({ status, totals: report.totals }).toEqual({
    status: 1,
    totals: { bound: 2, placed: 2, later: 0, pending: 1 },
  });
  expect(byUnit(report.workloads[0]?.pods.map(({ unit }) => unit?.name) ?? [])).toEqual(
    byUnit((await pods()).map(({ metadata }) => metadata.annotations?.[UNIT_ANNOTATION])),
  );
  const waiting = (await pods()).filter(({ spec }) => spec.nodeName === undefined);
  expect(report.workloads[0]?.pods.flatMap(({ state, why }) => (state === 'pending' ? [why] : []))).toEqual(
    waiting.map(messageOf),
  );
});

/** Pods by unit; '' are those without one. */
function byUnit(units: readonly (string | undefined)[]): Readonly<Record<string, number>> {
  const names = units.map((unit = '') => unit);
  return Object.fromEntries(names.map((name) => [name, names.filter((each) => each === name).length]));
}

/** The plan of a case, from manifests as users write them and the nodes of the whole cluster. */
function planOf(
  one: PlanCase,
  chooseNode?: (pod: PodFacts, nodeNames: readonly string[]) => string | undefined,
): Plan {
  const items = JSON.stringify({ kind: 'List', items: [...one.policies, ...one.pods] });
  const files = planFiles([{ name: one.name, text: items }], 'default');
  expect(files.problems).toEqual([]);
  const { input } = sceneOf({ ...files, nodes }, undefined, {
    virtualNodes: VIRTUAL_NODES,
    nowMs: Date.now(),
  });
  return plan({ ...input, ...(chooseNode === undefined ? {} : { chooseNode }) });
}

/** What the plan says of the pods until the first wait in a unit ends by time. */
function soonOutcomes({ name, pods }: PlanCase, { fates }: Plan): readonly (readonly [string, Outcome])[] {
  return pods.map(({ metadata: { name: pod } }) => {
    const fate = fates.get(`Pod/${name}/${pod}`);
    if (fate === undefined) throw new Error(`nothing is planned for ${pod}`);
    const isSoon = fate.state === 'placed' && fate.afterMs === 0;
    const message = fate.waited?.message ?? (fate.state === 'pending' ? fate.message : undefined);
    return [
      pod,
      { node: isSoon ? fate.nodeName : undefined, unit: isSoon ? fate.unit?.name : undefined, message },
    ];
  });
}

/** The extender's part of an event, which says nothing of single nodes; empty when it has none. */
function policyReason(message = ''): string {
  return /ResourcePolicy .*?(?=, \d+ |\.$)/.exec(message)?.[0] ?? '';
}

function outcomesOf(name: string): ReadonlyMap<string, Outcome> {
  const outcomes = real.get(name);
  if (outcomes === undefined) throw new Error(`${name} was not played`);
  return outcomes;
}

/** For a failure: all that is needed to see what went wrong. */
function described(
  { name, nodes: own, policies, pods }: PlanCase,
  outcomes: ReadonlyMap<string, Outcome>,
): string {
  return JSON.stringify({ seed: SEED, name, nodes: own, policies, pods, outcomes: [...outcomes] }, null, 1);
}

async function prepare({ name, policies }: PlanCase): Promise<void> {
  const { api } = plane;
  await api.request('POST', '/api/v1/namespaces', { metadata: { name } });
  for (const policy of policies)
    await api.request(
      'POST',
      `/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/${name}/resourcepolicies`,
      policy,
    );
  await waitUntil(`pods are admitted to ${name}`, async () => {
    await api.request('POST', `/api/v1/namespaces/${name}/pods?dryRun=All`, ANY_POD);
    return true;
  });
}

/** Creates the pods one after the other; in the end those that wait go, so that nobody is busy with them. */
async function play({ name, pods }: PlanCase): Promise<ReadonlyMap<string, Outcome>> {
  const { api } = plane;
  const path = `/api/v1/namespaces/${name}/pods`;
  const messages = new Map<string, string | undefined>();
  for (const pod of pods) {
    await api.request('POST', path, pod);
    const first = await waitUntil(
      `kube-scheduler has decided about ${name}/${pod.metadata.name}`,
      async () => {
        const seen = await api.request<Pod>('GET', `${path}/${pod.metadata.name}`);
        return isDecided(seen) && seen;
      },
      { intervalMs: 15, timeoutMs: 60_000 },
    );
    messages.set(pod.metadata.name, first.spec.nodeName === undefined ? messageOf(first) : undefined);
    await waitUntil(`pods that wait in ${name} are tried again`, () => isSettled(name), { intervalMs: 5 });
  }
  const { items } = await api.request<{ items: Pod[] }>('GET', path);
  await Promise.all(
    items
      .filter(({ spec }) => spec.nodeName === undefined)
      .map(async ({ metadata }) =>
        api.request('DELETE', `${path}/${metadata.name}`, { gracePeriodSeconds: 0 }),
      ),
  );
  const found = new Map(items.map((pod) => [pod.metadata.name, pod]));
  return new Map(
    [...messages].map(([pod, message]) => {
      const { metadata, spec } = found.get(pod) ?? {};
      return [pod, { node: spec?.nodeName, unit: metadata?.annotations?.[UNIT_ANNOTATION], message }];
    }),
  );
}

function isDecided({ spec, status }: Pod): boolean {
  return spec.nodeName !== undefined || messageOf({ status }) !== '';
}

/** kube-scheduler's last word, up to what it says about preemption. */
function messageOf({ status }: Pick<Pod, 'status'>): string {
  const { message = '' } = status.conditions?.find(({ type }) => type === 'PodScheduled') ?? {};
  return message.replace(/ (?:no new claims to deallocate|preemption: ).*$/s, '');
}

/**
 * Whether each pod that stays with a unit was tried again after the last that got a place: that place may be the last of
 * its unit, and then it goes on.
 */
async function isSettled(namespace: string): Promise<boolean> {
  const last = new Map<string, number>();
  let lastChosen = -1;
  for (const [index, { pod, outcome }] of extender.log.entries()) {
    if (typeof pod !== 'string' || !pod.startsWith(`${namespace}/`) || outcome === undefined) continue;
    if (outcome === 'waiting') last.set(pod, index);
    else last.delete(pod);
    if (outcome === 'chosen') lastChosen = index;
  }
  const behind = [...last].filter(([, index]) => index < lastChosen).map(([pod]) => pod.split('/')[1]);
  const words = await Promise.all(
    behind.map(async (pod) =>
      messageOf(await plane.api.request<Pod>('GET', `/api/v1/namespaces/${namespace}/pods/${pod}`)),
    ),
  );
  // Of a pod that no node has room for any more the extender is not asked.
  return words.every((word) => !word.includes('ResourcePolicy '));
}
