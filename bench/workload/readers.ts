/**
 * Readers of workload files, beside the general ones for strict YAML.
 *
 * @module
 */
import type { Read } from '../../test/scenarios/runner/reading.ts';
import { FormatError, quantity } from '../../test/scenarios/runner/reading.ts';
import { parseQuantity } from './quantity.ts';

/** A whole number, 1 or more. */
export const positive: Read<number> = (value, path) => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw new FormatError(path, `must be a whole number, 1 or more, is ${JSON.stringify(value)}`);
};

/** A number above 0, such as a rate. */
export const aboveZero: Read<number> = (value, path) => {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new FormatError(path, `must be a number above 0, is ${JSON.stringify(value)}`);
};

/** A Kubernetes quantity that can be added up; kept as it is written. */
export const amount: Read<string> = (value, path) => {
  const text = quantity(value, path);
  try {
    parseQuantity(text);
  } catch (error) {
    throw new FormatError(path, error instanceof Error ? error.message : String(error));
  }
  return text;
};
