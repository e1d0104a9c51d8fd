/**
 * Bindings on their way to the API server, and their answers on the way back. Each may be late, lost, repeated or
 * refused.
 *
 * @module
 */
import type { Binding, BindResult } from '../../src/scheduling/ports.ts';
import type { ApiServer } from './api-server.ts';
import type { Limits } from './limits.ts';
import type { Program } from './program.ts';
import type { Story } from './story.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A Binding that was sent is answered by then, and carried out by then or never: see UNCERTAIN_MS of compose.ts. */
const ANSWERED_BY_MS = 30_000;
const CARRIED_OUT_BY_MS = 55_000;

interface Flight {
  readonly binding: Binding;
  readonly program: Program;
  readonly sentMs: number;
  /** Disturbances of the API server that the program knew of, when it first sent this; undefined: not of all. */
  readonly passedAt: number | undefined;
  readonly answer: (result: BindResult) => void;
  /** What the API server did with it; undefined: nothing yet. */
  result: BindResult | undefined;
  isAnswered: boolean;
}

export class Flights {
  readonly #api: ApiServer;
  readonly #time: VirtualTime;
  readonly #story: Story;
  readonly #limits: Limits;
  #flights: Flight[] = [];

  constructor(parts: { api: ApiServer; time: VirtualTime; story: Story; limits: Limits }) {
    this.#api = parts.api;
    this.#time = parts.time;
    this.#story = parts.story;
    this.#limits = parts.limits;
  }

  get isEmpty(): boolean {
    return this.#flights.length === 0;
  }

  async send(binding: Binding, program: Program): Promise<BindResult> {
    const { name, nodeName } = binding;
    this.#story.note(`  ${name}: Binding to ${nodeName} sent`);
    const passedAt = this.#passedAt(binding, program);
    return new Promise((answer) => {
      this.#flights.push({
        binding,
        program,
        answer,
        sentMs: this.#time.nowMs(),
        passedAt,
        result: undefined,
        isAnswered: false,
      });
    });
  }

  /** The API server carries a Binding out. */
  carryOut(choice: number): void {
    const flight = pick(this.#flights.filter(isUndecided), choice);
    if (flight !== undefined) this.#carryOut(flight);
  }

  /** The answer arrives; of a Binding that was not carried out yet it is that nobody knows. */
  answer(choice: number, isLost: boolean): void {
    const flight = pick(this.#unanswered(), choice);
    if (flight === undefined) return;
    const lost = { outcome: 'unknown', message: 'lost' } as const;
    this.#answer(flight, isLost ? lost : (flight.result ?? lost));
  }

  /** The API server refuses a Binding without having looked at it; undefined: it is lost on the way there. */
  refuse(choice: number, status: 0 | 403 | 429 | undefined): void {
    const flight = pick(this.#unanswered().filter(isUndecided), choice);
    if (flight === undefined) return;
    const isRepeated = this.#flights.some(({ binding, result }) => binding === flight.binding && result);
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
    if (flight?.result?.outcome === 'bound')
      this.#flights.push({ ...flight, result: undefined, isAnswered: true });
  }

  /** The client gives up on old ones, and the API server as well. */
  grow(): void {
    for (const flight of this.#flights) {
      const ageMs = this.#time.nowMs() - flight.sentMs;
      if (ageMs >= ANSWERED_BY_MS && !flight.isAnswered)
        this.#answer(flight, flight.result ?? { outcome: 'unknown', message: 'timeout' });
      if (ageMs >= CARRIED_OUT_BY_MS) flight.result ??= { outcome: 'unknown', message: 'never arrived' };
    }
  }

  /** The sender died. @param landing bit by bit, which Bindings land before its successor lists. */
  senderDied(landing: number): void {
    this.#flights.filter(isUndecided).forEach((flight, i) => {
      if (((landing >> (i % 5)) & 1) === 1) this.#carryOut(flight);
    });
    this.#flights = [];
  }

  /** Forgets those that nothing can come of any more. */
  sweep(): void {
    this.#flights = this.#flights.filter(
      (flight) => !flight.isAnswered || isUndecided(flight) || this.#isUnseen(flight),
    );
  }

  /** Checks a Binding that says something new; one that may have landed may be said again. */
  #passedAt(binding: Binding, program: Program): number | undefined {
    const held = program.ledger.reservation(binding.uid);
    const isNew = held?.state === 'binding' && held.open === 1 && !held.isDoubtful;
    if (!isNew) return this.#flights.find((flight) => isSame(flight.binding, binding))?.passedAt;
    const mayLand = this.#flights.filter((flight) =>
      isUndecided(flight) ? this.#isBindable(flight.binding) : this.#isUnseen(flight),
    );
    this.#limits.checkSent(
      binding,
      program,
      mayLand.map((flight) => flight.binding),
    );
    return program.hasSeenDisturbances ? this.#api.disturbances : undefined;
  }

  /** Landed, and the sender's watch has not shown it. */
  #isUnseen({ binding, program, result }: Flight): boolean {
    return (
      result?.outcome === 'bound' &&
      this.#api.pods.has(binding.uid) &&
      program.pods.get(binding.uid)?.nodeName === undefined
    );
  }

  #carryOut(flight: Flight): void {
    const { binding, passedAt } = flight;
    flight.result = this.#api.bind(binding);
    this.#story.note(`  ${binding.name}: Binding carried out: ${flight.result.outcome}`);
    if (flight.result.outcome === 'bound' && passedAt === this.#api.disturbances)
      this.#limits.checkLanded(binding.uid);
  }

  #answer(flight: Flight, result: BindResult): void {
    flight.isAnswered = true;
    const { name, nodeName } = flight.binding;
    this.#story.note(`  ${name}: Binding to ${nodeName} answered ${result.outcome}`);
    flight.answer(result);
  }

  #unanswered(): Flight[] {
    return this.#flights.filter(({ isAnswered }) => !isAnswered);
  }

  /** One that names a version which the pod has left behind never lands. */
  #isBindable({ uid, resourceVersion }: Binding): boolean {
    const pod = this.#api.pods.get(uid);
    const isNamed = resourceVersion === undefined || resourceVersion === pod?.resourceVersion;
    return pod !== undefined && pod.nodeName === undefined && !pod.terminating && isNamed;
  }
}

function isSame(a: Binding, b: Binding): boolean {
  return a.uid === b.uid && a.nodeName === b.nodeName;
}

function isUndecided({ result }: Flight): boolean {
  return result === undefined;
}

function pick<Item>(items: readonly Item[], choice: number): Item | undefined {
  return items[choice % Math.max(1, items.length)];
}
