/**
 * What metrics are read of when a test does not care.
 *
 * @module
 */
import type { Gauges } from '../../src/telemetry/metrics.ts';

/** A replica that stands by and sees nothing. */
export const QUIET_GAUGES: Gauges = {
  version: '1.2.3',
  isReady: () => true,
  isLeading: () => false,
  reservations: () => 0,
  trackedPods: () => 0,
  trackedNodes: () => 0,
  policies: () => 0,
  shownPolicies: () => [],
  sample: () => undefined,
  watchAges: () => [],
  samplingDiffers: () => false,
};
