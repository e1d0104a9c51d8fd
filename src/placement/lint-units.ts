/**
 * Lint rules about the units: each for itself, and in their order. Pure.
 *
 * @module
 */
import { DELETION_COST_ANNOTATION } from '../facts/annotations.ts';
import type { Labels } from '../facts/labels.ts';
import { carriesAll, labelOf } from '../facts/labels.ts';
import { selects } from '../policy/match.ts';
import type { ResourceLimit, ResourcePolicy, Unit } from '../policy/resource-policy.ts';
import { isLimited } from './choose.ts';
import { nameOf } from './explain.ts';
import type { Finding } from './finding.ts';
import { belongsTo } from './unit-nodes.ts';

export function lintUnits(policy: ResourcePolicy, virtualNodes: Labels): readonly Finding[] {
  return policy.units.flatMap((unit) => [
    ...nodeRule(unit, virtualNodes),
    ...order(policy, unit, virtualNodes),
    ...limits(unit),
    ...scaling(policy, unit),
    ...written(policy, unit),
  ]);
}

/** Whether no node whatsoever can belong to the unit: its resource and its nodeSelector exclude each other. */
export function isContradictory(unit: Unit, virtualNodes: Labels): boolean {
  if (isVirtual(unit)) return !belongsTo(unit, { ...unit.nodeSelector, ...virtualNodes }, virtualNodes);
  return unit.resource !== undefined && !belongsTo(unit, unit.nodeSelector, virtualNodes);
}

function isVirtual({ resource }: Unit): boolean {
  return resource === 'eci' || resource === 'acs';
}

function nodeRule(unit: Unit, virtualNodes: Labels): readonly Finding[] {
  const path = pathOf(unit);
  if (isContradictory(unit, virtualNodes)) {
    const label = pairs(virtualNodes);
    const message = isVirtual(unit)
      ? `no node can belong to it: resource ${unit.resource} means nodes with ${label}, and nodeSelector asks for another ` +
        'value; remove that label from nodeSelector'
      : `no node can belong to it: resource ${unit.resource} means nodes without ${label}, and nodeSelector asks for it; ` +
        'use resource eci or acs, or remove that label from nodeSelector';
    return [{ code: 'contradictory-unit', path: `${path}.nodeSelector`, message }];
  }
  if (unit.resource !== undefined || Object.keys(unit.nodeSelector).length > 0) return [];
  const message =
    'without resource and nodeSelector it has every node, virtual ones too, and the API server refuses the policy; ' +
    'set resource, or a nodeSelector that all of these nodes match such as kubernetes.io/os: linux';
  return [{ code: 'any-node', path, message }];
}

/** The unit in relation to those before it. */
function order(policy: ResourcePolicy, unit: Unit, virtualNodes: Labels): readonly Finding[] {
  if (isContradictory(unit, virtualNodes)) return [];
  const before = policy.units.slice(0, unit.index).filter((other) => !isContradictory(other, virtualNodes));
  const path = pathOf(unit);
  const blocking = before.find(
    // A unit of the same nodes that waits for scaling is a step of its own: pods wait there before they go on.
    (other) => isCatchAll(other) || (!isLimited(other) && includes(other, unit) && !unit.waitsForScaling),
  );
  if (blocking !== undefined) {
    const why = isCatchAll(blocking)
      ? 'takes every pod: it is virtual, and has no max, maxResources or nodeSelector'
      : 'has all of its nodes, and neither max nor maxResources';
    const message =
      `no pod is ever placed in it: ${nameOf(blocking)} ${why}; set ${pathOf(blocking)}.max, ` +
      `or move ${nameOf(unit)} before it`;
    return [{ code: 'unreachable-unit', path, message }];
  }
  const limited = before.filter((other) => isLimited(other) && !isTranche(other, unit));
  const alike = limited.find((other) => includes(other, unit) && includes(unit, other));
  if (alike !== undefined) {
    const message =
      `it has the same nodes as ${nameOf(alike)}, so pods that the limits of ${nameOf(alike)} keep out get onto them all ` +
      'the same; give the two different nodeSelectors, or make them one unit';
    return [{ code: 'alike-units', path, message }];
  }
  const overlapped = limited.find((other) => includes(other, unit) || includes(unit, other));
  return overlapped === undefined ? [] : [overlap(overlapped, unit)];
}

/**
 * Units share nodes of which the earlier one is limited.
 *
 * @param example a node that is in both, where it is known.
 */
export function overlap(earlier: Unit, later: Unit, example?: string): Finding {
  const which = example === undefined ? '' : ` (${example})`;
  const message =
    `it shares nodes with ${nameOf(earlier)}${which}, so these may hold more pods of a group than the limits of ` +
    `${nameOf(earlier)} say; narrow the nodeSelector of one of the two`;
  return { code: 'overlapping-units', path: pathOf(later), message };
}

/** Units that mark their pods differently split one set of nodes by intent. */
export function isTranche(a: Unit, b: Unit): boolean {
  return (
    !sameLabels(a.podLabels, b.podLabels) ||
    !sameLabels(a.podAnnotations, b.podAnnotations) ||
    (a.resource !== b.resource && isVirtual(a) && isVirtual(b))
  );
}

/** Virtual nodes never run out. Real ones do: a unit of them without max is passed over when it lacks resources. */
function isCatchAll(unit: Unit): boolean {
  return isVirtual(unit) && !isLimited(unit) && Object.keys(unit.nodeSelector).length === 0;
}

/** Whether each node of `inner` is surely a node of `outer` too. */
export function includes(outer: Unit, inner: Unit): boolean {
  const isKindIncluded =
    outer.resource === undefined || (inner.resource !== undefined && isVirtual(outer) === isVirtual(inner));
  return isKindIncluded && carriesAll(inner.nodeSelector, outer.nodeSelector);
}

const NATIVE_RESOURCE = /^(cpu|memory|ephemeral-storage|pods|hugepages-.+)$/;
const MIB = 1024 ** 2;

function limits(unit: Unit): readonly Finding[] {
  const path = pathOf(unit);
  const findings: Finding[] = [];
  if (unit.max === 0) {
    const message = 'max 0 takes no pod; remove the unit, or raise max (absent means no limit)';
    findings.push({ code: 'takes-no-pod', path: `${path}.max`, message });
  }
  return [
    ...findings,
    ...unit.maxResources.flatMap((limit) => resourceLimit(limit, `${path}.maxResources.${limit.resource}`)),
  ];
}

function resourceLimit({ resource, amount, text }: ResourceLimit, path: string): readonly Finding[] {
  if (!NATIVE_RESOURCE.test(resource) && !resource.includes('/')) {
    const message =
      `no pod can request ${resource}, so this limits nothing; resources are cpu, memory, ephemeral-storage, ` +
      'hugepages-SIZE, pods, and extended ones such as nvidia.com/gpu';
    return [{ code: 'unknown-resource', path, message }];
  }
  if (resource !== 'cpu' && resource !== 'memory') return [];
  if (amount === 0) {
    const message = `${resource} 0 takes no pod that requests any; remove the unit, or raise the limit`;
    return [{ code: 'takes-no-pod', path, message }];
  }
  if (resource === 'cpu' || amount >= MIB) return [];
  const message = `memory ${text} is ${amount} ${amount === 1 ? 'byte' : 'bytes'}; write Mi or Gi, such as 8Gi (m means a thousandth)`;
  return [{ code: 'tiny-limit', path, message }];
}

function scaling(policy: ResourcePolicy, unit: Unit): readonly Finding[] {
  const path = pathOf(unit);
  const findings: Finding[] = [];
  if (unit.resource === 'elastic') {
    const message =
      'elastic is deprecated; use resource ecs and podLabels k8s.aliyun.com/resource-policy-wait-for-ecs-scaling: "true"';
    findings.push({ code: 'elastic-deprecated', path: `${path}.resource`, message });
  }
  if (!unit.waitsForScaling) return findings;
  if (isVirtual(unit)) {
    const message =
      `virtual nodes are not added by scaling, so a pod they do not take waits ${policy.timeout.text} in vain; ` +
      'remove the label k8s.aliyun.com/resource-policy-wait-for-ecs-scaling';
    findings.push({ code: 'wait-switch-on-virtual', path: `${path}.podLabels`, message });
  } else if (isLimited(unit)) {
    const field = unit.max === undefined ? 'maxResources' : 'max';
    const message =
      `autoscalers do not know ${field}: they may add nodes for pods that it keeps out; ` +
      `remove it, as ACK's document advises for elastic node pools`;
    findings.push({ code: 'max-on-elastic', path: `${path}.${field}`, message });
  }
  return findings;
}

/** podLabels and podAnnotations. The API server refuses such policies, unless an older CRD is installed. */
function written(policy: ResourcePolicy, unit: Unit): readonly Finding[] {
  const path = pathOf(unit);
  const findings: Finding[] = [];
  if (!selects(aboutLabels(policy, unit.podLabels), unit.podLabels)) {
    const message =
      'they take the pod out of the policy, which no longer selects it; remove what selector or matchExpressions name';
    findings.push({ code: 'leaves-policy', path: `${path}.podLabels`, message });
  }
  const key = policy.matchLabelKeys.find((name) => labelOf(unit.podLabels, name) !== undefined);
  if (key !== undefined) {
    const message = `${key} is one of matchLabelKeys, so the pod changes its group when it is placed; remove it here or there`;
    findings.push({ code: 'changes-group', path: `${path}.podLabels`, message });
  }
  if (labelOf(unit.podAnnotations, DELETION_COST_ANNOTATION) !== undefined) {
    const message = `${DELETION_COST_ANNOTATION} is set from the unit's place in the order; remove it`;
    findings.push({ code: 'sets-deletion-cost', path: `${path}.podAnnotations`, message });
  }
  return findings;
}

/** The policy's requirements on these labels alone. */
export function aboutLabels(policy: ResourcePolicy, labels: Labels): ResourcePolicy {
  return {
    ...policy,
    selector: Object.fromEntries(
      Object.entries(policy.selector).filter(([key]) => labelOf(labels, key) !== undefined),
    ),
    matchExpressions: policy.matchExpressions.filter(({ key }) => labelOf(labels, key) !== undefined),
  };
}

export function pathOf(unit: Unit): string {
  return `spec.units[${unit.index}]`;
}

export function pairs(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function sameLabels(a: Labels, b: Labels): boolean {
  return Object.keys(a).length === Object.keys(b).length && carriesAll(a, b);
}
