/**
 * Kubernetes quantities as numbers, to add up requests and compare them with what a node has.
 *
 * @module
 */

const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/**
 * `500m` → 0.5, `2Gi` → 2147483648, `32` → 32.
 *
 * @throws {Error} for anything else than a decimal number with one of the suffixes m, k, M, G, T, P, Ki, Mi, Gi, Ti, Pi.
 */
export function parseQuantity(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(m|k|[MGTP]|[KMGTP]i)?$/.exec(text);
  const factor = FACTORS[match?.[2] ?? ''];
  if (match === null || factor === undefined) throw new Error(`"${text}" is no quantity such as 500m or 2Gi`);
  return Number(match[1]) * factor;
}

/** What a pod takes from a node, or a node has. Whole numbers, so that sums are exact. */
export interface Amounts {
  /** Millicores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  readonly pods: number;
}

/** Quantities by resource; what is absent is 0. */
export function parseAmounts(quantities: {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
}): Amounts {
  return {
    cpu: Math.round(parseQuantity(quantities.cpu ?? '0') * 1_000),
    memory: Math.round(parseQuantity(quantities.memory ?? '0')),
    pods: Math.round(parseQuantity(quantities.pods ?? '0')),
  };
}
