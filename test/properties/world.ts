/**
 * Everything around the program that can go wrong: an API server, watches that lag, Bindings that get lost, a
 * kube-scheduler that asks for anything it may ask for, users and other schedulers, and processes that die.
 *
 * @module
 */
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { ApiServer } from './api-server.ts';
import { Flights } from './flights.ts';
import { Gates } from './gates.ts';
import { KubeScheduler } from './kube-scheduler.ts';
import { Limits } from './limits.ts';
import { Program } from './program.ts';
import type { Setting } from './setting.ts';
import { Story } from './story.ts';
import { Users } from './users.ts';
import { VirtualTime } from './virtual-time.ts';
import { Webhook } from './webhook.ts';

interface PodRead {
  readonly program: Program;
  readonly name: string;
  readonly asOfCall: PodFacts | undefined;
  readonly resolve: (pod: PodFacts | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class World {
  readonly story = new Story();
  readonly time = new VirtualTime();
  readonly api: ApiServer;
  readonly users: Users;
  readonly flights: Flights;
  readonly gates: Gates;
  readonly webhook: Webhook;
  readonly scheduler: KubeScheduler;
  /** The wall clock of the program's host, less virtual time. */
  wallAheadMs = 0;
  #lives = 0;
  #reads: PodRead[] = [];
  #program: Program;

  constructor(setting: Setting) {
    this.api = new ApiServer(this.time.nowMs);
    this.users = new Users(this.api, this.time, setting);
    const limits = new Limits(this.api, this.story);
    this.flights = new Flights({ api: this.api, time: this.time, story: this.story, limits });
    this.gates = new Gates({ api: this.api, time: this.time, story: this.story });
    this.#program = this.#started();
    const program = (): Program => this.#program;
    this.webhook = new Webhook({ api: this.api, users: this.users, story: this.story, program });
    this.scheduler = new KubeScheduler(this.api, this.story, program);
  }

  get program(): Program {
    return this.#program;
  }

  /** @param landing bit by bit, which Bindings on their way land before the new process lists. */
  restart(landing: number): void {
    this.flights.senderDied(landing);
    this.gates.senderDied(landing);
    this.#reads = [];
    this.time.clear();
    this.scheduler.preemptionsDisturbed();
    this.scheduler.reportAll();
    this.#program = this.#started();
  }

  /** A read of a pod returns: what was true at the call or what is true now, or fails. */
  answerRead(choice: number, kind: number): void {
    const read = this.#reads[choice % Math.max(1, this.#reads.length)];
    if (read === undefined) return;
    this.#reads = this.#reads.filter((other) => other !== read);
    if (kind % 4 === 0) read.reject(new Error('read failed'));
    else read.resolve(kind % 2 === 0 ? read.asOfCall : this.api.podNamed(read.name));
  }

  get hasReads(): boolean {
    return this.#reads.length > 0;
  }

  async advance(seconds: number): Promise<void> {
    for (let leftMs = seconds * 1_000; leftMs > 0;) {
      const ms = this.flights.isEmpty && this.gates.isEmpty ? leftMs : Math.min(leftMs, 5_000);
      this.time.advance(ms);
      this.flights.grow();
      this.gates.grow();
      await settle();
      leftMs -= ms;
    }
  }

  #started(): Program {
    const life = (this.#lives += 1);
    const program = new Program({
      api: this.api,
      time: {
        nowMs: this.time.nowMs,
        // What a process that died had still to do is not done.
        after: (run, delayMs) => this.time.after(() => (life === this.#lives ? run() : undefined), delayMs),
      },
      wallClock: () => this.time.nowMs() + this.wallAheadMs,
      // A process that died sends nothing any more.
      bind: async (binding, sender) =>
        sender === this.#program ? this.flights.send(binding, sender) : new Promise(() => undefined),
      openGate: async (pod, opener) =>
        opener === this.#program ? this.gates.open(pod, opener) : new Promise(() => undefined),
      readPod: async (name, reader) => this.#read(name, reader),
    });
    this.api.listener = (kind, change) => {
      const watch: { happened(happened: typeof change): void } = program.watches[kind];
      watch.happened(change);
    };
    return program;
  }

  async #read(name: string, program: Program): Promise<PodFacts | undefined> {
    const asOfCall = this.api.podNamed(name);
    return new Promise((resolve, reject) => {
      this.#reads.push({ program, name, asOfCall, resolve, reject });
    });
  }
}

/** Lets every promise that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}
