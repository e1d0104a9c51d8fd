import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PolicyFigures } from '../../src/cli/policy-figures.ts';
import { composePolicyFigures } from '../../src/cli/policy-figures.ts';
import { priceList } from '../../src/cli/plan-prices.ts';
import type { PriceList } from '../../src/placement/price.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';
import { QUIET_GAUGES } from '../support/quiet-gauges.ts';

const POLICY = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 1 });
const PRICES = priceList({
  name: 'prices',
  text: 'kind: PriceList\ncurrency: €\nprices: [{ name: rented, perNode: { perHour: 2 } }]',
}) as PriceList;

const waiting = (name: string): PodBuilder => aPod(name).ofGroup('a');
const placed = (name: string): PodBuilder => waiting(name).version('2').placedBy('spark', 'ecs').on('ecs-0');

let harness: Harness;
let figures: PolicyFigures;
let metrics: Metrics;
let decides: boolean;
let log: unknown[];

beforeEach(() => {
  harness = new Harness({ nodes: [aNode('ecs-0')], policies: [POLICY] });
  decides = true;
  log = [];
  figures = composePolicyFigures({
    ledger: harness.ledger,
    policies: () => [POLICY.parsed()],
    conditions: () => [],
    prices: PRICES,
    virtualNodes: VIRTUAL_NODES,
    decides: () => decides,
    metrics: () => metrics,
    logger: pino(
      { base: null, timestamp: false },
      { write: (line: string) => void log.push(JSON.parse(line)) },
    ),
  });
  metrics = createMetrics({ ...QUIET_GAUGES, ...figures, isLeading: () => true });
});

function sees(pod: PodBuilder): void {
  figures.podSeen(pod.facts(), () => harness.sees(pod));
}

/** The value of a series. */
async function shown(series: string): Promise<number | undefined> {
  const line = (await metrics.metrics())
    .split('\n')
    .find((each) => each.startsWith(`resource_policy_${series}`));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe('an overshoot', () => {
  it('is counted, and logged with the pod', async () => {
    for (const pod of [placed('first'), waiting('late'), placed('late')]) sees(pod);
    expect(await shown('overshoots_total')).toBe(1);
    expect(log).toEqual([
      {
        level: 50,
        pod: 'default/late',
        policy: 'spark',
        unit: 'ecs',
        node: 'ecs-0',
        msg: 'a pod was bound beyond the limits of its unit; please report this',
      },
    ]);
  });

  it('is not seen by a replica that does not decide: it knows no places that are held', async () => {
    decides = false;
    for (const pod of [placed('first'), waiting('late'), placed('late')]) sees(pod);
    expect(await shown('overshoots_total')).toBe(0);
    expect(await shown('unit_groups_over_max')).toBe(1);
    expect(log).toEqual([]);
  });
});

describe('spend', () => {
  it('follows pods, nodes and policies', async () => {
    expect(await shown('spend_per_hour')).toBeUndefined();
    sees(placed('first'));
    expect(await shown('spend_per_hour')).toBe(2);
    harness.seesGone(aNode('ecs-0'));
    figures.nodeChanged(aNode('ecs-0').facts());
    harness.sees(POLICY.selecting({ app: 'flink' }).generation(2));
    figures.policySeen(POLICY.parsed());
    expect(await shown('spend_per_hour')).toBeUndefined();
    harness.sees(POLICY.generation(3));
    figures.policySeen(POLICY.parsed());
    expect(await shown('spend_per_hour')).toBe(2);
    figures.podGone(placed('first').facts());
    expect(await shown('spend_per_hour')).toBeUndefined();
  });
});

it('counts end with the policy', async () => {
  metrics.bound({ policy: POLICY.parsed(), unit: { name: 'ecs' } });
  expect(await shown('bindings_total')).toBe(1);
  figures.policyGone(POLICY.parsed());
  expect(await shown('bindings_total')).toBeUndefined();
});
