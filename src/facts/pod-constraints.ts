/**
 * What a pod asks of its node beside resources, for explanations: deciding needs none of it, as kube-scheduler has
 * looked at all of it before it asks. Pure.
 *
 * @module
 */
import type { Labels } from './labels.ts';

export interface Toleration {
  /** Empty: every key, with operator Exists. */
  readonly key: string;
  readonly operator: string;
  readonly value: string;
  /** Empty: every effect. */
  readonly effect: string;
}

/** A requirement of node affinity on a label, or on the field metadata.name. */
export interface NodeRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** All of them hold for a node that the term selects; a term without any selects no node. */
export interface NodeTerm {
  readonly labels: readonly NodeRequirement[];
  readonly fields: readonly NodeRequirement[];
}

export interface PodConstraints {
  readonly schedulerName: string;
  /** Names of the scheduling gates that hold the pod out of kube-scheduler's queue. */
  readonly gates: readonly string[];
  readonly nodeSelector: Labels;
  /** Required node affinity: one of the terms selects the node. Undefined: none is required. */
  readonly nodeTerms: readonly NodeTerm[] | undefined;
  readonly tolerations: readonly Toleration[];
  /** What else kube-scheduler looks at for this pod, in words such as `topology spread`; not part of the facts. */
  readonly others: readonly string[];
}

type Some<Item> = readonly Item[] | null;

export interface PodConstraintsObject {
  readonly spec?: {
    readonly schedulerName?: string;
    readonly schedulingGates?: Some<{ readonly name?: string }>;
    readonly nodeSelector?: Labels | null;
    readonly affinity?: {
      readonly nodeAffinity?: {
        readonly requiredDuringSchedulingIgnoredDuringExecution?: {
          readonly nodeSelectorTerms?: Some<NodeTermObject>;
        } | null;
      } | null;
      readonly podAffinity?: RequiredObject | null;
      readonly podAntiAffinity?: RequiredObject | null;
    } | null;
    readonly tolerations?: Some<Partial<Toleration>>;
    readonly topologySpreadConstraints?: Some<{ readonly whenUnsatisfiable?: string }>;
    readonly volumes?: Some<Readonly<Record<string, unknown>>>;
    readonly resourceClaims?: Some<unknown>;
    readonly containers?: Some<{
      readonly name?: string;
      readonly ports?: Some<{ readonly hostPort?: number }>;
    }>;
  };
}

/** A term of node affinity, required or preferred. */
export interface NodeTermObject {
  readonly matchExpressions?: Some<RequirementObject>;
  readonly matchFields?: Some<RequirementObject>;
}

interface RequirementObject {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: Some<string>;
}

interface RequiredObject {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: Some<unknown>;
}

type Spec = NonNullable<PodConstraintsObject['spec']>;

export function podConstraints({ spec = {} }: PodConstraintsObject): PodConstraints {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? undefined;
  const terms = required && (required.nodeSelectorTerms ?? []);
  return {
    schedulerName: spec.schedulerName ?? '',
    gates: (spec.schedulingGates ?? []).map(({ name = '' }) => name),
    nodeSelector: spec.nodeSelector ?? {},
    nodeTerms: terms?.map(nodeTerm),
    tolerations: (spec.tolerations ?? []).map(({ key = '', operator = '', value = '', effect = '' }) => ({
      key,
      operator,
      value,
      effect,
    })),
    others: others(spec),
  };
}

export function nodeTerm({ matchExpressions, matchFields }: NodeTermObject): NodeTerm {
  return {
    labels: (matchExpressions ?? []).map(requirement),
    fields: (matchFields ?? []).map(requirement),
  };
}

function requirement({ key = '', operator = '', values }: RequirementObject): NodeRequirement {
  return { key, operator, values: values ?? [] };
}

function others(spec: Spec): readonly string[] {
  const { affinity, topologySpreadConstraints, volumes, resourceClaims, containers } = spec;
  const isSpread = topologySpreadConstraints?.some(
    ({ whenUnsatisfiable }) => whenUnsatisfiable !== 'ScheduleAnyway',
  );
  const hasHostPort = containers?.some(({ ports }) => ports?.some(({ hostPort = 0 }) => hostPort > 0));
  const found: readonly (readonly [string, boolean | undefined])[] = [
    ['pod affinity', isRequired(affinity?.podAffinity)],
    ['pod anti-affinity', isRequired(affinity?.podAntiAffinity)],
    ['topology spread', isSpread],
    ['volume claims', volumes?.some((volume) => 'persistentVolumeClaim' in volume || 'ephemeral' in volume)],
    ['resource claims', (resourceClaims ?? []).length > 0],
    ['host ports', hasHostPort],
  ];
  return found.filter(([, isAsked]) => isAsked === true).map(([word]) => word);
}

function isRequired(affinity: RequiredObject | null | undefined): boolean {
  return (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0;
}
