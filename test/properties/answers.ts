/**
 * What /filter may answer, stated a second time: ACK's rules of whenTryNextUnits for a pod to which every node is open
 * while no place is held for another. Where time or chance decides, both answers are right.
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

export function rightAnswers(pod: PodFacts, api: ApiServer): readonly string[] {
  const [policy, another] = api.items('policies').filter((each) => isSelected(each, pod));
  if (policy === undefined) return ['not-ours'];
  if (another !== undefined) return ['conflict'];
  const group = groupOf(policy, pod);
  return group === undefined ? ['missing-label'] : walk(policy, group, { pod, api });
}

interface Walker {
  readonly pod: PodFacts;
  readonly api: ApiServer;
}

function walk(policy: ResourcePolicy, group: string, walker: Walker): readonly string[] {
  const { pod, api } = walker;
  const { nodes } = api;
  const answers: string[] = [];
  let isLacking = false;
  for (const unit of policy.units) {
    const counted = countedIn(policy, { unit, group }, { pods: api.items('pods'), nodes });
    const isFull = !isWithin(unit, sumOf(unit, [...counted, pod]));
    const hasNode = [...nodes.values()].some((node) => isOfUnit(unit, node));
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
