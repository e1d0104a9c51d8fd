/**
 * /bind: the commit point. The reservation is checked again, then ONE Binding carries the node, the policy's and
 * unit's names and the deletion cost. The answer waits for the API server's answer. The Binding names the version of the
 * pod that was decided upon: if the pod has changed since, the API server refuses it, and it is decided upon again.
 *
 * @module
 */
import { messageOf } from '../facts/message-of.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { isLater } from '../facts/resource-version.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Reserved, UnderWay } from '../ledger/reservation.ts';
import type { Verdict } from '../placement/choose.ts';
import { notInUnitText, refusalText } from '../placement/explain.ts';
import { unitsOpenTo } from '../placement/pin.ts';
import { fullness } from '../placement/usage.ts';
import type { BindOutcome } from '../telemetry/outcomes.ts';
import type { Matcher, Membership } from './matcher.ts';
import type { Binder, BindResult, PodReader, View } from './ports.ts';

/** What kube-scheduler asks for: this pod on this node. */
export interface BindRequest {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
}

export interface Commit {
  readonly outcome: BindOutcome;
  /** What kube-scheduler is told; undefined: the pod is bound. */
  readonly error: string | undefined;
  /** Where it was bound by this very call; absent: it was not, or no policy selects it. */
  readonly place?: Pick<Reserved, 'policy' | 'unit'>;
}

/** Whether the Binding may go out; the pod then holds its place, if a policy selects it. */
type Clearance = { readonly kind: 'cleared' } | { readonly kind: 'stopped'; readonly commit: Commit };

const CLEARED: Clearance = { kind: 'cleared' };

/** Statuses after which no other Binding of the pod can land either: the pod is gone, or bound elsewhere. */
const SETTLES_ALL: ReadonlySet<number> = new Set([404, 409]);

type Stale = Extract<BindResult, { outcome: 'stale' }>;

/** A pod that changes again before each of so many Bindings is left to kube-scheduler's next try. */
const MOST_ATTEMPTS = 5;

type Member = Extract<Membership, { kind: 'member' }>;

export interface CommitterParts {
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  readonly view: View;
  readonly binder: Binder;
  readonly pods: PodReader;
}

export class Committer {
  readonly #parts: CommitterParts;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Binds the pod, or says why not. Never rejects for a failure of the API server. */
  async bind(request: BindRequest): Promise<Commit> {
    const { ledger, view } = this.#parts;
    const unready = view.unready();
    if (unready !== undefined) return { outcome: 'not-ready', error: unready };
    let pod: PodFacts | string | undefined = await this.#facts(request);
    for (let attempt = 1; ; attempt += 1) {
      if (typeof pod === 'string') return { outcome: 'api-refused', error: pod };
      if (pod === undefined || ledger.isRemoved(request.uid)) {
        ledger.forget(request.uid);
        return { outcome: 'pod-gone', error: `pod ${request.namespace}/${request.name} no longer exists` };
      }
      const result = await this.#send(pod, request);
      if (result.outcome !== 'stale') return result;
      if (attempt === MOST_ATTEMPTS) {
        const error = `pod ${request.namespace}/${request.name} changes too often to be bound`;
        return { outcome: 'api-refused', error };
      }
      pod = laterOf(ledger.pod(request.uid), result.pod);
    }
  }

  /** Synchronous until the Binding goes out. */
  async #send(pod: PodFacts, request: BindRequest): Promise<Commit | Stale> {
    const { ledger, view, binder } = this.#parts;
    const unready = view.unready();
    if (unready !== undefined) return { outcome: 'not-ready', error: unready };
    if (pod.nodeName !== undefined) return boundAlready(pod.nodeName, request);
    const clearance = this.#clear(pod, request.nodeName);
    if (clearance.kind === 'stopped') return clearance.commit;
    const held = ledger.reservation(pod.uid);
    const marks = ledger.startBind(pod, request.nodeName);
    const { resourceVersion } = pod;
    // As the ledger has it: it takes the Binding for void once the pod has changed since.
    const isVersioned = marks !== undefined && resourceVersion !== '';
    const result = await binder.bind({ ...request, ...marks, ...(isVersioned ? { resourceVersion } : {}) });
    if (result.outcome !== 'stale') {
      const commit = this.#record(request, result);
      const isPlaced = commit.outcome === 'bound' && held?.state === 'reserved';
      return isPlaced ? { ...commit, place: { policy: held.policy, unit: held.unit } } : commit;
    }
    ledger.bindRefused(request.uid, { settlesAll: false });
    return result;
  }

  /**
   * The pod's facts: from the reservation or the watch, else (both lost in a restart that the watch has not caught up
   * with) from the API server. A text: they could not be read.
   */
  async #facts(request: BindRequest): Promise<PodFacts | string | undefined> {
    const { ledger, pods } = this.#parts;
    const seen = ledger.pod(request.uid);
    const held = ledger.reservation(request.uid)?.pod;
    if (seen !== undefined || held !== undefined) return laterOf(seen, held);
    try {
      const pod = await pods.readPod(request.namespace, request.name);
      // The watch may have shown it bound while it was being read.
      return pod?.uid === request.uid ? (ledger.pod(request.uid) ?? pod) : undefined;
    } catch (error) {
      return `pod ${request.namespace}/${request.name} could not be read: ${messageOf(error)}`;
    }
  }

  /** Synchronous from reading the counts to holding the place. */
  #clear(pod: PodFacts, nodeName: string): Clearance {
    const { ledger, matcher } = this.#parts;
    const held = ledger.reservation(pod.uid);
    const membership = matcher.membershipOf(pod);
    if (held !== undefined && held.state !== 'reserved') return repeat(held, membership, nodeName);
    if (membership.kind === 'none') {
      ledger.forget(pod.uid);
      return CLEARED;
    }
    if (membership.kind === 'unplaceable') {
      ledger.forget(pod.uid);
      return stopped(membership.text);
    }
    const isStillHeld = held?.policy === membership.policy && held.group === membership.group;
    if (
      isStillHeld &&
      ledger.nodesOf(held.policy, held.unit).has(nodeName) &&
      // A max lowered since /filter may leave more reservations than places.
      fullness(held.unit, ledger.usage(held.policy, held.group, held.unit, pod.uid), pod.requests) ===
        undefined
    ) {
      return CLEARED;
    }
    return this.#retake(pod, membership, nodeName);
  }

  /** No reservation holds (it was lost in a restart, expired, or the policy changed): the same rule again. */
  #retake(pod: PodFacts, { policy, group }: Member, nodeName: string): Clearance {
    const { ledger } = this.#parts;
    const units = unitsOpenTo(pod, policy).filter((unit) => ledger.nodesOf(policy, unit).has(nodeName));
    const verdicts: Verdict[] = [];
    for (const unit of units) {
      const full = fullness(unit, ledger.usage(policy, group, unit, pod.uid), pod.requests);
      if (full === undefined) {
        ledger.reserve({ pod, policy, group, unit });
        return CLEARED;
      }
      verdicts.push({ unit, passedOver: full });
    }
    ledger.forget(pod.uid);
    return stopped(units.length === 0 ? notInUnitText(policy, nodeName) : refusalText(policy, verdicts));
  }

  #record(request: BindRequest, result: Exclude<BindResult, Stale>): Commit {
    const { ledger } = this.#parts;
    switch (result.outcome) {
      case 'bound':
      case 'already-bound-here':
        ledger.bindLanded(request.uid);
        return { outcome: result.outcome === 'bound' ? 'bound' : 'already-bound', error: undefined };
      case 'refused':
        ledger.bindRefused(request.uid, { settlesAll: SETTLES_ALL.has(result.status) });
        return {
          outcome: result.status === 404 ? 'pod-gone' : 'api-refused',
          error: `the API server refused the binding: ${result.message}`,
        };
      case 'unknown': {
        const { nodeName } = request;
        const { resourceVersion: version } = result;
        ledger.bindUnknown(request.uid, version === undefined ? undefined : { nodeName, version });
        return { outcome: 'api-unknown', error: `the binding's answer was lost: ${result.message}` };
      }
    }
  }
}

/** A second /bind while the first is open: the same Binding may be repeated; another one holds no place. */
function repeat(held: UnderWay, membership: Membership, nodeName: string): Clearance {
  const isSame = held.targets.some((target) => target.nodeName === nodeName);
  if (isSame || membership.kind === 'none') return CLEARED;
  return stopped(`a binding of the pod to ${held.nodeName} is under way`);
}

/** A repetition of a Binding that the view shows already: nothing is held or written for it. */
function boundAlready(nodeName: string, request: BindRequest): Commit {
  if (nodeName === request.nodeName) return { outcome: 'already-bound', error: undefined };
  return { outcome: 'refused', error: `the pod is bound to ${nodeName}` };
}

/** kube-scheduler's view of a pod, which /filter brought, may be ahead of our own watch. */
function laterOf(seen: PodFacts | undefined, other: PodFacts | undefined): PodFacts | undefined {
  if (seen === undefined || other === undefined) return seen ?? other;
  return isLater(other.resourceVersion, seen.resourceVersion) ? other : seen;
}

function stopped(error: string): Clearance {
  return { kind: 'stopped', commit: { outcome: 'refused', error } };
}
