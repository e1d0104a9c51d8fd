/**
 * A plan for people.
 *
 * @module
 */
import type { CostReport } from '../scheduling/plan-cost.ts';
import type { PlanReport, PodPlan, PolicyUse, WorkloadReport } from '../scheduling/plan-report.ts';
import { labelled, spanText, table } from './text-layout.ts';

/** A workload with more pods than this has a line for each run of pods alike instead of one for each pod. */
const MOST_LINES = 20;
/** Names of a list that are written out. */
const MOST_NAMES = 12;

const SUGGESTED =
  'the unit is what the extender decides; which of its nodes a pod gets is up to kube-scheduler, shown is the least allocated';

export function planText(report: PlanReport, width: number): string {
  const sections = [
    ...report.workloads.map((workload) => workloadLines(workload, width)),
    ...report.policies.map((policy) => policyLines(policy, width)),
    report.cost === undefined ? [] : costLines(report.cost, width),
    labelled(
      [
        ['Nodes', report.totals.placed + report.totals.later > 0 ? SUGGESTED : undefined],
        ...report.notes.map((note) => ['Note', note] as const),
      ],
      width,
    ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function workloadLines(workload: WorkloadReport, width: number): readonly string[] {
  const { pods, scaleIn } = workload;
  if (pods.length === 0) return [`${titleOf(workload)}: no pods`];
  return [
    `${titleOf(workload)}: ${sumOf(pods)}`,
    '',
    ...podTable(pods, width),
    '',
    ...labelled(
      [
        ...reasons(pods, ({ state, waitsFor }) => (state === 'later' ? waitsFor : undefined)).map(
          (text) => ['Later', text] as const,
        ),
        ...reasons(pods, ({ state, why }) => (state === 'pending' ? why : undefined)).map(
          (text) => ['Pending', text] as const,
        ),
        [
          'Scale-in',
          scaleIn.order.length < 2 ? scaleIn.text : `${scaleIn.text}: ${orderText(scaleIn.order)}`,
        ],
      ],
      width,
    ),
  ];
}

function titleOf({ kind, namespace, name }: WorkloadReport): string {
  return name === '' ? `${kind}s in ${namespace}` : `${kind} ${namespace}/${name}`;
}

const STATES = [
  ['bound', 'placed before'],
  ['placed', 'placed'],
  ['later', 'placed later'],
  ['pending', 'pending'],
] as const;

function sumOf(pods: readonly PodPlan[]): string {
  const parts = STATES.map(([state, words]) => {
    const count = pods.filter((pod) => pod.state === state).length;
    return count === 0 ? '' : `${count} ${words}`;
  });
  return [`${pods.length} pod${pods.length === 1 ? '' : 's'}`, ...parts.filter((part) => part !== '')].join(
    ', ',
  );
}

function podTable(pods: readonly PodPlan[], width: number): readonly string[] {
  if (pods.length <= MOST_LINES)
    return table(
      ['POD', 'UNIT', 'NODE'],
      pods.map((pod) => [pod.name, unitText(pod), nodeText(pod, [pod])]),
      width,
    );
  return table(
    ['PODS', 'COUNT', 'UNIT', 'NODE'],
    runsOf(pods).map((run) => {
      const [first, last] = [run[0], run.at(-1)];
      const names = run.length === 1 ? first?.name : `${first?.name} … ${last?.name}`;
      return [names ?? '', String(run.length), unitText(first), nodeText(first, run)];
    }),
    width,
  );
}

/** Pods that follow each other and have the same fate. */
function runsOf(pods: readonly PodPlan[]): readonly (readonly PodPlan[])[] {
  const runs: PodPlan[][] = [];
  for (const pod of pods) {
    const run = runs.at(-1);
    if (run?.[0] !== undefined && fateKey(run[0]) === fateKey(pod)) run.push(pod);
    else runs.push([pod]);
  }
  return runs;
}

function fateKey({ state, policy, unit, afterSeconds, why }: PodPlan): string {
  return JSON.stringify([state, policy, unit?.number, afterSeconds, state === 'pending' ? why : '']);
}

function unitText(pod: PodPlan | undefined): string {
  return pod?.unit === undefined ? '-' : String(pod.unit.number);
}

function nodeText(pod: PodPlan | undefined, run: readonly PodPlan[]): string {
  if (pod === undefined || pod.state === 'pending') return 'Pending';
  const nodes = new Set(run.map(({ node }) => node));
  const [only = ''] = nodes;
  const text = nodes.size === 1 ? only : `${nodes.size} nodes`;
  const after = pod.afterSeconds === undefined ? '' : `, after ${spanText(pod.afterSeconds * 1_000)}`;
  return text + after;
}

/** Each reason with the pods that have it. */
function reasons(
  pods: readonly PodPlan[],
  reasonOf: (pod: PodPlan) => string | undefined,
): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const pod of pods) {
    const reason = reasonOf(pod);
    if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), pod.name]);
  }
  return [...byReason].map(([reason, names]) => `${orderText(names)}: ${reason}`);
}

function orderText(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
}

function policyLines(
  { namespace, name, matchLabelKeys, units }: PolicyUse,
  width: number,
): readonly string[] {
  const isGrouped = matchLabelKeys.length > 0;
  const hasOthers = units.some(({ others }) => others !== undefined);
  return [
    `ResourcePolicy ${namespace}/${name}${isGrouped ? `, limits per ${matchLabelKeys.join(', ')}` : ''}`,
    '',
    ...table(
      ['UNIT', 'PODS', ...(hasOthers ? ['OTHERS'] : []), isGrouped ? 'MAX/GROUP' : 'MAX', 'NODES', 'NAME'],
      units.map((unit) => [
        String(unit.number),
        String(unit.pods),
        ...(hasOthers ? [String(unit.others ?? 0)] : []),
        unit.max === undefined ? '-' : String(unit.max),
        String(unit.nodes),
        unit.name,
      ]),
      width,
    ),
  ];
}

function costLines(cost: CostReport, width: number): readonly string[] {
  const { currency, jobSeconds, lines, unpriced } = cost;
  const money = (amount: string): string => moneyText(currency, amount);
  const job = (perJob: string | undefined): readonly string[] =>
    perJob === undefined ? [] : [money(perJob)];
  const rows = lines.map((line) => [
    line.price + (line.isSpot ? ', Spot' : ''),
    `${line.size === undefined ? '' : `${line.size}: `}${money(line.rate)} per ${line.per}`,
    `${line.count} ${line.count === 1 ? line.of.slice(0, -1) : line.of}`,
    money(line.perHour),
    ...job(line.perJob),
  ]);
  const header = ['PRICE', 'EACH', 'NUMBER', 'PER HOUR'];
  return [
    ...table(
      [...header, ...(jobSeconds === undefined ? [] : [`JOB OF ${spanText(jobSeconds * 1_000)}`])],
      [...rows, ['Total', '', '', money(cost.perHour), ...job(cost.perJob)]],
      width,
    ),
    ...(unpriced.length === 0 ? [] : ['']),
    ...labelled(
      unpriced.map(
        ({ pods, text }) => ['No price', `${pods === 1 ? '1 pod' : `${pods} pods`}: ${text}`] as const,
      ),
      width,
    ),
  ];
}

/** A sign stands before the amount, a word after it. */
export function moneyText(currency: string, amount: string): string {
  return /^\p{L}+$/u.test(currency) ? `${amount} ${currency}` : currency + amount;
}
