/**
 * How much work a run gives the cluster.
 *
 * @module
 */
import type { LoadSize } from './load.ts';

/** Of a real run. */
export const FULL_LOAD: LoadSize = { burst: [800, 2_500], live: 3_500, backlog: 300, deployments: 4 };

/** Of a run within a minute. */
export const SHORT_LOAD: LoadSize = { burst: [150, 300], live: 600, backlog: 60, deployments: 2 };

/** Of a run that is long rather than high. */
export const CHURN_LOAD: LoadSize = { burst: [200, 500], live: 1_200, backlog: 150, deployments: 2 };
