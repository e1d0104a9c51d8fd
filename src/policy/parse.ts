/**
 * ResourcePolicy objects of the API server → {@link ResourcePolicy}. The CRD validates what users apply; this parser
 * trusts it no further than it must, since an older CRD may be installed: a broken field becomes a problem that
 * names it, and a policy with problems places no pod (its limits are unknown) instead of being ignored.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import type { Condition } from './condition.ts';
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import { parseAmount } from '../facts/quantity.ts';
import type {
  Duration,
  LabelRequirement,
  Resource,
  ResourceLimit,
  ResourcePolicy,
  TryNext,
  Unit,
} from './resource-policy.ts';
import { PREEMPT_POLICIES, RESOURCES, TRY_NEXT } from './resource-policy.ts';
import { unenforcedFields } from './unenforced.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** In podLabels: pods wait in the unit. A switch, neither written to pods nor needed to count. */
const WAIT_SWITCH = 'k8s.aliyun.com/resource-policy-wait-for-ecs-scaling';
const DEFAULT_TIMEOUT = '15m';
const MS_PER: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;

/** Stands in for a broken requirement: the policy carries a problem and places nothing, so selecting more is the safe side. */
const SELECTS_ANY: LabelRequirement = { key: '', operator: 'DoesNotExist', values: [] };

/**
 * Parses one object.
 *
 * @throws {Error} only when metadata.namespace, name or uid is absent, which no API server delivers.
 */
export function parseResourcePolicy(object: unknown): ResourcePolicy {
  const root = asObject(object);
  const metadata = asObject(root['metadata']);
  const problems: string[] = [];
  const read = new FieldReader(asObject(root['spec']), problems);
  const spec = asObject(root['spec']);
  const created = metadata['creationTimestamp'];
  const whenTryNextUnits = objectAt(spec['whenTryNextUnits'] ?? {}, 'spec.whenTryNextUnits', problems);
  return {
    uid: identity(metadata, 'uid'),
    namespace: identity(metadata, 'namespace'),
    name: identity(metadata, 'name'),
    resourceVersion: typeof metadata['resourceVersion'] === 'string' ? metadata['resourceVersion'] : '',
    generation: typeof metadata['generation'] === 'number' ? metadata['generation'] : 0,
    createdMs: typeof created === 'string' ? Date.parse(created) : 0,
    selector: read.labels('selector', 'spec.selector'),
    matchExpressions: matchExpressions(spec['matchExpressions'], problems),
    matchLabelKeys: labelKeys(spec['matchLabelKeys'], problems),
    tryNext: tryNext(whenTryNextUnits['policy'], problems),
    timeout: timeout(whenTryNextUnits['timeout'], problems),
    preemptPolicy: read.choice('preemptPolicy', PREEMPT_POLICIES),
    ignorePreviousPod: read.boolean('ignorePreviousPod', false),
    ignoreTerminatingPod: read.boolean('ignoreTerminatingPod', true),
    units: named(parseUnits(spec['units'], problems)),
    unenforced: unenforcedFields(spec),
    conditions: standingConditions(root['status']),
    problems,
  };
}

class FieldReader {
  readonly #from: JsonObject;
  readonly #problems: string[];

  constructor(from: JsonObject, problems: string[]) {
    this.#from = from;
    this.#problems = problems;
  }

  labels(field: string, path: string): Labels {
    const value = this.#from[field] ?? {};
    if (isLabels(value)) return value;
    this.#problems.push(`${path} must map label names to strings (quote values such as "true")`);
    return {};
  }

  /** One of the words; absent means the first. */
  choice<const Word extends string>(field: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.#from[field] ?? words[0];
    const word = words.find((known) => known === value);
    if (word === undefined) this.#problems.push(`spec.${field} must be one of ${words.join(', ')}`);
    return word ?? words[0];
  }

  boolean(field: string, absent: boolean): boolean {
    const value = this.#from[field] ?? absent;
    if (typeof value === 'boolean') return value;
    this.#problems.push(`spec.${field} must be true or false`);
    return absent;
  }
}

function parseUnits(value: unknown, problems: string[]): Omit<Unit, 'name'>[] {
  if (!Array.isArray(value) || value.length === 0) {
    problems.push('spec.units must list at least one unit');
    return [];
  }
  return value.map((item: unknown, index) =>
    parseUnit(objectAt(item, `spec.units[${index}]`, problems), index, problems),
  );
}

function parseUnit(unit: JsonObject, index: number, problems: string[]): Omit<Unit, 'name'> {
  const path = `spec.units[${index}]`;
  const read = new FieldReader(unit, problems);
  const nodeSelector = read.labels('nodeSelector', `${path}.nodeSelector`);
  const { [WAIT_SWITCH]: waitSwitch, ...podLabels } = read.labels('podLabels', `${path}.podLabels`);
  const resource = unit['resource'] ?? undefined;
  if (resource !== undefined && !isResource(resource)) {
    problems.push(`${path}.resource must be one of ${RESOURCES.join(', ')}`);
  }
  const max = unit['max'] ?? undefined;
  if (max !== undefined && !isCount(max)) problems.push(`${path}.max must be a whole number, 0 or more`);
  return {
    index,
    resource: isResource(resource) ? resource : undefined,
    nodeSelector,
    max: isCount(max) ? max : undefined,
    maxResources: maxResources(unit['maxResources'], `${path}.maxResources`, problems),
    podLabels,
    podAnnotations: read.labels('podAnnotations', `${path}.podAnnotations`),
    waitsForScaling: waitSwitch === 'true' || resource === 'elastic',
  };
}

function maxResources(value: unknown, path: string, problems: string[]): readonly ResourceLimit[] {
  if (value === undefined || value === null) return [];
  if (!isObject(value)) {
    problems.push(`${path} must map resource names to quantities`);
    return [];
  }
  return Object.entries(value).flatMap(([resource, quantity]) => {
    const amount = parseAmount(resource, quantity);
    if (amount !== undefined && amount >= 0) return [{ resource, amount, text: String(quantity) }];
    problems.push(`${path}.${resource} must be a quantity such as 4, 500m or 8Gi, 0 or more`);
    return [];
  });
}

/** ACK's Go types spell one of them LackResourceAndNoterminating, its document with a capital T: both are taken. */
function tryNext(value: unknown, problems: string[]): TryNext {
  const [absent] = TRY_NEXT;
  if (value === undefined || value === null) return absent;
  const known = TRY_NEXT.find(
    (word) => typeof value === 'string' && word.toLowerCase() === value.toLowerCase(),
  );
  if (known === undefined)
    problems.push(`spec.whenTryNextUnits.policy must be one of ${TRY_NEXT.join(', ')}`);
  return known ?? absent;
}

function timeout(value: unknown, problems: string[]): Duration {
  const text = value ?? DEFAULT_TIMEOUT;
  if (typeof text === 'string' && DURATION.test(text)) {
    let ms = 0;
    for (const [, count = '0', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
      ms += Number(count) * (MS_PER[unit] ?? 0);
    }
    return { ms, text };
  }
  problems.push('spec.whenTryNextUnits.timeout must be a time such as 90s or 15m');
  return timeout(undefined, problems);
}

function named(units: readonly Omit<Unit, 'name'>[]): Unit[] {
  const seen = new Map<string, number>();
  return units.map((unit) => {
    const pairs = Object.entries(unit.nodeSelector).map(([key, value]) => `${key}=${value}`);
    const kind = unit.resource ?? 'any';
    const base = pairs.length === 0 ? kind : `${kind}(${pairs.toSorted().join(',')})`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return { ...unit, name: count === 1 ? base : `${base}#${count}` };
  });
}

function matchExpressions(value: unknown, problems: string[]): LabelRequirement[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.push('spec.matchExpressions must be a list');
    return [];
  }
  return value.map((item: unknown, index) => {
    const { key, operator, values = [] } = asObject(item);
    if (typeof key === 'string' && isOperator(operator) && isStrings(values))
      return { key, operator, values };
    problems.push(
      `spec.matchExpressions[${index}] needs a key, an operator (${OPERATORS.join(', ')}) and, for In and NotIn, values`,
    );
    return SELECTS_ANY;
  });
}

function labelKeys(value: unknown, problems: string[]): readonly string[] {
  if (value === undefined || value === null) return [];
  if (isStrings(value)) return value;
  problems.push('spec.matchLabelKeys must be a list of label names');
  return [];
}

function standingConditions(status: unknown): readonly Condition[] {
  const { conditions } = asObject(status);
  return Array.isArray(conditions) ? conditions.filter(isCondition) : [];
}

function isCondition(value: unknown): value is Condition {
  return (
    isObject(value) && typeof value['type'] === 'string' && typeof value['lastTransitionTime'] === 'string'
  );
}

function identity(metadata: JsonObject, field: string): string {
  const value = metadata[field];
  if (typeof value !== 'string' || value === '') throw new Error(`ResourcePolicy without metadata.${field}`);
  return value;
}

function objectAt(value: unknown, path: string, problems: string[]): JsonObject {
  if (!isObject(value)) problems.push(`${path} must be an object`);
  return asObject(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isLabels(value: unknown): value is Labels {
  return isObject(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isOperator(value: unknown): value is LabelRequirement['operator'] {
  return OPERATORS.some((operator) => operator === value);
}

function isResource(value: unknown): value is Resource {
  return RESOURCES.some((resource) => resource === value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
