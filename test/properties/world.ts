/**
 * A model of everything around the ledger that can go wrong: an API server with an ordered history, a watch that
 * delivers it late, Bindings that land late, twice or never and whose answers are lost, a kube-scheduler that asks for
 * anything it may ask for, and processes that die. What is checked at every step is stated here independently of src/.
 *
 * @module
 */
import { POLICY_ANNOTATION, UNIT_ANNOTATION } from '../../src/facts/annotations.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { ResourcePolicy } from '../../src/policy/resource-policy.ts';
import { Committer } from '../../src/scheduling/commit.ts';
import type { Decision } from '../../src/scheduling/decide.ts';
import { Decider } from '../../src/scheduling/decide.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import type { Binding, BindResult } from '../../src/scheduling/ports.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { NO_SCOUT, plainChooser } from '../support/plain-chooser.ts';
import { QUIET } from '../support/quiet-listener.ts';
import { aNode, aPod, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';

export interface Setting {
  /** The second unit holds every node, so a node of the first is in both. */
  readonly isOverlapping: boolean;
  readonly ignoreTerminatingPod: boolean;
  readonly maxes: readonly [number, number];
  /** Each pod's group, and where it is at the start: nowhere, waiting, or on a node. */
  readonly pods: readonly { readonly group: string; readonly start: 'absent' | 'waiting' | NodeName }[];
}

export const NODES = ['ecs-0', 'ecs-1', 'eci-0'] as const;
export type NodeName = (typeof NODES)[number];

const POLICY = 'spark';
const RESERVED_MS = 60_000;
const UNCERTAIN_MS = 120_000;
/** A Binding that was sent is answered by then, and carried out by then or never: see UNCERTAIN_MS of compose.ts. */
const ANSWERED_BY_MS = 30_000;
const CARRIED_OUT_BY_MS = 55_000;

/** One Binding on its way. */
interface Flight {
  readonly binding: Binding;
  readonly process: Process;
  readonly sentMs: number;
  /** Max of its unit as the process knew it. */
  readonly passedUnder: number;
  readonly answer: (result: BindResult) => void;
  /** What the API server did with it; undefined: nothing yet. */
  result: BindResult | undefined;
  isAnswered: boolean;
}

interface PodRead {
  readonly process: Process;
  readonly name: string;
  readonly asOfCall: PodBuilder | undefined;
  readonly resolve: (pod: PodFacts | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** One life of the program. */
interface Process {
  readonly ledger: Ledger;
  readonly decider: Decider;
  readonly committer: Committer;
  /** Versions that the watch delivered, by uid. */
  readonly known: Map<string, PodBuilder>;
  /** Bindings whose answer was lost, by uid and node: the max under which they went out. */
  readonly doubts: Map<string, number>;
}

type PodEvent = {
  readonly atMs: number;
  readonly uid: string;
  readonly pod: PodBuilder;
  readonly isRemoval: boolean;
};

interface PolicyEvent {
  readonly policy: PolicyBuilder;
  readonly replaces: PolicyBuilder | undefined;
}

export class World {
  nowMs = 0;
  readonly trace: string[] = [];
  readonly #setting: Setting;
  readonly #unitNodes: readonly (readonly NodeName[])[];
  #maxes: readonly [number, number];
  #generation = 1;
  #policyUid = 1;
  #version = 0;
  /** The API server's pods by uid, and every version there ever was. */
  readonly #pods = new Map<string, PodBuilder>();
  readonly #history = new Map<string, PodBuilder[]>();
  readonly #lives: number[];
  readonly #boundOn = new Map<string, string>();
  readonly #passedUnder = new Map<string, number>();
  #podEvents: PodEvent[] = [];
  #policyEvents: PolicyEvent[] = [];
  #flights: Flight[] = [];
  #reads: PodRead[] = [];
  /** Nodes that some /filter answered, by uid; kube-scheduler may still act on any of them. */
  readonly #answered = new Map<string, Set<string>>();
  #order = 0;
  /** When the pod was last refused because its group was full, and when the group was last told to have room. */
  readonly #refusedFull = new Map<string, number>();
  readonly #roomTold = new Map<string, number>();
  #violation: string | undefined;
  #process: Process;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#unitNodes = [['ecs-0', 'ecs-1'], setting.isOverlapping ? NODES : ['eci-0']];
    this.#maxes = setting.maxes;
    this.#lives = setting.pods.map(() => 1);
    setting.pods.forEach(({ start }, i) => {
      if (start === 'absent') return;
      this.create(i);
      if (start === 'waiting') return;
      this.#write(this.#uid(i), (pod) => pod.on(start));
      this.#boundOn.set(this.#uid(i), start);
    });
    this.#process = this.#boot();
  }

  // ── the API server ───────────────────────────────────────────────────────────────────────────────────────────

  /** Creates the pod, or recreates it under its name. */
  create(i: number): void {
    const uid = this.#uid(i);
    if (this.#pods.has(uid)) return;
    if (this.#history.has(uid)) this.#lives[i] = (this.#lives[i] ?? 0) + 1;
    const created = aPod(`p${i}`)
      .uid(this.#uid(i))
      .ofGroup(this.#setting.pods[i]?.group ?? '');
    this.#store(this.#uid(i), created);
  }

  terminate(i: number): void {
    this.#write(this.#uid(i), (pod) => pod.terminating());
  }

  finish(i: number): void {
    if (this.#facts(this.#uid(i))?.nodeName === undefined) return;
    this.#write(this.#uid(i), (pod) => pod.finished());
  }

  delete(i: number): void {
    const uid = this.#uid(i);
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    this.#pods.delete(uid);
    this.#podEvents.push({ atMs: this.nowMs, uid, pod, isRemoval: true });
  }

  /** Another version that says nothing new, as after a wake. */
  touch(i: number): void {
    this.#write(this.#uid(i), (pod) => pod);
  }

  /** kube-scheduler writes that it could not place the pod; at times about a pod that is bound. */
  report(i: number, message: string): void {
    const uid = this.#uid(i);
    if (this.#facts(uid)?.unschedulable === message) return;
    this.#write(uid, (pod) => pod.unschedulable(message));
  }

  editPolicy(maxes: readonly [number, number]): void {
    this.#maxes = maxes;
    this.#generation += 1;
    this.#policyEvents.push({ policy: this.#policy(), replaces: undefined });
  }

  /** The policy is deleted and another one of its name created at once. */
  replacePolicy(maxes: readonly [number, number]): void {
    const replaces = this.#policy();
    this.#maxes = maxes;
    this.#policyUid += 1;
    this.#policyEvents.push({ policy: this.#policy(), replaces });
  }

  // ── the watch ────────────────────────────────────────────────────────────────────────────────────────────────

  deliverPods(count: number): void {
    for (const event of this.#podEvents.splice(0, count)) this.#deliver(event);
  }

  deliverPolicies(count: number): void {
    for (const event of this.#policyEvents.splice(0, count)) this.#deliverPolicy(event);
  }

  /** The connection broke: what happened in between arrives as the state of now, removals last. */
  relist(): void {
    this.#podEvents = [];
    const { known } = this.#process;
    const gone = [...known].filter(([uid]) => !this.#pods.has(uid));
    const now = { atMs: this.nowMs };
    for (const [uid, pod] of this.#pods) {
      const former = gone.find(([, was]) => factsOf(was).name === factsOf(pod).name);
      if (former !== undefined) this.#deliver({ ...now, uid: former[0], pod: former[1], isRemoval: true });
      if (known.get(uid) !== pod) this.#deliver({ ...now, uid, pod, isRemoval: false });
    }
    for (const [uid, pod] of gone) {
      if (known.has(uid)) this.#deliver({ ...now, uid, pod, isRemoval: true });
    }
  }

  drain(): void {
    this.deliverPods(Infinity);
    this.deliverPolicies(Infinity);
  }

  // ── kube-scheduler ───────────────────────────────────────────────────────────────────────────────────────────

  /** @param back how many versions kube-scheduler's view of the pod is behind. */
  filter(i: number, candidates: readonly string[], back = 0): Decision | undefined {
    const versions = (this.#history.get(this.#uid(i)) ?? []).filter((version) => {
      const { nodeName, terminating } = factsOf(version);
      return nodeName === undefined && !terminating;
    });
    const pod = versions[Math.max(0, versions.length - 1 - back)]?.facts();
    if (pod === undefined) return undefined;
    const decision = this.#process.decider.decide({
      pod,
      candidates,
      constraints: () => podConstraints({}),
    });
    this.#note(`  → ${decision.outcome === 'chosen' ? decision.nodeNames.join() : decision.outcome}`);
    this.#order += 1;
    if (decision.outcome === 'full') this.#refusedFull.set(pod.uid, this.#order);
    else this.#refusedFull.delete(pod.uid);
    if (decision.outcome === 'chosen') {
      const answered = this.#answered.get(pod.uid) ?? new Set();
      this.#answered.set(pod.uid, answered);
      for (const name of decision.nodeNames) {
        this.#expect(candidates.includes(name), `${name} was not offered`);
        answered.add(name);
      }
    }
    return decision;
  }

  /** Binds to a node of any answer there was; late, repeated and competing requests are all of this kind. */
  bind(i: number, choice: number): void {
    const nodes = [...(this.#answered.get(this.#uid(i)) ?? [])];
    const nodeName = nodes[choice % Math.max(1, nodes.length)];
    if (nodeName !== undefined) this.bindTo(i, nodeName);
  }

  bindTo(i: number, nodeName: string): void {
    const uid = this.#uid(i);
    void this.#bound(uid, nodeName, this.#process.committer).catch((error: unknown) => {
      this.#expect(false, `bind rejected: ${String(error)}`);
    });
  }

  async #bound(uid: string, nodeName: string, committer: Committer): Promise<void> {
    const name = uid.slice(0, uid.indexOf('-'));
    const { outcome, error } = await committer.bind({ namespace: 'default', name, uid, nodeName });
    this.#note(`  ${name}: bind to ${nodeName} → ${outcome}`);
    const isTrue = error !== undefined || this.#boundOn.get(uid) === nodeName;
    this.#expect(isTrue, `${name} was said to be on ${nodeName} and is not`);
  }

  // ── Bindings on their way ────────────────────────────────────────────────────────────────────────────────────

  /** The API server carries a Binding out. */
  carryOut(choice: number): void {
    const flight = pick(
      this.#flights.filter(({ result }) => result === undefined),
      choice,
    );
    if (flight === undefined) return;
    flight.result = this.#apply(flight);
    this.#note(`  ${flight.binding.name}: Binding carried out: ${flight.result.outcome}`);
  }

  /** The answer arrives; of a Binding that was not carried out yet it is that nobody knows. */
  answer(choice: number, isLost: boolean): void {
    const flight = pick(this.#unanswered(), choice);
    if (flight === undefined) return;
    const lost = { outcome: 'unknown', message: 'lost' } as const;
    this.#answer(flight, isLost ? lost : (flight.result ?? lost));
  }

  /** The API server refuses a Binding without having looked at it, or it is lost on the way there. */
  refuse(choice: number, status: 0 | 403 | 429 | undefined): void {
    const flight = pick(
      this.#unanswered().filter(({ result }) => result === undefined),
      choice,
    );
    if (flight === undefined) return;
    const isRepeated = this.#flights.some(({ binding }) => binding === flight.binding && flight.result);
    const result =
      status === undefined || isRepeated
        ? ({ outcome: 'unknown', message: 'lost' } as const)
        : ({ outcome: 'refused', status, message: 'no' } as const);
    flight.result = result;
    this.#answer(flight, result);
  }

  /** An unanswered Binding arrives twice; the second may come any time later. */
  duplicate(choice: number): void {
    const flight = pick(this.#unanswered(), choice);
    if (flight?.result?.outcome === 'bound') {
      this.#flights.push({ ...flight, result: undefined, isAnswered: true });
    }
  }

  /** A read of a pod returns: what was true at the call or what is true now, or fails. */
  answerRead(choice: number, kind: number): void {
    const read = pick(this.#reads, choice);
    if (read === undefined) return;
    this.#reads = this.#reads.filter((other) => other !== read);
    const now = [...this.#pods.values()].find((pod) => factsOf(pod).name === read.name);
    if (kind % 4 === 0) read.reject(new Error('read failed'));
    else read.resolve((kind % 2 === 0 ? read.asOfCall : now)?.facts());
  }

  // ── time and death ───────────────────────────────────────────────────────────────────────────────────────────

  async advance(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 5) {
      if (this.#flights.length === 0) {
        this.nowMs += left * 1_000;
        return;
      }
      this.nowMs += 5_000;
      for (const flight of this.#flights) {
        const age = this.nowMs - flight.sentMs;
        if (age >= ANSWERED_BY_MS && !flight.isAnswered) {
          this.#answer(flight, flight.result ?? { outcome: 'unknown', message: 'timeout' });
        }
        if (age >= CARRIED_OUT_BY_MS) flight.result ??= { outcome: 'unknown', message: 'never arrived' };
      }
      await settle();
    }
  }

  expire(): void {
    const [next] = this.#podEvents;
    const currentAtMs = next === undefined ? this.nowMs : next.atMs - 1;
    this.#process.ledger.expire({ reservedMs: RESERVED_MS, uncertainMs: UNCERTAIN_MS, currentAtMs });
  }

  /** @param landing bit by bit, which Bindings on their way land before the new process lists. */
  restart(landing: number): void {
    this.#flights
      .filter(({ result }) => result === undefined)
      .forEach((flight, i) => {
        if (((landing >> (i % 5)) & 1) === 1) flight.result = this.#apply(flight);
      });
    this.#flights = [];
    this.#reads = [];
    this.#process = this.#boot();
  }

  // ── what must be true ────────────────────────────────────────────────────────────────────────────────────────

  /** After every step. */
  async check(): Promise<void> {
    await settle();
    this.#flights = this.#flights.filter((flight) => !flight.isAnswered || flight.result === undefined);
    for (const [uid, pod] of this.#process.known) {
      const isHeld =
        factsOf(pod).nodeName !== undefined && this.#process.ledger.reservation(uid) !== undefined;
      this.#expect(!isHeld, `${uid} counts as bound and holds a place beside`);
    }
    for (const uid of this.#history.keys()) {
      const { ledger } = this.#process;
      const isHeld = ledger.isRemoved(uid) && ledger.reservation(uid) !== undefined;
      this.#expect(!isHeld, `${uid} is gone and holds a place`);
    }
    if (this.#violation !== undefined) throw new Error(`${this.#violation}\n${this.trace.join('\n')}`);
  }

  /** Once the watch has told everything and what was on its way has ended, the ledger is right and nobody is stuck. */
  async checkAtRest(): Promise<void> {
    while (this.#reads.length > 0) {
      this.answerRead(0, 1);
      await settle();
    }
    this.drain();
    await this.advance(CARRIED_OUT_BY_MS / 1_000 + 5);
    this.drain();
    this.#checkCounts();
    await this.advance((2 * UNCERTAIN_MS) / 1_000);
    this.expire();
    await this.check();
    const { ledger } = this.#process;
    this.#expect(ledger.reservationCount === 0, 'a reservation is left that nobody needs');
    this.#checkCounts();
    this.#checkNobodyForgotten();
    for (const i of this.#setting.pods.keys()) await this.#checkPlaced(i);
    await this.check();
  }

  #checkCounts(): void {
    const { ledger } = this.#process;
    const differences = ledger.audit();
    this.#expect(differences.length === 0, `audit: ${differences.join('; ')}`);
    for (const group of new Set(this.#setting.pods.map((pod) => pod.group))) {
      const counts = ledger.group({ policyKey: `default/${POLICY}`, group });
      for (const unit of [0, 1]) {
        const [held, real] = [counts?.bound[unit] ?? 0, this.#countedIn(unit, group).length];
        this.#expect(held === real, `${group} unit ${unit}: the ledger counts ${held}, there are ${real}`);
      }
    }
  }

  /** A pod refused because its group was full, and not told of the room since, would wait for minutes. */
  #checkNobodyForgotten(): void {
    for (const [uid, pod] of this.#pods) {
      const { nodeName, terminating } = factsOf(pod);
      const group = this.#groupOf(uid);
      const refused = this.#refusedFull.get(uid);
      if (nodeName !== undefined || terminating || refused === undefined || !this.#hasRoom(group)) continue;
      const told = this.#roomTold.get(group) ?? -1;
      this.#expect(told >= refused, `${uid} waits, its group has room, and nobody was told`);
    }
  }

  async #checkPlaced(i: number): Promise<void> {
    const uid = this.#uid(i);
    const pod = this.#facts(uid);
    if (pod === undefined || pod.terminating || pod.nodeName !== undefined) return;
    const group = this.#groupOf(uid);
    const first = [0, 1].find((unit) => this.#countedIn(unit, group).length < (this.#maxes[unit] ?? 0));
    this.#note(`at rest: filter p${i}`);
    const decision = this.filter(i, NODES);
    if (first === undefined) {
      this.#expect(decision?.outcome === 'full', `p${i} got ${decision?.outcome} in a full group`);
      return;
    }
    this.#expect(decision?.outcome === 'chosen', `p${i} is stuck: ${decision?.outcome}`);
    if (decision?.outcome !== 'chosen') return;
    const isFirst = decision.nodeNames.every((name) => this.#unitNodes[first]?.includes(name as NodeName));
    this.#expect(isFirst, `p${i} did not get unit ${first}`);
    this.bindTo(i, decision.nodeNames[0] ?? '');
    await settle();
    this.carryOut(0);
    this.answer(0, false);
    await this.check();
    this.#expect(this.#boundOn.has(uid), `p${i} could not be bound`);
    this.drain();
    this.#checkCounts();
  }

  /** Pods of the group that count in the unit, by uid: the ledger's rule, in other words. */
  #countedIn(unit: number, group: string): string[] {
    return [...this.#pods.keys()].filter(
      (uid) => this.#groupOf(uid) === group && this.#unitOf(this.#facts(uid)) === unit,
    );
  }

  #unitOf(pod: PodFacts | undefined): number | undefined {
    if (pod?.nodeName === undefined || pod.finished) return undefined;
    if (pod.terminating && this.#setting.ignoreTerminatingPod) return undefined;
    return this.#unitOn(pod.nodeName, pod.recordedUnit);
  }

  #unitOn(nodeName: string, recorded: string | undefined): number {
    const holders = [0, 1].filter((unit) => this.#unitNodes[unit]?.includes(nodeName as NodeName));
    return holders.find((unit) => this.#unitNames()[unit] === recorded) ?? holders[0] ?? -1;
  }

  #hasRoom(group: string): boolean {
    return [0, 1].some((unit) => this.#countedIn(unit, group).length < (this.#maxes[unit] ?? 0));
  }

  /** A Binding goes out: if all that may land did land, would its unit hold more than max? */
  #checkPassed(process: Process, binding: Binding): number {
    const [policy] = process.ledger.policiesOf('default');
    if (policy === undefined) return Infinity;
    const unit = this.#unitOn(binding.nodeName, binding.annotations?.[UNIT_ANNOTATION]);
    const group = this.#groupOf(binding.uid);
    const may = new Set(this.#countedIn(unit, group));
    for (const { result, binding: other } of this.#flights) {
      const canLand = result === undefined && this.#isBindable(other.uid);
      const isHere = this.#unitOn(other.nodeName, other.annotations?.[UNIT_ANNOTATION]) === unit;
      if (canLand && isHere && this.#groupOf(other.uid) === group) may.add(other.uid);
    }
    // A Binding of unknown fate may be repeated under the max under which it went out first.
    const open = this.#unanswered().filter(
      (flight) => flight.binding.uid === binding.uid && flight.binding.nodeName === binding.nodeName,
    );
    const doubt = process.doubts.get(`${binding.uid} ${binding.nodeName}`) ?? 0;
    const first = Math.max(doubt, ...open.map(({ passedUnder }) => passedUnder));
    const max = Math.max(policy.units[unit]?.max ?? Infinity, first);
    const isRepetition = may.has(binding.uid) || !this.#isBindable(binding.uid);
    const isWithin = isRepetition || may.size < max;
    const others = [...may].join();
    this.#expect(
      isWithin,
      `${binding.uid} was let into unit ${unit} (max ${max}) where ${others} are or may land`,
    );
    return max;
  }

  // ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

  #apply({ binding, passedUnder }: Flight): BindResult {
    const { uid, nodeName, annotations } = binding;
    const pod = this.#pods.get(uid);
    const facts = pod?.facts();
    if (pod === undefined) return { outcome: 'refused', status: 404, message: 'not found' };
    if (facts?.nodeName === nodeName) return { outcome: 'already-bound-here' };
    if (facts?.nodeName !== undefined || facts?.terminating === true) {
      return { outcome: 'refused', status: 409, message: 'conflict' };
    }
    this.#boundOn.set(uid, nodeName);
    this.#passedUnder.set(uid, passedUnder);
    const bound = annotations === undefined ? pod : pod.annotated(annotations);
    this.#write(uid, () => bound.on(nodeName));
    const unit = this.#unitOn(nodeName, annotations?.[UNIT_ANNOTATION]);
    const counted = this.#countedIn(unit, this.#groupOf(uid));
    const most = Math.max(...counted.map((other) => this.#passedUnder.get(other) ?? 0));
    this.#expect(counted.length <= most, `${counted.join()} are in unit ${unit} now, max is ${most}`);
    if (annotations !== undefined)
      this.#expect(annotations[POLICY_ANNOTATION] === POLICY, 'wrong policy recorded');
    return { outcome: 'bound' };
  }

  #answer(flight: Flight, result: BindResult): void {
    flight.isAnswered = true;
    const { binding, process, passedUnder } = flight;
    if (result.outcome === 'unknown') process.doubts.set(`${binding.uid} ${binding.nodeName}`, passedUnder);
    this.#note(`  ${flight.binding.name}: Binding to ${flight.binding.nodeName} answered ${result.outcome}`);
    flight.answer(result);
  }

  #unanswered(): Flight[] {
    return this.#flights.filter(({ isAnswered }) => !isAnswered);
  }

  #boot(): Process {
    this.#podEvents = [];
    this.#policyEvents = [];
    this.#refusedFull.clear();
    const ledger = new Ledger({
      virtualNodes: VIRTUAL_NODES,
      clock: { nowMs: () => this.nowMs },
      checksAtBind: true,
      listener: {
        ...QUIET,
        room: ({ group }) => {
          this.#order += 1;
          this.#roomTold.set(group, this.#order);
        },
      },
    });
    ledger.upsertPolicy(this.#policy().parsed());
    for (const name of NODES) {
      ledger.upsertNode((name.startsWith('eci') ? aNode(name).virtual() : aNode(name)).facts());
    }
    const known = new Map(this.#pods);
    for (const pod of known.values()) ledger.upsertPod(factsOf(pod));
    const matcher = new Matcher(ledger);
    const view = { unready: () => undefined };
    const process: Process = {
      ledger,
      known,
      doubts: new Map(),
      decider: new Decider({ ledger, matcher, view, chooser: plainChooser(ledger, () => this.nowMs), scout: NO_SCOUT }),
      committer: new Committer({
        ledger,
        matcher,
        view,
        binder: { bind: async (binding) => this.#send(process, binding) },
        pods: { readPod: async (_, name) => this.#read(process, name) },
      }),
    };
    return process;
  }

  async #send(process: Process, binding: Binding): Promise<BindResult> {
    // A process that died sends nothing any more.
    if (process !== this.#process) return new Promise(() => undefined);
    this.#note(`  ${binding.name}: Binding to ${binding.nodeName} sent`);
    const passedUnder = this.#checkPassed(process, binding);
    return new Promise((answer) => {
      this.#flights.push({
        binding,
        process,
        passedUnder,
        answer,
        sentMs: this.nowMs,
        result: undefined,
        isAnswered: false,
      });
    });
  }

  async #read(process: Process, name: string): Promise<PodFacts | undefined> {
    const asOfCall = [...this.#pods.values()].find((pod) => factsOf(pod).name === name);
    return new Promise((resolve, reject) => {
      this.#reads.push({ process, name, asOfCall, resolve, reject });
    });
  }

  #deliver({ uid, pod, isRemoval }: PodEvent): void {
    const { ledger, known } = this.#process;
    if (isRemoval) {
      known.delete(uid);
      ledger.removePod(factsOf(pod));
    } else {
      known.set(uid, pod);
      ledger.upsertPod(factsOf(pod));
    }
  }

  #deliverPolicy({ policy, replaces }: PolicyEvent): void {
    const { ledger } = this.#process;
    if (replaces !== undefined) ledger.removePolicy(replaces.parsed());
    ledger.upsertPolicy(policy.parsed());
  }

  #policy(): PolicyBuilder {
    const { isOverlapping, ignoreTerminatingPod } = this.#setting;
    const [first, second] = this.#maxes;
    return aPolicy(POLICY)
      .uid(`policy-${this.#policyUid}`)
      .generation(this.#generation)
      .perGroup()
      .spec({ ignoreTerminatingPod })
      .unit({ resource: 'ecs', max: first })
      .unit(isOverlapping ? { max: second } : { resource: 'eci', max: second });
  }

  #names: readonly string[] | undefined;

  #unitNames(): readonly string[] {
    this.#names ??= (this.#policy().parsed() satisfies ResourcePolicy).units.map(({ name }) => name);
    return this.#names;
  }

  #uid(i: number): string {
    return `p${i}-${this.#lives[i]}`;
  }

  #groupOf(uid: string): string {
    return this.#setting.pods[Number(uid.slice(1, uid.indexOf('-')))]?.group ?? '';
  }

  #isBindable(uid: string): boolean {
    const pod = this.#facts(uid);
    return pod !== undefined && pod.nodeName === undefined && !pod.terminating;
  }

  #facts(uid: string): PodFacts | undefined {
    const pod = this.#pods.get(uid);
    return pod === undefined ? undefined : factsOf(pod);
  }

  #write(uid: string, change: (pod: PodBuilder) => PodBuilder): void {
    const pod = this.#pods.get(uid);
    if (pod !== undefined) this.#store(uid, change(pod));
  }

  #store(uid: string, changed: PodBuilder): void {
    this.#version += 1;
    const pod = changed.version(String(this.#version));
    this.#pods.set(uid, pod);
    this.#history.set(uid, [...(this.#history.get(uid) ?? []), pod]);
    this.#podEvents.push({ atMs: this.nowMs, uid, pod, isRemoval: false });
  }

  #note(line: string): void {
    this.trace.push(line);
  }

  #expect(isTrue: boolean, otherwise: string): void {
    if (!isTrue) this.#violation ??= otherwise;
  }
}

const FACTS = new WeakMap<PodBuilder, PodFacts>();

/** Facts of a version, made once. */
function factsOf(pod: PodBuilder): PodFacts {
  let facts = FACTS.get(pod);
  if (facts === undefined) FACTS.set(pod, (facts = pod.facts()));
  return facts;
}

function pick<Item>(items: readonly Item[], choice: number): Item | undefined {
  return items[choice % Math.max(1, items.length)];
}

/** Lets every promise that can go on go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}
