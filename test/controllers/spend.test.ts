import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { priceList } from '../../src/cli/plan-prices.ts';
import { Spend } from '../../src/controllers/spend.ts';
import type { PriceList } from '../../src/placement/price.ts';
import type { NodeBuilder, PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy, SELECTED, VIRTUAL_NODES } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const PRICES = `
kind: PriceList
currency: €
prices:
  - name: ECI
    nodeSelector: { type: virtual-kubelet, zone: a }
    perPod:
      sizes:
        - { cpu: 1, memory: 2Gi, perHour: 0.15 }
        - { cpu: 2, memory: 4Gi, perHour: 0.3 }
      spot: { podAnnotations: { spot: 'true' }, factor: 0.1 }
  - name: rented
    nodeSelector: { rented: 'true' }
    perNode: { perHour: 1 }
`;
const OTHER = { app: 'flink' };
const SPARK = aPolicy('spark').unit({});
const FLINK = aPolicy('flink').selecting(OTHER).unit({});
const ECI = aNode('eci-0').virtual().labelled({ zone: 'a' });
const RENTED = aNode('rented-0').labelled({ rented: 'true' });

let harness: Harness;
let spend: Spend;

beforeEach(() => {
  const prices = priceList({ name: 'prices', text: PRICES }) as PriceList;
  harness = new Harness({
    nodes: [ECI, RENTED, aNode('own-0'), aNode('eci-9').virtual()],
    policies: [SPARK, FLINK],
  });
  spend = new Spend({ prices, virtualNodes: VIRTUAL_NODES, ledger: harness.ledger });
});

function sees(...pods: readonly PodBuilder[]): void {
  for (const pod of pods) {
    harness.sees(pod);
    spend.upsertPod(pod.facts());
  }
}

function seesNode(node: NodeBuilder): void {
  harness.sees(node);
  spend.nodeChanged(node.facts());
}

function seesPolicy(policy: PolicyBuilder): void {
  harness.sees(policy);
  spend.policiesChanged('default');
}

/** Per hour, by price; Spot with a star. */
function of(policy: string): Readonly<Record<string, number>> {
  const { lines } = spend.of(`default/${policy}`);
  return Object.fromEntries(
    lines.map(({ price, isSpot, perHour }) => [`${price}${isSpot ? '*' : ''}`, perHour]),
  );
}

const onEci = (name: string, cpu = '1'): PodBuilder =>
  aPod(name).requesting({ cpu, memory: '1Gi' }).on('eci-0');

describe('what policies spend', () => {
  it('nothing without pods, in the currency of the list', () => {
    expect(spend.of('default/spark')).toEqual({ currency: '€', lines: [], unpricedPods: 0 });
  });

  it('pods that are billed by themselves cost their size, Spot a part of it', () => {
    sees(onEci('a'), onEci('b'), onEci('c', '2'), onEci('d').annotated({ spot: 'true' }));
    expect(of('spark')).toEqual({ ECI: 0.6, 'ECI*': 0.015 });
    expect(of('flink')).toEqual({});
  });

  it('machines that are paid for cost nothing; virtual nodes without a price, and pods of no size, are told', () => {
    sees(aPod('a').on('own-0'), aPod('b').on('eci-9'), onEci('c', '64'));
    expect(spend.of('default/spark')).toEqual({ currency: '€', lines: [], unpricedPods: 2 });
  });

  it('a billed node is shared in proportion to the pods', () => {
    sees(aPod('a').on('rented-0'));
    expect(of('spark')).toEqual({ rented: 1 });
    sees(...['b', 'c', 'd'].map((name) => aPod(name).labels(OTHER).on('rented-0')));
    expect([of('spark'), of('flink')]).toEqual([{ rented: 0.25 }, { rented: 0.75 }]);
  });

  it('pods of no policy, waiting and finished ones, cost nobody', () => {
    sees(onEci('a').labels({}), aPod('b'), onEci('c').finished());
    expect([of('spark'), of('flink')]).toEqual([{}, {}]);
  });

  it('ends with the pod', () => {
    sees(onEci('a'), aPod('b').on('rented-0'), aPod('c').on('eci-9'));
    sees(onEci('a').finished());
    for (const name of ['b', 'c']) spend.removePod(aPod(name).facts());
    expect(spend.of('default/spark')).toEqual({ currency: '€', lines: [], unpricedPods: 0 });
  });

  it('no pod is paid for twice: of several policies the one that placed it pays', () => {
    seesPolicy(FLINK.selecting(SELECTED).generation(2));
    sees(onEci('a'), onEci('b').placedBy('spark', 'any'));
    expect([of('spark'), of('flink')]).toEqual([{ ECI: 0.15 }, { ECI: 0.15 }]);
  });

  it('follows policies that come, change and go', () => {
    sees(onEci('a').labels({ app: 'new' }));
    const policy = aPolicy('new').selecting({ app: 'new' }).unit({});
    seesPolicy(policy);
    expect(of('new')).toEqual({ ECI: 0.15 });
    harness.seesGone(policy);
    spend.policiesChanged('default');
    expect(of('new')).toEqual({});
  });

  it('follows nodes that are listed late and relabelled', () => {
    sees(aPod('a').requesting({ cpu: '1' }).on('late'));
    expect(of('spark')).toEqual({});
    seesNode(aNode('late').labelled({ rented: 'true' }));
    expect(of('spark')).toEqual({ rented: 1 });
    seesNode(aNode('late').virtual().labelled({ zone: 'a' }));
    expect(of('spark')).toEqual({ ECI: 0.15 });
  });

  it('takes the price list of the examples', () => {
    const text = readFileSync(join(import.meta.dirname, '../../examples/prices/eci.yaml'), 'utf8');
    const prices = priceList({ name: 'eci.yaml', text }) as PriceList;
    spend = new Spend({ prices, virtualNodes: VIRTUAL_NODES, ledger: harness.ledger });
    sees(onEci('a').requesting({ cpu: '1', memory: '2Gi' }).on('eci-0'));
    expect(of('spark')['ECI']).toBeCloseTo(0.00004288 * 3_600, 10);
  });
});
