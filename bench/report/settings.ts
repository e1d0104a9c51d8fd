/**
 * What was set or switched off for the measurement, in sentences: from the command lines of what ran, not from memory.
 *
 * @module
 */
import type { ControlPlane } from '../../test/control-plane/control-plane.ts';
import { readCommands } from '../../test/control-plane/kwokctl.ts';
import { completeSchedulerConfig } from '../../test/control-plane/scheduler-config.ts';
import { parse } from 'yaml';
import { CONNECTIONS } from '../cluster/pods-api.ts';
import type { Workload } from '../workload/workload.ts';

const LIMITS = /^--(max-(mutating-)?requests-inflight|enable-priority-and-fairness)=/;

export function describeSettings({ workDir }: ControlPlane, { start }: Workload): readonly string[] {
  const { clientConnection }: { clientConnection: { qps: number; burst: number } } = parse(
    completeSchedulerConfig({}, ''),
  );
  const apiServer = readCommands(workDir)['kube-apiserver'].args.filter((arg) => LIMITS.test(arg));
  return [
    `kube-scheduler: clientConnection.qps ${clientConnection.qps}, burst ${clientConnection.burst}; no leader election; the profile of deploy/kube-scheduler/in-place.yaml, sampling and extender as each variant says`,
    `kube-apiserver: ${apiServer.join(' ')}`,
    'kube-controller-manager is switched off',
    start === undefined
      ? 'kwok is switched off: pods stay as they were bound'
      : 'kwok makes bound pods run after a random delay',
    'etcd writes to disk as in production (no --unsafe-no-fsync)',
    `pods are created and deleted over ${CONNECTIONS} connections`,
    'everything runs on one machine: control plane, extender, and what measures them',
  ];
}
