/**
 * What a pod costs where it is placed: elastic containers are billed by the pod, each as one of a few sizes and by the
 * second, machines by the node. Pure.
 *
 * @module
 */
import type { Decimal } from '../facts/decimal.ts';
import { shareOf, times } from '../facts/decimal.ts';
import type { Labels } from '../facts/labels.ts';
import { carriesAll, labelOf } from '../facts/labels.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { parseAmount } from '../facts/quantity.ts';
import { amountOf } from './usage.ts';

/** So much for so many seconds. */
export interface Rate {
  readonly amount: Decimal;
  readonly seconds: 1 | 3_600;
}

/** What a pod can be billed as. */
export interface PodSize {
  /** Millicores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** For people, e.g. `1 CPU, 2Gi`. */
  readonly text: string;
  readonly rate: Rate;
}

/** Capacity that may be taken back: pods with these annotations, all of them, cost this part of the price. */
export interface Spot {
  readonly podAnnotations: Labels;
  readonly factor: Decimal;
}

interface Named {
  readonly name: string;
  /** The nodes it holds for carry these labels, all of them; empty: every node. */
  readonly nodeSelector: Labels;
}

export interface PodPrice extends Named {
  readonly by: 'pod';
  readonly sizes: readonly PodSize[];
  /** Seconds at the start of each pod that are not billed. */
  readonly startupSeconds: number;
  readonly spot: Spot | undefined;
}

/** A node costs the same however many pods it holds. */
export interface NodePrice extends Named {
  readonly by: 'node';
  readonly rate: Rate;
}

export type Price = PodPrice | NodePrice;

export interface PriceList {
  /** As it was given, e.g. `¥`; nothing is converted. */
  readonly currency: string;
  /** The first that holds for a node is its price. */
  readonly prices: readonly Price[];
}

/** How a pod is billed. */
export interface Charge {
  readonly size: PodSize;
  readonly isSpot: boolean;
  /** With Spot taken into account. */
  readonly rate: Rate;
}

/** ECI: the size that the pod is to have, whatever it requests, as `2-4Gi`; of several, the first. */
const SIZE_ANNOTATION = 'k8s.aliyun.com/eci-use-specs';

/** Undefined: the list says nothing of such nodes. */
export function priceOf({ prices }: PriceList, nodeLabels: Labels): Price | undefined {
  return prices.find(({ nodeSelector }) => carriesAll(nodeLabels, nodeSelector));
}

/** The cheapest size that holds what the pod requests, or what its annotation asks for; undefined: none does. */
export function chargeOf(
  price: PodPrice,
  pod: Pick<PodFacts, 'requests' | 'annotations'>,
): Charge | undefined {
  const { cpu, memory } = wantedSize(pod);
  const [size] = price.sizes
    .filter((each) => each.cpu >= cpu && each.memory >= memory)
    .toSorted((a, b) => Number(perHour(a.rate) - perHour(b.rate)));
  if (size === undefined) return undefined;
  const { spot } = price;
  if (spot === undefined || !carriesAll(pod.annotations, spot.podAnnotations))
    return { size, isSpot: false, rate: size.rate };
  const rate = { ...size.rate, amount: times(size.rate.amount, spot.factor) };
  return { size, isSpot: true, rate };
}

/** The cost of some alike for so many seconds, a whole number. */
export function costOf({ amount, seconds: per }: Rate, seconds: number, count: number): Decimal {
  return shareOf(amount, seconds * count, per);
}

/** Billing is by the second: one that has begun counts. */
export function billedSeconds(durationMs: number, startupSeconds: number): number {
  return Math.max(0, Math.ceil(durationMs / 1_000) - startupSeconds);
}

function perHour(rate: Rate): Decimal {
  return costOf(rate, 3_600, 1);
}

function wantedSize({ requests, annotations }: Pick<PodFacts, 'requests' | 'annotations'>): {
  readonly cpu: number;
  readonly memory: number;
} {
  const [, cpu, memory] =
    /^\s*(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?Gi)\s*(?:,|$)/.exec(labelOf(annotations, SIZE_ANNOTATION) ?? '') ?? [];
  return {
    cpu: parseAmount('cpu', cpu) ?? amountOf(requests, 'cpu'),
    memory: parseAmount('memory', memory) ?? amountOf(requests, 'memory'),
  };
}
