/**
 * The faults there are, by name.
 *
 * @module
 */

/** What each fault is. A list of names from here is what `--faults` takes. */
export const FAULTS = {
  'extender-kill': 'SIGKILL of an extender; started again at once or some time later',
  'extender-stop': 'SIGTERM of an extender, as in a rollout; started again when it has ended',
  'extender-freeze': 'SIGSTOP of an extender',
  'scheduler-kill': 'SIGKILL of a kube-scheduler; started again',
  'scheduler-freeze': 'SIGSTOP of a kube-scheduler',
  'api-server-kill': 'SIGKILL of the API server; started again',
  'api-server-freeze': 'SIGSTOP of the API server',
  'etcd-freeze': 'SIGSTOP of etcd',
  'etcd-compaction': 'etcd forgets all history up to now',
  'connections-reset': 'every connection between extender and API server breaks',
  'connections-refused': 'every connection breaks and none is accepted for a while',
  'connections-slow': 'bytes between extender and API server are held back',
  'connections-half-open': 'connections go deaf, and neither end is told',
  'watches-end': 'every watch ends in order',
  'watches-cut': 'every watch ends in the middle of an event',
  'watches-late': 'events arrive late',
  'watches-expire': 'every watch is told 410 Gone',
  'api-throttles': '429 with Retry-After',
  'api-errors': '500, 503 and 504, before or after the request was carried out',
  'binds-slow': 'Bindings are answered slowly',
  'binds-unanswered': 'Bindings are carried out and the connection breaks before the answer',
  'binds-late': 'Bindings are carried out after the extender has given them up',
  'patches-late': 'all writes but Bindings are carried out after the extender has given them up',
  'token-rotated': 'the token file gets another token',
  'token-revoked': 'the token is void, 401, until the file gets another one',
  'clock-step': 'the wall clock of an extender jumps, ahead or back',
  'leader-kill': 'SIGKILL of the kube-scheduler that leads and of the extender beside it, in either order',
  'leader-freeze': 'SIGSTOP of the kube-scheduler that leads and of the extender beside it, in either order',
} as const;

export type FaultKind = keyof typeof FAULTS;

/** One fault, as it is planned. */
export interface Fault {
  readonly kind: FaultKind;
  /** When it begins, in milliseconds from the beginning of its episode. */
  readonly atMs: number;
  /** How long it lasts, in milliseconds; those that are over at once make of it what they can. */
  readonly forMs: number;
  /** What is left to chance in it follows from this. */
  readonly seed: number;
}

/** All kinds; those of leaders need more than one replica. */
export function kindsFor(replicas: number): FaultKind[] {
  const needTwo: readonly string[] = ['leader-kill', 'leader-freeze'];
  return Object.keys(FAULTS)
    .filter(isFaultKind)
    .filter((kind) => replicas > 1 || !needTwo.includes(kind));
}

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULTS, name);
}
