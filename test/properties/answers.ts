/**
 * What /filter may answer, stated a second time: ACK's rules of whenTryNextUnits for a pod to which every node is open, or
 * every node that it is pinned to, while no places are held for others but those of pinned pods. Where time or chance
 * decides, both answers are right.
 *
 * @module
 */
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { ResourcePolicy, Unit } from '../../src/policy/resource-policy.ts';
import type { Decision } from '../../src/scheduling/decide.ts';
import type { ApiServer } from './api-server.ts';
import { countedIn, groupOf, isOfUnit, isSelected, isWithin, sumOf, unitOf } from './rules.ts';

export function answerOf(decision: Decision): string {
  return decision.outcome === 'chosen' ? `unit ${decision.unit?.name ?? ''}` : decision.outcome;
}

/** @param pinned other pods that wait in kube-scheduler's queue for the place that they are pinned to. */
export function rightAnswers(
  pod: PodFacts,
  api: ApiServer,
  pinned: readonly PodFacts[] = [],
): readonly string[] {
  const [policy, another] = api.items('policies').filter((each) => isSelected(each, pod));
  if (policy === undefined) return ['not-ours'];
  if (another !== undefined) return ['conflict'];
  const group = groupOf(policy, pod);
  return group === undefined ? ['missing-label'] : walk(policy, group, { pod, api, pinned });
}

interface Walker {
  readonly pod: PodFacts;
  readonly api: ApiServer;
  readonly pinned: readonly PodFacts[];
}

function walk(policy: ResourcePolicy, group: string, walker: Walker): readonly string[] {
  const { pod, api, pinned } = walker;
  const { nodes } = api;
  const nodeNames = api.tiedTo(pod.uid) ?? [...nodes.keys()];
  const answers: string[] = [];
  let isLacking = false;
  const members = pinned.filter((other) => isSelected(policy, other) && groupOf(policy, other) === group);
  for (const unit of unitsFor(pod, policy)) {
    const counted = countedIn(policy, { unit, group }, { pods: api.items('pods'), nodes });
    const awaited = members.filter(({ pinnedUnit }) => pinnedUnit === unit.name);
    const isFull = !isWithin(unit, sumOf(unit, [...counted, ...awaited, pod]));
    const hasNode = nodeNames.some((name) => isOfUnit(unit, nodes.get(name)));
    if (!isFull && hasNode) return [...answers, `unit ${unit.name}`];
    if (policy.tryNext === 'LackResourceAndNoTerminating' && hasTerminating(policy, unit, api))
      return [...answers, 'waiting'];
    const isLimited = unit.max !== undefined || unit.maxResources.length > 0;
    if (!isFull && policy.tryNext === 'ExceedMax' && isLimited) return [...answers, 'waiting'];
    const isTimed = unit.waitsForScaling || (policy.tryNext === 'TimeoutOrExceedMax' && isLimited);
    if ((!isFull && isTimed) || mayPreempt(policy, unit, walker)) answers.push('waiting');
    isLacking ||= !isFull;
  }
  return [...answers, isLacking ? 'lacks-resources' : 'full'];
}

/** The one that it is pinned to, if there is still one of that name. */
function unitsFor({ pinnedUnit }: PodFacts, { units }: ResourcePolicy): readonly Unit[] {
  const own = units.filter(({ name }) => name === pinnedUnit);
  return own.length === 0 ? units : own;
}

function hasTerminating(policy: ResourcePolicy, unit: Unit, { pods, nodes }: ApiServer): boolean {
  return [...pods.values()].some((pod) => pod.terminating && unitOf(policy, pod, nodes) === unit);
}

function mayPreempt(policy: ResourcePolicy, unit: Unit, { pod, api }: Walker): boolean {
  if (policy.preemptPolicy !== 'BeforeNextUnit') return false;
  return api
    .items('pods')
    .some(
      ({ nodeName = '', priority }) => priority < pod.priority && isOfUnit(unit, api.nodes.get(nodeName)),
    );
}
