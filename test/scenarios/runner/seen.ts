/**
 * What a user sees of the pods, compared with what a scenario expects. Pure.
 *
 * @module
 */
import { UNIT_ANNOTATION } from '../../../src/facts/annotations.ts';
import type { ExpectForm, PlaceForm } from './format.ts';

/** The parts of a Pod that scenarios look at. */
export interface SeenPod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

type Marks = Pick<PlaceForm, 'annotations' | 'labels'>;

/** Differences between the pods of a namespace and what is expected of them, a sentence each; empty: all is so. */
export function differences(pods: readonly SeenPod[], expected: ExpectForm): readonly string[] {
  return [...placeDifferences(pods, expected.pods ?? {}), ...countDifferences(pods, expected)];
}

function placeDifferences(
  pods: readonly SeenPod[],
  places: Readonly<Record<string, PlaceForm>>,
): readonly string[] {
  return Object.entries(places).flatMap(([name, place]) => {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (pod === undefined) return [`${name} does not exist`];
    return placeProblems(pod, place).map((problem) => `${name}: ${problem}`);
  });
}

function placeProblems(pod: SeenPod, place: PlaceForm): readonly string[] {
  const { annotations = {} } = pod.metadata;
  const isAsExpected =
    place.waiting === undefined
      ? (place.node === undefined || pod.spec.nodeName === place.node) &&
        (place.unit === undefined || annotations[UNIT_ANNOTATION] === place.unit)
      : pod.spec.nodeName === undefined && waitingText(pod).includes(place.waiting);
  return [
    ...(isAsExpected ? [] : [`expected ${wanted(place)}, is ${whereabouts(pod)}`]),
    ...markProblems(pod, place),
  ];
}

function markProblems({ metadata }: SeenPod, marks: Marks): readonly string[] {
  return [
    ...entryProblems('annotation', metadata.annotations ?? {}, marks.annotations ?? {}),
    ...entryProblems('label', metadata.labels ?? {}, marks.labels ?? {}),
  ];
}

function wanted({ node, unit, waiting }: PlaceForm): string {
  if (waiting !== undefined) return `waiting with "${waiting}"`;
  return [
    ...(node === undefined ? [] : [`on ${node}`]),
    ...(unit === undefined ? [] : [`in unit ${unit}`]),
  ].join(' ');
}

function whereabouts(pod: SeenPod): string {
  const { annotations = {}, deletionTimestamp } = pod.metadata;
  const state = `${pod.status.phase ?? ''}${deletionTimestamp === undefined ? '' : ', terminating'}`;
  if (pod.spec.nodeName === undefined) return `waiting with "${waitingText(pod)}" (${state})`;
  return `on ${pod.spec.nodeName} in unit ${annotations[UNIT_ANNOTATION] ?? 'none'} (${state})`;
}

/** Why the pod waits, in kube-scheduler's words; '' when it has not said. */
function waitingText(pod: SeenPod): string {
  const scheduled = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
  return scheduled?.status === 'False' ? (scheduled.message ?? '') : '';
}

/** `*` stands for any value, null for none. */
function entryProblems(
  kind: string,
  actual: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string | null>>,
): readonly string[] {
  return Object.entries(expected)
    .filter(([key, value]) => (value === '*' ? actual[key] === undefined : (actual[key] ?? null) !== value))
    .map(
      ([key, value]) => `expected ${kind} ${key} to be ${value ?? 'absent'}, is ${actual[key] ?? 'absent'}`,
    );
}

/** Of the pods that are neither finished nor terminating. */
function countDifferences(pods: readonly SeenPod[], expected: ExpectForm): readonly string[] {
  const live = pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed',
  );
  const bound = live.filter(({ spec }) => spec.nodeName !== undefined);
  const waiting = live.length - bound.length;
  const unready = bound.filter(({ status }) => !isReady(status));
  return [
    ...tallyDifferences(
      'on node',
      bound.map(({ spec }) => spec.nodeName ?? ''),
      expected.nodes,
    ),
    ...tallyDifferences(
      'in unit',
      bound.map(({ metadata }) => metadata.annotations?.[UNIT_ANNOTATION] ?? 'none'),
      expected.units,
    ),
    ...Object.entries(expected.each ?? {}).flatMap(([node, marks]) => eachDifferences(bound, node, marks)),
    ...(expected.waiting === undefined || expected.waiting === waiting
      ? []
      : [`expected ${expected.waiting} pods to wait, ${waiting} do`]),
    ...(expected.ready === true && unready.length > 0
      ? [`not Ready: ${unready.map(({ metadata }) => metadata.name).join(', ')}`]
      : []),
  ];
}

function eachDifferences(bound: readonly SeenPod[], node: string, marks: Marks): readonly string[] {
  const pods = bound.filter(({ spec }) => spec.nodeName === node);
  if (pods.length === 0) return [`no pod is on ${node}`];
  return pods.flatMap((pod) => markProblems(pod, marks).map((problem) => `${pod.metadata.name}: ${problem}`));
}

function isReady(status: SeenPod['status']): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

function tallyDifferences(
  what: string,
  actual: readonly string[],
  expected: Readonly<Record<string, number>> | undefined,
): readonly string[] {
  if (expected === undefined) return [];
  const counts: Record<string, number> = {};
  for (const key of actual) counts[key] = (counts[key] ?? 0) + 1;
  return [...new Set([...Object.keys(expected), ...Object.keys(counts)])]
    .filter((key) => (expected[key] ?? 0) !== (counts[key] ?? 0))
    .map((key) => `expected ${expected[key] ?? 0} pods ${what} ${key}, are ${counts[key] ?? 0}`);
}
