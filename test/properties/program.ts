/**
 * One life of the program: its parts as `serve` puts them together, with watches, timers and writes of the model.
 *
 * @module
 */
import { PodAlarms } from '../../src/controllers/pod-alarms.ts';
import { ROUND_MS, WaitingRoom } from '../../src/controllers/waiting-room.ts';
import { Waker } from '../../src/controllers/waker.ts';
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { ResourcePolicy } from '../../src/policy/resource-policy.ts';
import { Arrivals } from '../../src/scheduling/arrivals.ts';
import { Attempts } from '../../src/scheduling/attempts.ts';
import { Chooser } from '../../src/scheduling/chooser.ts';
import { Committer } from '../../src/scheduling/commit.ts';
import type { Decision } from '../../src/scheduling/decide.ts';
import { Decider } from '../../src/scheduling/decide.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import type { Binding, BindResult } from '../../src/scheduling/ports.ts';
import { Preemptor } from '../../src/scheduling/preempt.ts';
import { Scout } from '../../src/scheduling/scout.ts';
import { Waits } from '../../src/scheduling/waits.ts';
import { VIRTUAL_NODES } from '../support/builders.ts';
import type { ApiServer, Kind, Objects } from './api-server.ts';
import type { Nodes } from './rules.ts';
import type { VirtualTime } from './virtual-time.ts';
import { Watch } from './watch.ts';

export interface ProgramParts {
  readonly api: ApiServer;
  readonly time: Pick<VirtualTime, 'nowMs' | 'after'>;
  readonly wallClock: () => number;
  readonly bind: (binding: Binding, program: Program) => Promise<BindResult>;
  readonly openGate: (pod: PodFacts, program: Program) => Promise<'patched' | 'gone' | 'failed'>;
  readonly readPod: (name: string, program: Program) => Promise<PodFacts | undefined>;
}

const UNCONSTRAINED = podConstraints({});
const RESERVED_MS = 60_000;
const UNCERTAIN_MS = 120_000;

type Watches = { readonly [K in Kind]: Watch<Objects[K]> };

export class Program {
  readonly ledger: Ledger;
  readonly preemptor: Preemptor;
  readonly committer: Committer;
  readonly arrivals: Arrivals;
  readonly watches: Watches;
  /** What the watches delivered. */
  readonly pods = new Map<string, PodFacts>();
  readonly nodes: Nodes;
  readonly policies = new Map<string, ResourcePolicy>();
  readonly #waker: Waker;
  readonly #waitingRoom: WaitingRoom;
  readonly #decider: Decider;

  constructor(parts: ProgramParts) {
    const { api, time, wallClock } = parts;
    const clock = { nowMs: time.nowMs };
    const ledger = new Ledger({
      virtualNodes: VIRTUAL_NODES,
      clock,
      checksAtBind: true,
      listener: {
        room: (group) => this.#waker.room(group),
        released: (released) => {
          if (released.some(({ isInWaitingRoom }) => isInWaitingRoom)) this.#waitingRoom.lookEverywhere();
          for (const pod of released) if (!pod.isGated) alarms.set(pod, 'released', 0);
        },
        counted: () => undefined,
        miscosted: () => undefined,
        doubtful: (pod) => alarms.set(pod, 'binding-lost', 0),
        held: (group) => this.#waitingRoom.look(group),
      },
    });
    this.ledger = ledger;
    const wake = async ({ uid }: PodFacts): Promise<'patched' | 'gone'> => {
      if (!api.pods.has(uid)) return 'gone';
      api.changePod(uid, {}, 'harmless');
      return 'patched';
    };
    this.#waker = new Waker({ ledger, clock, wake, isLeading: () => true, schedule: time.after });
    const alarms = new PodAlarms({ ledger, clock, wake, isLeading: () => true, schedule: time.after });
    const matcher = new Matcher(ledger);
    const arrivals = new Arrivals({ ledger, matcher, clock, virtualNodes: VIRTUAL_NODES });
    this.arrivals = arrivals;
    const waitingRoom = new WaitingRoom({
      ledger,
      clock,
      isLeading: () => true,
      open: async (pod) => parts.openGate(pod, this),
      // Nobody has to wait for the round: it is there for what nobody thought of.
      schedule: (run, delayMs) => (delayMs === ROUND_MS ? () => undefined : time.after(run, delayMs)),
    });
    this.#waitingRoom = waitingRoom;
    const chooser = new Chooser(
      ledger,
      new Waits({
        wallClock,
        began: ({ uid }, waitingSince) => api.changePod(uid, { waitingSince }, 'harmless'),
        waiting: (pod, leftMs) => alarms.set(pod, 'wait-over', leftMs),
      }),
      new Attempts({ clock, retry: (pod, afterMs) => alarms.set(pod, 'attempt-over', afterMs) }),
    );
    // Offers of so few nodes are complete: there is nothing to scout for.
    const scout = new Scout({
      ledger,
      clock,
      percentage: 0,
      nominate: async () => false,
      retry: (pod, afterMs) => alarms.set(pod, 'nomination-over', afterMs),
      remind: (pod, afterMs) => alarms.set(pod, 'nomination-unheard', afterMs),
    });
    const offers = { saw: () => undefined };
    const core = { ledger, matcher, chooser, scout, offers, view: { unready: () => undefined } };
    this.#decider = new Decider(core);
    this.preemptor = new Preemptor(core);
    this.committer = new Committer({
      ...core,
      binder: { bind: async (binding) => parts.bind(binding, this) },
      pods: { readPod: async (_, name) => parts.readPod(name, this) },
    });

    const nodes = new Map<string, Objects['nodes']>();
    this.nodes = nodes;
    this.watches = {
      pods: new Watch(time.nowMs, {
        upsert: (pod) => {
          this.pods.set(pod.uid, pod);
          const isNewInLine = ledger.pod(pod.uid)?.isInWaitingRoom !== pod.isInWaitingRoom;
          ledger.upsertPod(pod);
          if (isNewInLine) arrivals.seen(pod);
        },
        remove: (pod) => {
          this.pods.delete(pod.uid);
          ledger.removePod(pod);
          scout.done(pod.uid);
        },
      }),
      nodes: new Watch(time.nowMs, {
        upsert: (node) => {
          nodes.set(node.name, node);
          ledger.upsertNode(node);
        },
        remove: (node) => {
          nodes.delete(node.name);
          ledger.removeNode(node);
        },
      }),
      policies: new Watch(time.nowMs, {
        upsert: (policy) => {
          this.policies.set(policy.name, policy);
          ledger.upsertPolicy(policy);
        },
        remove: (policy) => {
          this.policies.delete(policy.name);
          ledger.removePolicy(policy);
        },
      }),
    };
    for (const kind of ['policies', 'nodes', 'pods'] as const) this.relist(kind, api);
    this.drain();
    this.#waker.roomEverywhere();
    waitingRoom.lookEverywhere();
  }

  decide(pod: PodFacts, candidates: readonly string[]): Decision {
    return this.#decider.decide({ pod, candidates, constraints: () => UNCONSTRAINED });
  }

  /** The connection broke: all that exists now is listed, to be delivered item by item. */
  relist(kind: Kind, api: ApiServer): void {
    const { pods, nodes, policies } = this.watches;
    if (kind === 'pods') pods.relist(api.items('pods'));
    else if (kind === 'nodes') nodes.relist(api.items('nodes'));
    else policies.relist(api.items('policies'));
  }

  drain(): void {
    for (const kind of ['policies', 'nodes', 'pods'] as const) this.watches[kind].deliver(Infinity);
  }

  /** Whether everything that could bring a unit over its limits was delivered. */
  get hasSeenDisturbances(): boolean {
    return !Object.values(this.watches).some(({ owesDisturbance }) => owesDisturbance);
  }

  expire(): void {
    const { currentAtMs } = this.watches.pods;
    this.ledger.expire({ reservedMs: RESERVED_MS, uncertainMs: UNCERTAIN_MS, currentAtMs });
  }
}
