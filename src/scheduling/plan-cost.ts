/**
 * What placed pods cost, by a price list. Pure. Sums are texts, exact to the last digit as far as ten decimals go.
 *
 * @module
 */
import type { Decimal } from '../facts/decimal.ts';
import { decimalText } from '../facts/decimal.ts';
import type { Labels } from '../facts/labels.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import { carriesAll } from '../facts/labels.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { PriceList, Rate } from '../placement/price.ts';
import { billedSeconds, chargeOf, costOf, priceOf } from '../placement/price.ts';

export interface CostInput {
  readonly prices: PriceList;
  readonly pods: readonly PricedPod[];
  /** By name. */
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  /** Labels by which virtual nodes are known. */
  readonly virtualNodes: Labels;
  /** How long the job runs; undefined: only costs per hour are asked for. */
  readonly durationMs: number | undefined;
}

/** A pod with its node. */
export interface PricedPod {
  readonly pod: PodFacts;
  readonly nodeName: string;
  /** How long after the beginning it starts. */
  readonly afterMs: number;
}

export interface CostReport extends Sum {
  readonly currency: string;
  /** Length of the job in seconds; absent as perJob. */
  readonly jobSeconds?: number;
  /** One for each price and size in use. */
  readonly lines: readonly CostLine[];
  /** Pods that no sum contains, and why. */
  readonly unpriced: readonly { readonly pods: number; readonly text: string }[];
}

export interface Sum {
  readonly perHour: string;
  /** Absent: no length of the job was given. */
  readonly perJob?: string;
}

export interface CostLine extends Sum {
  /** The price's name. */
  readonly price: string;
  /** Size that each pod is billed as; absent: nodes are billed. */
  readonly size?: string;
  readonly isSpot: boolean;
  /** Of each pod or node. */
  readonly rate: string;
  readonly per: 'second' | 'hour';
  readonly count: number;
  readonly of: 'pods' | 'nodes';
}

interface Line {
  readonly facts: Omit<CostLine, 'count' | keyof Sum>;
  readonly rate: Rate;
  count: number;
  /** Summed over the pods or nodes, in the job. */
  seconds: number;
}

export function costReport(input: CostInput): CostReport {
  const { prices, durationMs } = input;
  const { lines, unpriced } = tally(input);
  const sums = lines.map((line) => ({
    perHour: costOf(line.rate, 3_600, line.count),
    perJob: costOf(line.rate, line.seconds, 1),
  }));
  const total = sums.reduce(
    (sum, each) => ({ perHour: sum.perHour + each.perHour, perJob: sum.perJob + each.perJob }),
    { perHour: 0n, perJob: 0n },
  );
  const isJob = durationMs !== undefined;
  return {
    currency: prices.currency,
    ...(isJob ? { jobSeconds: billedSeconds(durationMs, 0) } : {}),
    lines: lines.map(({ facts, count }, index) => ({
      ...facts,
      count,
      ...sumText(sums[index] ?? total, isJob),
    })),
    ...sumText(total, isJob),
    unpriced: [...unpriced].map(([text, pods]) => ({ pods, text })),
  };
}

function sumText(sum: { readonly perHour: Decimal; readonly perJob: Decimal }, isJob: boolean): Sum {
  return { perHour: decimalText(sum.perHour), ...(isJob ? { perJob: decimalText(sum.perJob) } : {}) };
}

function tally({ prices, pods, nodes, virtualNodes, durationMs = 0 }: CostInput): {
  readonly lines: readonly Line[];
  readonly unpriced: ReadonlyMap<string, number>;
} {
  const lines = new Map<string, Line>();
  const unpriced = new Map<string, number>();
  const inUse = new Set<string>();
  const add = (facts: Line['facts'], rate: Rate, seconds: number): void => {
    const key = JSON.stringify(facts);
    const line = lines.get(key) ?? { facts, rate, count: 0, seconds: 0 };
    line.count += 1;
    line.seconds += seconds;
    lines.set(key, line);
  };
  // A node is billed from its first pod on.
  for (const { pod, nodeName, afterMs } of pods.toSorted((a, b) => a.afterMs - b.afterMs)) {
    const labels = nodes.get(nodeName)?.labels ?? {};
    const price = priceOf(prices, labels);
    const lastsMs = Math.max(0, durationMs - afterMs);
    if (price === undefined) {
      // Machines that the list says nothing of are paid for already; virtual nodes never are.
      if (carriesAll(labels, virtualNodes)) increase(unpriced, `no price holds for node ${nodeName}`);
    } else if (price.by === 'pod') {
      const charge = chargeOf(price, pod);
      if (charge === undefined) {
        increase(unpriced, `no size of ${price.name} holds what they request`);
        continue;
      }
      const { size, isSpot, rate } = charge;
      const facts = { price: price.name, size: size.text, isSpot, ...rateText(rate), of: 'pods' } as const;
      add(facts, rate, billedSeconds(lastsMs, price.startupSeconds));
    } else if (!inUse.has(nodeName)) {
      inUse.add(nodeName);
      const facts = { price: price.name, isSpot: false, ...rateText(price.rate), of: 'nodes' } as const;
      add(facts, price.rate, billedSeconds(lastsMs, 0));
    }
  }
  return { lines: [...lines.values()], unpriced };
}

function rateText({ amount, seconds }: Rate): Pick<CostLine, 'rate' | 'per'> {
  return { rate: decimalText(amount), per: seconds === 1 ? 'second' : 'hour' };
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
