/**
 * The metrics of a policy: its series come and go with it.
 *
 * @module
 */
import type { MetricName } from './catalogue.ts';
import type { Exposition, LabelValues } from './exposition.ts';
import type { PolicySample, UnitSample } from './policy-samples.ts';
import { WAITING_REASONS } from './policy-samples.ts';

/** Figures of a unit that are one number each. */
const UNIT_FIGURES: readonly (readonly [MetricName, (unit: UnitSample) => number | undefined])[] = [
  ['unit_bound_pods', ({ bound }) => bound],
  ['unit_reserved_pods', ({ reserved }) => reserved],
  ['unit_max_pods', ({ max }) => max],
  ['unit_fullest_group_pods', ({ fullestGroup }) => fullestGroup],
  ['unit_groups_at_max', ({ groupsAtMax }) => groupsAtMax],
  ['unit_groups_over_max', ({ groupsOverMax }) => groupsOverMax],
  ['unit_nodes', ({ nodes }) => nodes],
];

/** All that {@link addSample} writes. */
export const SAMPLE_METRICS: readonly MetricName[] = [
  'groups',
  'waiting_pods',
  'condition',
  ...UNIT_FIGURES.map(([name]) => name),
  'unit_used_resources',
  'unit_max_resources',
  'spend_per_hour',
  'unpriced_pods',
];

export function addSample(to: Exposition, sample: PolicySample): void {
  const labels = { policy_namespace: sample.namespace, policy: sample.name };
  to.add('groups', labels, sample.groups);
  for (const reason of WAITING_REASONS) to.add('waiting_pods', { ...labels, reason }, sample.waiting[reason]);
  for (const [condition, isTrue] of Object.entries(sample.conditions))
    to.add('condition', { ...labels, condition }, Number(isTrue));
  for (const unit of sample.units) {
    const { name, index, resource } = unit;
    addUnit(to, { ...labels, unit: name, index: String(index), resource }, unit);
  }
  if (sample.spend === undefined) return;
  const { currency, lines, unpricedPods } = sample.spend;
  to.add('unpriced_pods', labels, unpricedPods);
  for (const { price, isSpot, perHour } of lines)
    to.add('spend_per_hour', { ...labels, price, spot: String(isSpot), currency }, perHour);
}

function addUnit(to: Exposition, labels: LabelValues, unit: UnitSample): void {
  for (const [name, figure] of UNIT_FIGURES) {
    const value = figure(unit);
    if (value !== undefined) to.add(name, labels, value);
  }
  for (const { name, used, max } of unit.resources) {
    to.add('unit_used_resources', { ...labels, resource_name: name }, used);
    to.add('unit_max_resources', { ...labels, resource_name: name }, max);
  }
}
