/**
 * Explanations for people, in lines of a terminal.
 *
 * @module
 */
import type { PodReport, PodUnit, Selection, TimedWait, Waiting } from '../scheduling/explain-pod.ts';
import type { LimitReport } from '../scheduling/explain-pod.ts';
import type { DeletionCost, Placement } from '../scheduling/explain-placement.ts';
import type { PolicyReport, UnitReport } from '../scheduling/explain-policy.ts';
import type { ObstacleCount } from '../scheduling/feasibility.ts';
import { amountText, labelled, spanText, table } from './text-layout.ts';

/** A part of an explanation. */
export type Section =
  /** Paragraphs, each beside its label. */
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [label: string, text: string])[] }
  /** A cell may hold line breaks. */
  | {
      readonly kind: 'table';
      readonly header: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

type Row = readonly [label: string, text: string | undefined];

/** @param width columns of the terminal. */
export function podText(report: PodReport, width: number): string {
  return joined(
    podSections(report).map((section) =>
      section.kind === 'facts' ? labelled(section.rows, width) : table(section.header, section.rows, width),
    ),
  );
}

/** The explanation before it is laid out; empty parts are left out. */
export function podSections(report: PodReport): readonly Section[] {
  const { waiting, placement, decision, units } = report;
  const sections: readonly Section[] = [
    facts([
      ['Pod', `${report.namespace}/${report.name}`],
      ['State', stateText(report)],
      ['Policy', selectionText(report.selection)],
      ['Group', report.group === undefined ? undefined : pairs(report.group)],
      ['Requests', requestsText(report)],
    ]),
    unitTable(units),
    facts([
      ['Decision', decision?.text],
      ...(placement === undefined ? [] : placementRows(placement)),
      ...(waiting === undefined ? [] : waitingRows(waiting, report)),
    ]),
  ];
  return sections.filter(({ rows }) => rows.length > 0);
}

function facts(rows: readonly Row[]): Section {
  return {
    kind: 'facts',
    rows: rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== ''),
  };
}

/** @param width columns of the terminal. */
export function policyText(report: PolicyReport, width: number): string {
  const { groups, groupCount, findings, conditions } = report;
  const isGrouped = report.matchLabelKeys.length > 0;
  const more = groupCount - groups.length;
  return joined([
    labelled(
      [
        ['Policy', `${report.namespace}/${report.name}`],
        ['Created', `${ago(report.at, report.createdAt)}, generation ${report.generation}`],
        ['Selects', report.selects.length === 0 ? 'every pod of the namespace' : report.selects.join(', ')],
        ['Next unit', `${report.tryNext} (timeout ${report.timeout}), preemption ${report.preemptPolicy}`],
        [
          'Groups',
          isGrouped
            ? `${groupCount}, by ${report.matchLabelKeys.join(', ')}; limits hold for each`
            : undefined,
        ],
        ['Waiting', waitingText(report)],
        ['Costs', costsText(report.overriddenCosts)],
        ['Invalid', report.problems.join('\n')],
      ],
      width,
    ),
    policyUnitTable(report.units, isGrouped, width),
    isGrouped && groups.length > 0
      ? table(
          ['PODS BY UNIT', 'WAITING', 'GROUP'],
          [
            ...groups.map(({ pods, waiting, labels }) => [pods.join(' '), String(waiting), pairs(labels)]),
            ...(more > 0 ? [['', '', `and ${more} more`]] : []),
          ],
          width,
        )
      : [],
    findings.length === 0
      ? []
      : table(
          ['FINDING', ''],
          findings.map(({ code, path, message }) => [code, `${path}: ${message}`]),
          width,
        ),
    conditions.length === 0
      ? []
      : table(
          ['CONDITION', 'STATUS', 'SINCE', 'MESSAGE'],
          conditions.map(({ type, status, lastTransitionTime, message }) => [
            type,
            status,
            ago(report.at, lastTransitionTime),
            message,
          ]),
          width,
        ),
  ]);
}

function joined(sections: readonly (readonly string[])[]): string {
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function stateText({ at, state, isTerminating, createdAt, placement, schedulerName }: PodReport): string {
  const terminating = isTerminating ? ', terminating' : '';
  const created = `created ${ago(at, createdAt)}`;
  const where = placement === undefined ? '' : ` on ${placement.nodeName}`;
  const bound = placement?.since === undefined ? '' : `, bound ${ago(at, placement.since)}`;
  const scheduler = state === 'waiting' && schedulerName !== '' ? `, for scheduler ${schedulerName}` : '';
  return `${state}${where}${terminating}, ${created}${bound}${scheduler}`;
}

function selectionText({ outcome, policies, text, others }: Selection): string {
  if (outcome === 'member') return policies.join(', ');
  return [text, ...others.map(({ policy, unmet }) => `${policy} selects pods with ${unmet.join(', ')}`)].join(
    '\n',
  );
}

function requestsText({ requests }: PodReport): string {
  const asked = Object.entries(requests).filter(([resource]) => resource !== 'pods');
  if (asked.length === 0) return 'nothing';
  return asked.map(([resource, amount]) => `${resource} ${amountText(resource, amount)}`).join(', ');
}

function unitTable(units: readonly PodUnit[]): Section {
  const isLimited = units.some(({ maxResources }) => maxResources.length > 0);
  const isTried = units.some(({ verdict }) => verdict !== undefined);
  const header = [
    'UNIT',
    'PODS',
    ...(isLimited ? ['RESOURCES'] : []),
    'NODES',
    ...(isTried ? ['FIT', 'VERDICT'] : ['NAME']),
  ];
  const rows = units.map((unit) => [
    String(unit.number),
    limited(unit.pods, unit.max),
    ...(isLimited ? [resourcesText(unit.maxResources)] : []),
    String(unit.nodes),
    ...(isTried ? [String(unit.feasibleNodes ?? ''), unitVerdict(unit)] : [unit.name]),
  ]);
  return { kind: 'table', header, rows };
}

function policyUnitTable(units: readonly UnitReport[], isGrouped: boolean, width: number): readonly string[] {
  const isLimited = units.some(({ maxResources }) => maxResources.length > 0);
  const header = [
    'UNIT',
    'PODS',
    isGrouped ? 'MAX/GROUP' : 'MAX',
    ...(isLimited ? ['RESOURCES'] : []),
    'WAITING',
    'NODES',
    'NAME',
  ];
  const rows = units.map((unit) => [
    String(unit.number),
    String(unit.pods),
    unit.max === undefined ? '-' : String(unit.max),
    ...(isLimited ? [resourcesText(unit.maxResources)] : []),
    String(unit.waiting),
    String(unit.nodes),
    unit.name,
  ]);
  return table(header, rows, width);
}

/** What keeps the pod off nodes is said where it matters: of units that were tried and are not full. */
function unitVerdict({ name, text = '', verdict, obstacles = [] }: PodUnit): string {
  const isAboutNodes = verdict === 'lacks-resources' || verdict === 'timed-out' || verdict === 'waiting';
  const why = isAboutNodes && obstacles.length > 0 ? `: ${obstacles.map(obstacleText).join('; ')}` : '';
  return `${name} ${text}${why}`;
}

function obstacleText({ reason, detail, nodes }: ObstacleCount): string {
  const on = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  switch (reason) {
    case 'cordoned':
      return `${on} cordoned`;
    case 'untolerated-taint':
      return `${on} with the taint ${detail}, which the pod does not tolerate`;
    case 'node-affinity':
      return `${on} excluded by the pod's nodeSelector or node affinity`;
    case 'insufficient-resources':
      return `${on} with too little ${detail} left`;
  }
}

function placementRows({ counts, recorded, deletionCost }: Placement): readonly Row[] {
  const isOne = counts.length === 1;
  return [
    ['Counted', counts.map(({ policy, text }) => (isOne ? text : `${policy}: ${text}`)).join('\n')],
    [
      'Recorded',
      recorded === undefined
        ? 'nothing: it was not bound by resource-policy'
        : `policy ${recorded.policy ?? '-'}, unit ${recorded.unit ?? '-'}`,
    ],
    ['Cost', costText(deletionCost)],
  ];
}

function costText({ value, writtenBy, ofUnit }: DeletionCost): string {
  const wanted =
    ofUnit === undefined || String(ofUnit) === (value ?? '0') ? '' : `; the cost of its unit is ${ofUnit}`;
  switch (writtenBy) {
    case 'nobody':
      return `none, which counts as 0${wanted}`;
    case 'resource-policy':
      return `${value}, written by resource-policy${wanted}`;
    case 'somebody-else':
      return `${value}, written by somebody else and left alone${wanted}`;
  }
}

function waitingRows(
  { message, since, gates, waitingRoom, pinnedTo, nominatedNode, timed, unchecked }: Waiting,
  { at, decision }: PodReport,
): readonly Row[] {
  const scheduler =
    message === undefined
      ? 'has not tried the pod yet'
      : `${since === undefined ? '' : `since ${ago(at, since)}: `}${message}`;
  const isUnbegun =
    decision?.cause === 'resources-for-a-time' && !timed.some(({ unit }) => unit === decision.unit);
  const unbegun = isUnbegun
    ? [
        `in ${decision.unit ?? ''}, not begun: kube-scheduler asks about a pod only when some node can take it`,
      ]
    : [];
  return [
    ['Gates', gates.length === 0 ? undefined : `${gates.join(', ')}: not tried before they are removed`],
    ['Line', waitingRoom === undefined ? undefined : lineText(waitingRoom)],
    [
      'Pinned',
      pinnedTo === undefined
        ? undefined
        : `to unit ${pinnedTo}, which was certain when it was created: it goes to no other`,
    ],
    ['Scheduler', scheduler],
    ['Timers', [...timed.map((wait) => timerText(wait, at)), ...unbegun].join('\n')],
    [
      'Nominated',
      nominatedNode === undefined
        ? undefined
        : `${nominatedNode}: tried first; pods of lower priority may have been evicted for it`,
    ],
    [
      'Unchecked',
      unchecked.length === 0
        ? undefined
        : `${unchecked.join(', ')}: fewer nodes may be feasible than FIT says`,
    ],
  ];
}

function lineText({ before }: NonNullable<Waiting['waitingRoom']>): string {
  const place = before === 0 ? 'first of its group' : `behind ${before} of its group`;
  return `${place} in the waiting room, which pods leave, oldest first, as their group has room`;
}

function timerText({ unit, since, until }: TimedWait, at: string): string {
  const leftMs = Date.parse(until) - Date.parse(at);
  const left = leftMs > 0 ? `${spanText(leftMs)} left` : 'over';
  return `in ${unit} since ${ago(at, since)}, ${left}`;
}

function waitingText({ waiting, conflicting, ungrouped, matchLabelKeys }: PolicyReport): string {
  const others = [
    ...(conflicting.pods > 0
      ? [`${conflicting.pods} of them selected by ${conflicting.policies.join(', ')} too`]
      : []),
    ...(ungrouped > 0 ? [`${ungrouped} of them without ${matchLabelKeys.join(' or ')}`] : []),
  ];
  return [`${waiting} ${waiting === 1 ? 'pod' : 'pods'}`, ...others].join(', ');
}

function costsText(overridden: number): string | undefined {
  if (overridden === 0) return undefined;
  return `${overridden} ${overridden === 1 ? 'pod has' : 'pods have'} a deletion cost of somebody else's, which is left alone`;
}

function limited(count: number, max: number | undefined): string {
  return max === undefined ? String(count) : `${count}/${max}`;
}

function resourcesText(limits: readonly LimitReport[]): string {
  if (limits.length === 0) return '-';
  return limits
    .map(
      ({ resource, used, limit }) =>
        `${resource} ${amountText(resource, used)}/${amountText(resource, limit)}`,
    )
    .join('\n');
}

function pairs(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function ago(at: string, time: string): string {
  return `${spanText(Date.parse(at) - Date.parse(time))} ago`;
}
