/**
 * The format of the scenario files: what test/scenarios/README.md says, as code. Unknown keys are errors.
 *
 * @module
 */
import { parse, YAMLParseError } from 'yaml';
import type { Read } from './reading.ts';
import {
  anyObject,
  count,
  duration,
  flag,
  FormatError,
  listOf,
  mapOf,
  nullable,
  object,
  oneOf,
  quantity,
  tagged,
  text,
} from './reading.ts';

const labels = mapOf(text);
/** null: the key must be absent, or is removed. */
const changes = mapOf(nullable(text));

const node = object({ name: text, kind: oneOf('ecs', 'virtual') }, { labels, cpu: quantity });
export type NodeForm = ReturnType<typeof node>;

const podFields = {
  labels,
  annotations: labels,
  requests: mapOf(quantity),
  priorityClassName: text,
  runtimeClassName: text,
  schedulerName: text,
  toleratesVirtualNodes: flag,
  lingers: flag,
  spec: anyObject,
};
const pod = object({ pod: text }, { count, ...podFields });
export type PodForm = ReturnType<typeof pod>;
const deployment = object({ deployment: text, replicas: count }, podFields);
export type DeploymentForm = ReturnType<typeof deployment>;

const creation: Read<PodForm | DeploymentForm> = (value, path) => {
  if (typeof value === 'string') return { pod: text(value, path) };
  const given = anyObject(value, path);
  return Object.hasOwn(given, 'deployment') ? deployment(given, path) : pod(given, path);
};

const placeFields = { node: text, unit: text, waiting: text, annotations: changes, labels: changes };
const place: Read<PlaceForm> = (value, path) => {
  if (typeof value === 'string') return { node: value };
  const form = object({}, placeFields)(value, path);
  if (Object.keys(form).length === 0) throw new FormatError(path, 'says nothing');
  if (form.waiting !== undefined && (form.node !== undefined || form.unit !== undefined)) {
    throw new FormatError(path, 'a pod that is waiting has neither node nor unit');
  }
  return form;
};
export interface PlaceForm {
  readonly node?: string;
  readonly unit?: string;
  readonly waiting?: string;
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly labels?: Readonly<Record<string, string | null>>;
}

const evicted: Read<readonly string[]> = (value, path) => (value === 'none' ? [] : listOf(text)(value, path));

const expectation: Read<ExpectForm> = (value, path) => {
  const form = object(
    {},
    {
      pods: mapOf(place),
      nodes: mapOf(count),
      units: mapOf(count),
      each: mapOf(object({}, { annotations: changes, labels: changes })),
      waiting: count,
      ready: flag,
      evicted,
      within: duration,
    },
  )(value, path);
  const says = Object.keys(form).filter((key) => key !== 'within');
  if (says.length === 0) throw new FormatError(path, 'expects nothing');
  return form;
};
export interface ExpectForm {
  readonly pods?: Readonly<Record<string, PlaceForm>>;
  readonly nodes?: Readonly<Record<string, number>>;
  readonly units?: Readonly<Record<string, number>>;
  readonly each?: Readonly<Record<string, Pick<PlaceForm, 'annotations' | 'labels'>>>;
  readonly waiting?: number;
  readonly ready?: boolean;
  readonly evicted?: readonly string[];
  /** Milliseconds. */
  readonly within?: number;
}

const manifest = object(
  {
    apiVersion: oneOf('scheduling.alibabacloud.com/v1alpha1'),
    kind: oneOf('ResourcePolicy'),
    // The namespace is the scenario's.
    metadata: object({ name: text }, {}),
    spec: anyObject,
  },
  {},
);
export type PolicyForm = ReturnType<typeof manifest>;

const deletion: Read<DeleteForm> = (value, path) => {
  const form = object(
    {},
    { pod: text, gracePeriodSeconds: count, force: flag, policy: text, node: text, deployment: text },
  )(value, path);
  const what = (['pod', 'policy', 'node', 'deployment'] as const).filter((kind) => form[kind] !== undefined);
  if (what.length !== 1) throw new FormatError(path, 'names one pod, policy, node or deployment');
  if (form.pod === undefined && (form.gracePeriodSeconds ?? form.force) !== undefined) {
    throw new FormatError(path, 'only a pod is deleted with gracePeriodSeconds or force');
  }
  return form;
};
export interface DeleteForm {
  readonly pod?: string;
  readonly gracePeriodSeconds?: number;
  readonly force?: boolean;
  readonly policy?: string;
  readonly node?: string;
  readonly deployment?: string;
}

const labelling: Read<LabelForm> = (value, path) => {
  const form = object({ labels: changes }, { node: text, pod: text })(value, path);
  if ((form.node === undefined) === (form.pod === undefined)) {
    throw new FormatError(path, 'names one node or pod');
  }
  return form;
};
export interface LabelForm {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly node?: string;
  readonly pod?: string;
}

const simpleSteps = {
  create: listOf(creation),
  expect: expectation,
  stays: mapOf(place),
  apply: manifest,
  refused: object({ policy: manifest, because: text }, {}),
  patch: object({ policy: text, spec: anyObject }, {}),
  delete: deletion,
  add: listOf(node),
  label: labelling,
  annotate: object({ pod: text, annotations: changes }, {}),
  finish: object({ pod: text, phase: oneOf('Succeeded', 'Failed') }, {}),
  release: object({ pod: text }, {}),
  recreate: object({ pod: text }, {}),
  scale: object({ deployment: text, replicas: count }, {}),
  bind: object({ pod: text, node: text }, {}),
  extender: oneOf('kill', 'stop', 'start', 'restart'),
  tick: oneOf('second'),
};
const repeat = object(
  { times: count, steps: (value, path): readonly Step[] => listOf(step)(value, path) },
  {},
);
type RepeatForm = { readonly times: number; readonly steps: readonly Step[] };
const step: Read<Step> = tagged({ ...simpleSteps, repeat });

type SimpleSteps = typeof simpleSteps;
/** One step: its key, and what stands behind it. */
export type Step =
  | {
      readonly [Key in keyof SimpleSteps]: {
        readonly key: Key;
        readonly value: ReturnType<SimpleSteps[Key]>;
      };
    }[keyof SimpleSteps]
  | { readonly key: 'repeat'; readonly value: RepeatForm };

const scenario = object(
  { title: text, why: text, nodes: listOf(node), steps: listOf(step) },
  {
    policies: listOf(manifest),
    priorityClasses: mapOf(count),
    runtimeClasses: mapOf(mapOf(quantity)),
  },
);
export type Scenario = ReturnType<typeof scenario>;

/**
 * Reads a scenario file.
 *
 * @throws {FormatError} that names the file and the place in it.
 */
export function parseScenario(fileName: string, content: string): Scenario {
  try {
    return scenario(parse(content), '');
  } catch (error) {
    if (error instanceof FormatError || error instanceof YAMLParseError) {
      throw new FormatError(fileName, error.message);
    }
    throw error;
  }
}
