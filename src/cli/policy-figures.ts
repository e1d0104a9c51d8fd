/**
 * The part of the composition root for the metrics of policies: what is to be read when /metrics is asked for, and the
 * events that it follows for that.
 *
 * @module
 */
import { overshoots } from '../controllers/overshoots.ts';
import { PolicySamples } from '../controllers/policy-samples.ts';
import { Spend } from '../controllers/spend.ts';
import type { Labels } from '../facts/labels.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PriceList } from '../placement/price.ts';
import type { Condition } from '../policy/condition.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { MOST_POLICIES } from '../telemetry/catalogue.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Gauges, Metrics } from '../telemetry/metrics.ts';

export interface PolicyFiguresParts {
  readonly ledger: Ledger;
  /** All policies. */
  readonly policies: () => Iterable<ResourcePolicy>;
  readonly conditions: (policyKey: string) => readonly Condition[];
  /** Undefined: nobody asks what pods cost. */
  readonly prices: PriceList | undefined;
  readonly virtualNodes: Labels;
  /** Whether this replica decides now, so that places are held here and nowhere else. */
  readonly decides: () => boolean;
  readonly metrics: () => Pick<Metrics, 'overshot' | 'forget'>;
  readonly logger: Logger;
}

export interface PolicyFigures extends Pick<Gauges, 'shownPolicies' | 'sample'> {
  /** The watch shows the pod: `takeIn` puts it into the ledger. */
  podSeen(pod: PodFacts, takeIn: () => void): void;
  podGone(pod: PodFacts): void;
  /** The ledger has taken in that the node came, changed or went. */
  nodeChanged(node: NodeFacts): void;
  /** The ledger has taken in that the policy came or changed. */
  policySeen(policy: ResourcePolicy): void;
  policyGone(policy: ResourcePolicy): void;
}

export function composePolicyFigures(parts: PolicyFiguresParts): PolicyFigures {
  const { ledger, policies, conditions, prices, virtualNodes, decides, metrics, logger } = parts;
  const spend = prices === undefined ? undefined : new Spend({ prices, virtualNodes, ledger });
  const samples = new PolicySamples({
    ledger,
    policies,
    conditions,
    spend: spend === undefined ? undefined : (key) => spend.of(key),
    most: MOST_POLICIES,
  });
  return {
    shownPolicies: () => samples.shown(),
    sample: (policy) => samples.sample(policy),
    podSeen: (pod, takeIn) => {
      if (overshoots(ledger, pod, takeIn) && decides()) {
        metrics().overshot();
        const { namespace, name, recordedPolicy, recordedUnit, nodeName } = pod;
        logger.error(
          { pod: `${namespace}/${name}`, policy: recordedPolicy, unit: recordedUnit, node: nodeName },
          'a pod was bound beyond the limits of its unit; please report this',
        );
      }
      spend?.upsertPod(pod);
    },
    podGone: (pod) => spend?.removePod(pod),
    nodeChanged: (node) => spend?.nodeChanged(node),
    policySeen: ({ namespace }) => spend?.policiesChanged(namespace),
    policyGone: (policy) => {
      metrics().forget(policy);
      spend?.policiesChanged(policy.namespace);
    },
  };
}
