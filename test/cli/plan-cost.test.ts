import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CostReport } from '../../src/scheduling/plan-cost.ts';
import { nodeManifest, planned } from '../support/plan/planned.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const example = (path: string): string => readFileSync(join(EXAMPLES, path), 'utf8');
const ECI = example('prices/eci.yaml');
const NODES = [nodeManifest('ecs-0'), nodeManifest('ecs-1'), nodeManifest('eci-0', '100k')];

function costOf(
  texts: readonly string[],
  options: { prices?: string; durationMs?: number },
): CostReport | undefined {
  return planned(texts, { prices: ECI, ...options }).cost;
}

/** Pods that request 1 CPU, one unit each of ECS and ECI with at most two pods. */
function pods(count: number, cpu = '1'): readonly string[] {
  const policy = {
    apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
    kind: 'ResourcePolicy',
    metadata: { name: 'p' },
    spec: {
      units: [
        { resource: 'ecs', max: 2 },
        { resource: 'eci', max: 2 },
      ],
    },
  };
  const containers = [{ name: 'main', resources: { requests: { cpu, memory: '1Gi' } } }];
  const made = Array.from({ length: count }, (_, index) => ({
    kind: 'Pod',
    metadata: { name: `p${index}` },
    spec: { containers },
  }));
  return [JSON.stringify({ kind: 'List', items: [policy, ...made] }), ...NODES];
}

describe('the published job: 100 executors of 1 vCPU and 2 GiB on ECI, 87 s', () => {
  const job = [example('wordcount/wordcount.yaml'), example('spark-pi/nodes.yaml')];

  it('costs ¥0.308736', () => {
    expect(costOf([example('wordcount/resourcepolicy.yaml'), ...job], { durationMs: 87_000 })).toEqual({
      currency: '¥',
      jobSeconds: 87,
      perHour: '15.4368',
      perJob: '0.308736',
      lines: [
        {
          price: 'ECS, paid already',
          isSpot: false,
          rate: '0',
          per: 'hour',
          of: 'nodes',
          count: 1,
          perHour: '0',
          perJob: '0',
        },
        {
          price: 'ECI',
          size: '1 CPU, 2Gi',
          isSpot: false,
          rate: '0.00004288',
          per: 'second',
          of: 'pods',
          count: 100,
          perHour: '15.4368',
          perJob: '0.308736',
        },
      ],
      unpriced: [],
    });
  });

  it('and ¥0.0308736 on Spot, which the unit asks for', () => {
    const cost = costOf([example('wordcount/resourcepolicy-spot.yaml'), ...job], { durationMs: 87_000 });

    expect(cost).toMatchObject({
      perHour: '1.54368',
      perJob: '0.0308736',
      lines: [{ of: 'nodes' }, { price: 'ECI', isSpot: true, rate: '0.000004288', count: 100 }],
    });
  });
});

describe('what pods cost', () => {
  it('per hour alone when no length of a job is given, and nothing for those that wait', () => {
    const cost = costOf(pods(9), {});

    expect(cost).toMatchObject({ perHour: '0.308736', lines: [{ count: 2 }, { count: 2 }] });
    expect(cost).not.toHaveProperty('perJob');
    expect(cost?.lines[0]).not.toHaveProperty('perJob');
  });

  it('only from when they start, when they wait for a time', () => {
    const [list = '', ...nodes] = pods(3, '5');
    const timed = list
      .replace('"max":2},{"resource":"eci"', '"max":9},{"resource":"eci"')
      .replace('"units"', '"whenTryNextUnits":{"policy":"TimeoutOrExceedMax","timeout":"10m"},"units"');
    const cost = costOf([timed, ...nodes], { durationMs: 615_000 });

    // 5 CPU are billed as 8; of 615 s, 600 s are waiting, and the start takes the rest.
    expect(cost).toMatchObject({ perHour: '1.234944', perJob: '0', lines: [{ of: 'nodes' }, { count: 1 }] });
  });

  it('by the node: each that a pod is on, as a whole', () => {
    const prices = ECI.replace('perHour: 0', 'perHour: 1.5');
    const cost = costOf(pods(4), { prices, durationMs: 1_800_000 });

    expect(cost?.lines[0]).toMatchObject({ of: 'nodes', count: 2, rate: '1.5', perHour: '3', perJob: '1.5' });
  });

  it('nothing known of virtual nodes without a price, and of pods that no size holds', () => {
    const machines = `kind: PriceList\ncurrency: ¥\nprices: [{name: ECS, nodeSelector: {none: here}, perNode: {perHour: 1}}]`;

    expect(costOf(pods(4), { prices: machines })).toMatchObject({
      perHour: '0',
      lines: [],
      unpriced: [{ pods: 2, text: 'no price holds for node eci-0' }],
    });
    expect(costOf(pods(2, '100'), {})).toMatchObject({
      perHour: '0',
      unpriced: [{ pods: 2, text: 'no size of ECI holds what they request' }],
    });
  });

  it('is not said without a price list', () => {
    expect(planned(pods(1))).not.toHaveProperty('cost');
  });
});
