/**
 * What the bound pods of each policy cost an hour, kept up to date event by event, so that reading it walks no pods. Pods
 * that are billed by themselves cost their size. A node that is billed is shared by the policies whose pods are on it, in
 * proportion to these pods.
 *
 * @module
 */
import type { Decimal } from '../facts/decimal.ts';
import { decimalText, shareOf } from '../facts/decimal.ts';
import type { Labels } from '../facts/labels.ts';
import { carriesAll } from '../facts/labels.ts';
import type { NodeFacts } from '../facts/node-facts.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PriceList } from '../placement/price.ts';
import { chargeOf, costOf, priceOf } from '../placement/price.ts';
import { selects } from '../policy/match.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { SpendSample } from '../telemetry/policy-samples.ts';

const HOUR_SECONDS = 3_600;

export interface SpendParts {
  readonly prices: PriceList;
  /** Labels by which virtual nodes are known. */
  readonly virtualNodes: Labels;
  /** It takes in each event before this does. */
  readonly ledger: Pick<Ledger, 'policiesOf' | 'node'>;
}

interface Line {
  readonly price: string;
  readonly isSpot: boolean;
}

/** What a pod costs its policy. */
type Cost =
  | { readonly kind: 'own'; readonly line: Line; readonly perHour: Decimal }
  | { readonly kind: 'shared'; readonly line: Line; readonly perHour: Decimal; readonly nodeName: string }
  | { readonly kind: 'unpriced' };

interface Booking {
  readonly policy: string;
  readonly cost: Cost;
}

/** What a billed node costs: the policies on it share it. */
interface Share {
  readonly line: Line;
  readonly perHour: Decimal;
  readonly pods: Map<string, number>;
}

interface Sum extends Line {
  perHour: Decimal;
  /** Pods and shares that are in it. */
  parts: number;
}

interface Account {
  readonly sums: Map<string, Sum>;
  unpriced: number;
}

export class Spend {
  readonly #parts: SpendParts;
  /** Bound pods by UID. */
  readonly #pods = new Map<string, PodFacts>();
  readonly #byNamespace = new Map<string, Set<string>>();
  readonly #byNode = new Map<string, Set<string>>();
  readonly #bookings = new Map<string, Booking>();
  readonly #shares = new Map<string, Share>();
  readonly #accounts = new Map<string, Account>();

  constructor(parts: SpendParts) {
    this.#parts = parts;
  }

  upsertPod(pod: PodFacts): void {
    this.removePod(pod);
    if (pod.nodeName === undefined || pod.finished) return;
    this.#pods.set(pod.uid, pod);
    add(this.#byNamespace, pod.namespace, pod.uid);
    add(this.#byNode, pod.nodeName, pod.uid);
    this.#book(pod);
  }

  removePod({ uid }: PodFacts): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    this.#unbook(uid);
    this.#pods.delete(uid);
    remove(this.#byNamespace, pod.namespace, uid);
    remove(this.#byNode, pod.nodeName ?? '', uid);
  }

  /** The node has come, gone or changed. */
  nodeChanged({ name }: Pick<NodeFacts, 'name'>): void {
    this.#rebook(this.#byNode.get(name));
  }

  /** A policy of the namespace has come, gone or changed. */
  policiesChanged(namespace: string): void {
    this.#rebook(this.#byNamespace.get(namespace));
  }

  /** Of a policy as `namespace/name`. */
  of(key: string): SpendSample {
    const { sums, unpriced } = this.#accounts.get(key) ?? NOTHING;
    return {
      currency: this.#parts.prices.currency,
      lines: [...sums.values()].map(({ price, isSpot, perHour }) => ({
        price,
        isSpot,
        perHour: Number(decimalText(perHour)),
      })),
      unpricedPods: unpriced,
    };
  }

  #rebook(uids: Iterable<string> = []): void {
    for (const uid of uids) {
      const pod = this.#pods.get(uid);
      this.#unbook(uid);
      if (pod !== undefined) this.#book(pod);
    }
  }

  #book(pod: PodFacts): void {
    const policy = this.#policyOf(pod);
    const cost = policy === undefined ? undefined : this.#costOf(pod);
    if (policy === undefined || cost === undefined) return;
    const booking = { policy, cost };
    this.#bookings.set(pod.uid, booking);
    this.#apply(booking, 1);
  }

  #unbook(uid: string): void {
    const booking = this.#bookings.get(uid);
    if (booking === undefined) return;
    this.#bookings.delete(uid);
    this.#apply(booking, -1);
  }

  /** Of several that select it, the one that placed it, or the first by name: no pod is paid for twice. */
  #policyOf({ namespace, labels, recordedPolicy }: PodFacts): string | undefined {
    const selecting = this.#parts.ledger.policiesOf(namespace).filter((policy) => selects(policy, labels));
    const placed = selecting.find(({ name }) => name === recordedPolicy);
    const policy = placed ?? selecting.toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
    return policy && policyKey(policy);
  }

  /** Undefined: nothing, its machine is paid for already. */
  #costOf(pod: PodFacts): Cost | undefined {
    const { prices, virtualNodes, ledger } = this.#parts;
    const nodeName = pod.nodeName ?? '';
    const labels = ledger.node(nodeName)?.labels ?? {};
    const price = priceOf(prices, labels);
    if (price === undefined) return carriesAll(labels, virtualNodes) ? { kind: 'unpriced' } : undefined;
    if (price.by === 'node') {
      const line = { price: price.name, isSpot: false };
      return { kind: 'shared', line, perHour: costOf(price.rate, HOUR_SECONDS, 1), nodeName };
    }
    const charge = chargeOf(price, pod);
    if (charge === undefined) return { kind: 'unpriced' };
    const line = { price: price.name, isSpot: charge.isSpot };
    return { kind: 'own', line, perHour: costOf(charge.rate, HOUR_SECONDS, 1) };
  }

  #apply({ policy, cost }: Booking, difference: 1 | -1): void {
    const account = this.#accounts.get(policy) ?? { sums: new Map(), unpriced: 0 };
    this.#accounts.set(policy, account);
    switch (cost.kind) {
      case 'own':
        put(account, cost.line, cost.perHour, difference);
        break;
      case 'shared':
        this.#share(policy, cost, difference);
        break;
      case 'unpriced':
        account.unpriced += difference;
    }
    if (account.sums.size === 0 && account.unpriced === 0) this.#accounts.delete(policy);
  }

  #share(
    policy: string,
    { nodeName, line, perHour }: Extract<Cost, { kind: 'shared' }>,
    difference: 1 | -1,
  ): void {
    const share = this.#shares.get(nodeName) ?? { line, perHour, pods: new Map<string, number>() };
    this.#shares.set(nodeName, share);
    this.#settle(share, -1);
    const pods = (share.pods.get(policy) ?? 0) + difference;
    if (pods === 0) share.pods.delete(policy);
    else share.pods.set(policy, pods);
    this.#settle(share, 1);
    if (share.pods.size === 0) this.#shares.delete(nodeName);
  }

  #settle({ line, perHour, pods }: Share, difference: 1 | -1): void {
    const all = [...pods.values()].reduce((sum, count) => sum + count, 0);
    for (const [policy, count] of pods) {
      const account = this.#accounts.get(policy);
      if (account !== undefined) put(account, line, shareOf(perHour, count, all), difference);
    }
  }
}

const NOTHING: Account = { sums: new Map(), unpriced: 0 };

function put({ sums }: Account, { price, isSpot }: Line, perHour: Decimal, difference: 1 | -1): void {
  const key = `${isSpot} ${price}`;
  const sum = sums.get(key) ?? { price, isSpot, perHour: 0n, parts: 0 };
  sum.perHour += BigInt(difference) * perHour;
  sum.parts += difference;
  if (sum.parts === 0) sums.delete(key);
  else sums.set(key, sum);
}

function add(index: Map<string, Set<string>>, key: string, uid: string): void {
  const uids = index.get(key);
  if (uids === undefined) index.set(key, new Set([uid]));
  else uids.add(uid);
}

function remove(index: Map<string, Set<string>>, key: string, uid: string): void {
  const uids = index.get(key);
  if (uids?.delete(uid) === true && uids.size === 0) index.delete(key);
}
