/**
 * Amounts of money, exactly: whole numbers of 10^-18. Pure.
 *
 * @module
 */

/** A sum or a factor, in units of 10^-18. */
export type Decimal = bigint;

const PLACES = 18;
const ONE = 10n ** BigInt(PLACES);
/** Digits after the point that are written; what is finer is rounded. */
const SHOWN_PLACES = 10;

const NUMBER = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * A number as people and YAML write it, such as `0.00004288`, `4.288e-05` or 3.
 *
 * @param value a string, or a number whose shortest form is what was written.
 * @returns undefined for what is no such number, is negative, or has more than 18 decimals.
 */
export function parseDecimal(value: unknown): Decimal | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const match = NUMBER.exec(String(value));
  if (match === null) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const power = PLACES + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return digits % divisor === 0n ? digits / divisor : undefined;
}

/** The product, rounded half up. */
export function times(a: Decimal, b: Decimal): Decimal {
  return (a * b + ONE / 2n) / ONE;
}

/** The amount for `count` things of which `of` cost so much together, rounded half up; whole numbers, 0 or more. */
export function shareOf(amount: Decimal, count: number, of = 1): Decimal {
  return (amount * BigInt(count) + BigInt(of) / 2n) / BigInt(of);
}

/** Without needless zeros: `0.308736`, `3`; rounded half up to ten decimals. */
export function decimalText(value: Decimal): string {
  const unit = 10n ** BigInt(PLACES - SHOWN_PLACES);
  const rounded = (value + unit / 2n) / unit;
  const scale = 10n ** BigInt(SHOWN_PLACES);
  const fraction = String(rounded % scale)
    .padStart(SHOWN_PLACES, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(rounded / scale) : `${rounded / scale}.${fraction}`;
}
