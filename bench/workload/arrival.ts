/**
 * When each pod of a workload is due.
 *
 * @module
 */
import type { Arrival } from './format.ts';

/** Milliseconds from the start of the arrival until pod `index`, from 0, is due. */
export function dueMs(arrival: Arrival, index: number): number {
  switch (arrival.kind) {
    case 'once':
      return 0;
    case 'rate':
      return (index / arrival.perSecond) * 1_000;
    case 'waves':
      return Math.floor(index / arrival.pods) * arrival.everyMs;
  }
}

/** How it reads in a sentence. */
export function arrivalText(arrival: Arrival): string {
  switch (arrival.kind) {
    case 'once':
      return 'all at once';
    case 'rate':
      return `${arrival.perSecond} pods/s`;
    case 'waves':
      return `waves of ${arrival.pods} pods every ${arrival.everyMs / 1_000} s`;
  }
}
