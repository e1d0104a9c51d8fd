/**
 * The part of the composition root for what one process does for all: it keeps the status of policies and reports events
 * on them. Who it is, is settled by a Lease; every process composes this, and the one that leads works.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
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
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { StandingPolicy } from '../policy/standing-policy.ts';
import type { Logger } from '../telemetry/logger.ts';

const LEASE_NAME = 'resource-policy';
/** Where the Lease is when we run outside of the cluster. */
const LEASE_NAMESPACE = 'kube-system';

export interface LeaderWorkParts {
  readonly client: ApiClient;
  readonly credentials: Credentials;
  readonly patcher: Patcher;
  readonly ledger: Ledger;
  readonly nodes: () => Iterable<NamedNode>;
  readonly virtualNodes: Labels;
  readonly clock: { nowMs(): number };
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly logger: Logger;
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
  /** Takes part in the election; call it when everything has been listed. */
  start(): void;
  /** Finishes the write under way and leaves the work to another process. */
  stop(): Promise<void>;
}

export function composeLeaderWork(parts: LeaderWorkParts): LeaderWork {
  const { client, credentials, patcher, ledger, clock, schedule, logger } = parts;
  const identity = `${hostname()}_${randomUUID()}`;
  const name = { namespace: credentials.podNamespace ?? LEASE_NAMESPACE, name: LEASE_NAME };
  const log = new PolicyLog(logger);
  const timing = { clock, schedule, logger, leads: (): boolean => leader.leads };
  const recorder = new EventRecorder(client, identity);
  const events = new PolicyEvents({ ...timing, report: recorder.report.bind(recorder) });
  const findings = new StatusFindings({ ...parts, nodeCount: () => ledger.nodeCount });
  const status = new PolicyStatus({
    ...timing,
    figures: ledger.figures.bind(ledger),
    findings: (figures) => findings.of(figures),
    write: (policy, content) => patcher.writePolicyStatus(policy, { ...content }),
    warn: (policy, warnings) => events.warn(policy, warnings),
    timestamp: () => new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  const leader = new Leader({
    lease: new Lease(client, name),
    identity,
    clock,
    schedule,
    observer: {
      ...troubleLog(`${name.namespace}/${name.name}`, logger),
      elected: () => {
        logger.info({ identity }, 'leading: this process writes the status of policies');
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
    start: () => leader.start(),
    stop: async () => {
      await Promise.all([status.stop(), events.stop()]);
      await leader.stop();
    },
  };
}

function troubleLog(lease: string, logger: Logger): Pick<LeaderObserver, 'forbidden' | 'failing'> {
  return {
    forbidden: (message) =>
      logger.warn(
        { lease, wayOut: 'grant get, create and update on leases, as deploy/rbac.yaml does' },
        `the account may not use the lease, so the status of policies is not written: ${message}`,
      ),
    failing: (message) => logger.warn({ lease }, `the lease cannot be used, trying again: ${message}`),
  };
}
