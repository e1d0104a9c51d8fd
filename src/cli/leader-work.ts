/**
 * The part of the composition root for what one replica does for all: it decides and binds, keeps the status of policies
 * and reports events on them. Which one, is settled by a Lease; every replica composes this, and the one that leads works.
 *
 * @module
 */
import { hostname } from 'node:os';
import type { ApiClient } from '../cluster/api-client.ts';
import type { Credentials } from '../cluster/credentials.ts';
import { EventRecorder } from '../cluster/events.ts';
import type { LeaderObserver } from '../cluster/leader.ts';
import { Leader } from '../cluster/leader.ts';
import { Lease } from '../cluster/lease.ts';
import type { Patcher } from '../cluster/patcher.ts';
import { PolicyEvents } from '../controllers/policy-events.ts';
import { PolicyLog } from '../controllers/policy-log.ts';
import { PolicyStatus } from '../controllers/policy-status.ts';
import { StatusFindings } from '../controllers/status-findings.ts';
import type { Labels } from '../facts/labels.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { NamedNode } from '../placement/finding.ts';
import type { Condition } from '../policy/condition.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { StandingPolicy } from '../policy/standing-policy.ts';
import type { Logger } from '../telemetry/logger.ts';

const LEASE_NAME = 'resource-policy';
/** Where the Lease is when we run outside of the cluster. */
const LEASE_NAMESPACE = 'kube-system';

export interface LeaderWorkParts {
  readonly client: ApiClient;
  /** For the lease alone. */
  readonly leaseClient: ApiClient;
  readonly credentials: Credentials;
  readonly patcher: Patcher;
  readonly ledger: Ledger;
  readonly nodes: () => Iterable<NamedNode>;
  readonly virtualNodes: Labels;
  /** What is wrong with the number of nodes that kube-scheduler offers; undefined: nothing. */
  readonly samplingProblem: () => string | undefined;
  readonly clock: { nowMs(): number };
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly logger: Logger;
  /** Whether the lease may go to another replica that asks for it. */
  readonly mayYield: () => boolean;
  /** It leads from now on; `isBehind`: another may have bound pods that are not yet seen. */
  readonly elected: (how: { isBehind: boolean }) => void;
  /** Further work of the leader: told when it begins, and when it ends. */
  readonly others: readonly { lead(): void; follow(): void }[];
}

export interface LeaderWork {
  /** The watch shows a policy. */
  seen(policy: StandingPolicy): void;
  /** The watch shows a policy gone. */
  gone(policy: ResourcePolicy): void;
  /** A figure of the policy may have changed. */
  counted(policyKey: string): void;
  /** Conditions of the policy as its status has them. */
  conditions(policyKey: string): readonly Condition[];
  /** Something that concerns every policy may have changed. */
  lookEverywhere(): void;
  /** Whether this replica leads at this very moment. */
  isLeading(): boolean;
  /** Asks the replica that leads to let this one lead. */
  want(): void;
  /**
   * Takes part in the election; call it when everything has been listed.
   *
   * @param address where this replica listens: with the host's name its identity, the same after a restart.
   */
  start(address: string): void;
  /** Finishes the write under way and leaves the work to another process. */
  stop(): Promise<void>;
}

export function composeLeaderWork(parts: LeaderWorkParts): LeaderWork {
  const { client, credentials, patcher, ledger, clock, schedule, logger } = parts;
  const name = { namespace: credentials.podNamespace ?? LEASE_NAMESPACE, name: LEASE_NAME };
  const log = new PolicyLog(logger);
  const timing = { clock, schedule, logger, leads: (): boolean => leader?.leads === true };
  const recorder = new EventRecorder(client, hostname());
  const events = new PolicyEvents({ ...timing, report: recorder.report.bind(recorder) });
  const findings = new StatusFindings({ ...parts, nodeCount: () => ledger.nodeCount });
  const status = new PolicyStatus({
    ...timing,
    figures: ledger.figures.bind(ledger),
    findings: (figures) => findings.of(figures),
    samplingProblem: parts.samplingProblem,
    write: (policy, content) => patcher.writePolicyStatus(policy, { ...content }),
    warn: (policy, warnings) => events.warn(policy, warnings),
    timestamp: () => new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  let leader: Leader | undefined;
  const leaderNamed = (identity: string): Leader =>
    new Leader({
      lease: new Lease(parts.leaseClient, name),
      identity,
      mayYield: parts.mayYield,
      clock,
      schedule,
      observer: {
        ...troubleLog(`${name.namespace}/${name.name}`, logger),
        elected: (after) => {
          logger.info(
            { identity, after },
            'leading: this replica decides, and writes the status of policies',
          );
          parts.elected({ isBehind: after !== undefined && after !== identity });
          status.lookEverywhere();
          for (const other of parts.others) other.lead();
        },
        deposed: () => {
          logger.info({ identity }, 'no longer leading');
          for (const other of parts.others) other.follow();
        },
      },
    });
  return {
    seen: (policy) => {
      log.seen(policy);
      status.seen(policy);
    },
    gone: (policy) => {
      log.gone(policy);
      status.gone(policy);
      events.gone(policy);
    },
    counted: (policyKey) => status.counted(policyKey),
    conditions: (policyKey) => status.conditions(policyKey),
    lookEverywhere: () => status.lookEverywhere(),
    isLeading: () => leader?.leads === true,
    want: () => leader?.want(),
    start: (address) => {
      leader = leaderNamed(`${hostname()}_${address}`);
      leader.start();
    },
    stop: async () => {
      await Promise.all([status.stop(), events.stop()]);
      await leader?.stop();
    },
  };
}

function troubleLog(lease: string, logger: Logger): Pick<LeaderObserver, 'forbidden' | 'failing'> {
  return {
    forbidden: (message) =>
      logger.error(
        { lease, wayOut: 'grant get, create and update on leases, as deploy/rbac.yaml does' },
        `the account may not use the lease, so nothing is decided: ${message}`,
      ),
    failing: (message) => logger.warn({ lease }, `the lease cannot be used, trying again: ${message}`),
  };
}
