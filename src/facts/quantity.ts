/**
 * Kubernetes quantities (`500m`, `1.5Gi`, `1e3`, 4) as whole numbers, exactly. Pure.
 *
 * The grammar is the one that k8s.io/apimachinery documents in pkg/api/resource/quantity.go: a sign, digits with a decimal
 * point, then a decimal suffix (n u m k M G T P E), a binary one (Ki Mi Gi Ti Pi Ei) or a whole exponent.
 *
 * @module
 */

/** Sign, whole digits, fraction, exponent, suffix. At least one digit; `E` is the suffix unless digits follow it. */
const QUANTITY = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+)|([KMGTPE]i|[numkMGTPE]))?$/;

/** A quantity keeps nine decimal places. */
const ONE = 10n ** 9n;
const MILLI = 10n ** 6n;

/** Billionths in one of each suffix. */
const SUFFIXES: ReadonlyMap<string, bigint> = new Map([
  ['n', 1n],
  ['u', 10n ** 3n],
  ['m', MILLI],
  ...['', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, i) => [suffix, ONE * 1000n ** BigInt(i)] as const),
  ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, i) => [suffix, ONE * 1024n ** BigInt(i + 1)] as const),
]);

/** Beyond this power of ten every number but zero is over the largest amount, whatever its digits and unit. */
const LARGEST_POWER = 30;

/** In characters. To read digits takes more than twice the time for twice as many: a million of them, half a second. */
const LONGEST_QUANTITY = 1_000;

const LARGEST_AMOUNT = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * A quantity in the whole units that kube-scheduler counts in: millicores for `cpu`, for every other resource its own
 * unit (bytes, pieces), fractions rounded away from zero: 0.1 byte is 1 byte (MilliValue and Value, in
 * pkg/scheduler/framework/types.go). The sign is kept; whether a negative quantity makes sense is the caller's matter.
 *
 * @param resource Name of the resource, such as `cpu`, `memory` or `nvidia.com/gpu`.
 * @param quantity A string or a number, as in YAML and JSON.
 * @returns At most ±Number.MAX_SAFE_INTEGER (a byte less than 8 PiB): larger amounts are cut to that.
 *   `undefined` for what is no quantity: another type, empty, NaN, surrounding space, an unknown suffix, more than
 *   1,000 characters (the API server writes none of more than some twenty).
 */
export function parseAmount(resource: string, quantity: unknown): number | undefined {
  const billionths = parseBillionths(quantity);
  return billionths === undefined ? undefined : wholeAmount(resource, billionths);
}

/**
 * A quantity in billionths, for sums that are rounded once, at the end. Finer fractions are rounded away from zero; of a
 * number far beyond every amount only the size is kept, not the digits.
 *
 * @returns `undefined` for what is no quantity, as with {@link parseAmount}.
 */
export function parseBillionths(quantity: unknown): bigint | undefined {
  if (typeof quantity !== 'string' && typeof quantity !== 'number') return undefined;
  const text = String(quantity);
  const match = text.length <= LONGEST_QUANTITY ? QUANTITY.exec(text) : null;
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0', suffix = ''] = match;
  const digits = whole + fraction;
  // Powers out of reach are brought near first: 1e999999999 would take all memory to write out.
  const power = Math.max(
    -digits.length - LARGEST_POWER,
    Math.min(Number(exponent) - fraction.length, LARGEST_POWER),
  );
  const scaled = BigInt(digits) * (SUFFIXES.get(suffix) ?? ONE);
  const size = power < 0 ? divideUp(scaled, 10n ** BigInt(-power)) : scaled * 10n ** BigInt(power);
  return sign === '-' ? -size : size;
}

/** Billionths of a resource in the whole units of {@link parseAmount}, rounded and cut as there. */
export function wholeAmount(resource: string, billionths: bigint): number {
  const isNegative = billionths < 0n;
  const size = divideUp(isNegative ? -billionths : billionths, resource === 'cpu' ? MILLI : ONE);
  const amount = Number(size < LARGEST_AMOUNT ? size : LARGEST_AMOUNT);
  return isNegative ? -amount : amount;
}

/** The quotient of a number that is not negative, rounded up. */
function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
