/**
 * What is to be said about a policy: the conditions of its status, and the warnings that become events. Pure.
 *
 * | condition        | True means                                                                      |
 * | ---------------- | ------------------------------------------------------------------------------- |
 * | Ready            | pods are placed by the policy                                                   |
 * | Enforced         | every field that is set is acted upon                                           |
 * | Conflicting      | waiting pods are selected by other policies too, so nobody places them          |
 * | Ungrouped        | waiting pods lack a label of matchLabelKeys, so nobody places them              |
 * | UnreachableUnits | there is a unit that no pod can get to: it has no nodes, or never has its turn  |
 * | CostOverridden   | bound pods carry somebody else's deletion cost, so scale-in may differ in order |
 * | SamplingDiffers  | kube-scheduler offers other numbers of nodes than it was said to: order may suffer  |
 * | Questionable     | the policy does something that its author may not mean                          |
 *
 * @module
 */
import type { PolicyFigures } from '../ledger/census.ts';
import type { Finding, FindingCode } from '../placement/finding.ts';
import type { WantedCondition } from '../policy/condition.ts';

/** One thing that is wrong, for an event: its text depends on the cause alone and holds no changing number. */
export interface Warning {
  /** CamelCase, for programs. */
  readonly reason: string;
  readonly message: string;
}

export interface Verdict {
  /** Always the same types, in the same order. */
  readonly conditions: readonly WantedCondition[];
  readonly warnings: readonly Warning[];
}

/** Longest message of a condition, and most names listed in one. */
const LONGEST_MESSAGE = 1_024;
const MOST_NAMES = 10;

/** Findings about units that no pod, or no node, ever gets into; the others make a policy Questionable. */
const UNREACHABLE: ReadonlySet<FindingCode> = new Set([
  'unreachable-unit',
  'takes-no-pod',
  'contradictory-unit',
  'no-node',
  'waits-without-node',
]);
/** What these findings say beside it depends on the nodes that there are just now. */
const CONSTANT_TEXT: Partial<Record<FindingCode, string>> = {
  'no-node': 'no node belongs to the unit',
  'waits-without-node': 'no node belongs to the unit, and pods wait in it',
};

interface Problem extends Warning {
  /** Text of the condition, where it differs from the event's: it may hold numbers. */
  readonly detail?: string;
}

interface Aspect {
  readonly type: string;
  /** Status when there is no problem. */
  readonly wellIs: 'True' | 'False';
  readonly well: Warning;
  readonly problems: readonly Problem[];
}

/**
 * @param findings what lint says of the policy.
 * @param sampling what is wrong with the number of nodes that kube-scheduler offers; undefined: nothing.
 */
export function judged(
  figures: PolicyFigures,
  findings: readonly Finding[],
  sampling: string | undefined,
): Verdict {
  const unreachable = findings.filter(({ code }) => UNREACHABLE.has(code));
  // What is not enforced stands in the condition Enforced.
  const questionable = findings.filter(({ code }) => !UNREACHABLE.has(code) && code !== 'not-enforced');
  const wrong: readonly Aspect[] = [
    ready(figures),
    enforced(figures),
    conflicting(figures),
    ungrouped(figures),
    {
      type: 'UnreachableUnits',
      wellIs: 'False',
      well: { reason: 'AllReachable', message: 'every unit has nodes, and none is hidden by one before it' },
      problems: unreachable.map(problemOf),
    },
    costOverridden(figures),
    {
      type: 'SamplingDiffers',
      wellIs: 'False',
      well: { reason: 'AsConfigured', message: 'kube-scheduler offers as many nodes as it was said to' },
      problems: sampling === undefined ? [] : [{ reason: 'OtherSampling', message: sampling }],
    },
  ];
  const doubtful: Aspect = {
    type: 'Questionable',
    wellIs: 'False',
    well: { reason: 'NothingFound', message: 'nothing looks like a mistake' },
    problems: questionable.map(problemOf),
  };
  return {
    conditions: [...wrong, doubtful].map(conditionOf),
    warnings: wrong.flatMap(({ problems }) => problems.map(({ reason, message }) => ({ reason, message }))),
  };
}

function ready({ policy }: PolicyFigures): Aspect {
  return {
    type: 'Ready',
    wellIs: 'True',
    well: { reason: 'Valid', message: 'pods are placed by this policy' },
    problems:
      policy.problems.length === 0 ? [] : [{ reason: 'Invalid', message: policy.problems.join('; ') }],
  };
}

function enforced({ policy }: PolicyFigures): Aspect {
  return {
    type: 'Enforced',
    wellIs: 'True',
    well: { reason: 'AllFields', message: 'every field set is enforced' },
    problems:
      policy.unenforced.length === 0
        ? []
        : [{ reason: 'FieldsNotEnforced', message: `not enforced: ${policy.unenforced.join(', ')}` }],
  };
}

function conflicting({ conflicting: count, conflictsWith }: PolicyFigures): Aspect {
  const others = `selected by ${listed(conflictsWith)} too: a pod is placed only when one policy selects it`;
  return {
    type: 'Conflicting',
    wellIs: 'False',
    well: { reason: 'NoOtherPolicy', message: 'no waiting pod is selected by another policy' },
    problems:
      count === 0
        ? []
        : [
            {
              reason: 'OtherPolicies',
              message: `waiting pods are ${others}`,
              detail: `${counted(count, 'waiting pod is', 'waiting pods are')} ${others}`,
            },
          ],
  };
}

function ungrouped({ policy, ungrouped: count }: PolicyFigures): Aspect {
  const lack = `a label of matchLabelKeys (${listed(policy.matchLabelKeys)}): no max can be kept for such a pod`;
  return {
    type: 'Ungrouped',
    wellIs: 'False',
    well: { reason: 'AllLabelled', message: 'no waiting pod lacks a label of matchLabelKeys' },
    problems:
      // The pods of an invalid policy are in no group either, which Ready tells.
      count === 0 || policy.problems.length > 0
        ? []
        : [
            {
              reason: 'LabelMissing',
              message: `waiting pods lack ${lack}`,
              detail: `${counted(count, 'waiting pod lacks', 'waiting pods lack')} ${lack}`,
            },
          ],
  };
}

function costOverridden({ overriddenCosts: count }: PolicyFigures): Aspect {
  const foreign = 'a deletion cost that somebody else wrote: scale-in may leave the order of the units';
  return {
    type: 'CostOverridden',
    wellIs: 'False',
    well: { reason: 'OwnCosts', message: 'no pod carries a deletion cost of somebody else' },
    problems:
      count === 0
        ? []
        : [
            {
              reason: 'ForeignCost',
              message: `pods carry ${foreign}`,
              detail: `${counted(count, 'pod carries', 'pods carry')} ${foreign}`,
            },
          ],
  };
}

function problemOf({ code, path, message }: Finding): Problem {
  return {
    reason: camelCase(code),
    message: `${path}: ${CONSTANT_TEXT[code] ?? message}`,
    detail: `${path}: ${message}`,
  };
}

/** `no-node` → `NoNode`: reasons are written so. */
function camelCase(code: string): string {
  return code.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function conditionOf({ type, wellIs, well, problems }: Aspect): WantedCondition {
  const [first] = problems;
  if (first === undefined) return { type, status: wellIs, ...well };
  const isOneReason = problems.every(({ reason }) => reason === first.reason);
  return {
    type,
    status: wellIs === 'True' ? 'False' : 'True',
    reason: isOneReason ? first.reason : 'SeveralReasons',
    message: shortened(problems.map(({ message, detail }) => detail ?? message).join('; ')),
  };
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  return rest > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${rest} others` : names.join(', ');
}

function shortened(text: string): string {
  return text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE - 1)}…`;
}
