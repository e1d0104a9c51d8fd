/**
 * Gates of the waiting room that the program is taking off: a read of the pod, and a write that holds for the version
 * that was read. Each may be late, fail, or be carried out without the program's being told.
 *
 * @module
 */
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { Pin } from '../../src/placement/pin.ts';
import type { ApiServer } from './api-server.ts';
import type { Program } from './program.ts';
import type { Story } from './story.ts';
import type { VirtualTime } from './virtual-time.ts';

type Opened = 'patched' | 'gone' | 'failed';

/** The client gives up by then. */
const ANSWERED_BY_MS = 30_000;

interface Opening {
  readonly uid: string;
  readonly program: Program;
  readonly sentMs: number;
  readonly answer: (opened: Opened) => void;
  /** Undefined: it was not read yet. */
  read: { readonly pod: PodFacts; readonly pin: Pin | undefined } | undefined;
}

export class Gates {
  readonly #api: ApiServer;
  readonly #time: VirtualTime;
  readonly #story: Story;
  #openings: Opening[] = [];

  constructor(parts: { api: ApiServer; time: VirtualTime; story: Story }) {
    this.#api = parts.api;
    this.#time = parts.time;
    this.#story = parts.story;
  }

  get isEmpty(): boolean {
    return this.#openings.length === 0;
  }

  async open({ uid }: PodFacts, program: Program): Promise<Opened> {
    const isOpening = this.#openings.some((opening) => opening.uid === uid);
    this.#story.expect(!isOpening, () => `the gate of ${uid} is taken off twice at a time`);
    this.#story.note(`  ${uid} is let out`);
    return new Promise((answer) => {
      this.#openings.push({ uid, program, answer, sentMs: this.#time.nowMs(), read: undefined });
    });
  }

  /** The program reads the pod, and decides where to. */
  read(choice: number): void {
    const opening = this.#openings[choice % Math.max(1, this.#openings.length)];
    if (opening !== undefined) this.#read(opening);
  }

  /** All that is left to do is done. */
  carryOut(choice: number): void {
    const opening = this.#openings[choice % Math.max(1, this.#openings.length)];
    if (opening === undefined) return;
    this.#read(opening);
    this.#answer(opening, this.#write(opening));
  }

  /** @param isWritten the answer alone is lost. */
  fail(choice: number, isWritten: boolean): void {
    const opening = this.#openings[choice % Math.max(1, this.#openings.length)];
    if (opening === undefined) return;
    if (isWritten) {
      this.#read(opening);
      this.#write(opening);
    }
    this.#answer(opening, 'failed');
  }

  /** The client gives up on old ones. */
  grow(): void {
    const isLate = ({ sentMs }: Opening): boolean => this.#time.nowMs() - sentMs >= ANSWERED_BY_MS;
    for (const opening of this.#openings.filter(isLate)) this.#answer(opening, 'failed');
  }

  /** @param landing bit by bit, which writes of the process that died are carried out. */
  senderDied(landing: number): void {
    this.#openings.forEach((opening, i) => {
      if (opening.read !== undefined && ((landing >> (i % 5)) & 1) === 1) this.#write(opening);
    });
    this.#openings = [];
  }

  #read(opening: Opening): void {
    const pod = this.#api.pods.get(opening.uid);
    if (pod === undefined || opening.read !== undefined) return;
    const pin = pod.isInWaitingRoom
      ? opening.program.arrivals.leaves({ ...pod, constraints: podConstraints({}) })
      : undefined;
    opening.read = { pod, pin };
  }

  #write({ uid, read }: Opening): Opened {
    if (read === undefined) return 'gone';
    const { pod, pin } = read;
    if (!pod.isInWaitingRoom) return 'patched';
    const nodeNames = pin === undefined ? {} : { nodeNames: pin.nodeNames };
    const isOpen = this.#api.openGate(pod, { pinnedUnit: pin?.unit.name, ...nodeNames });
    if (isOpen) this.#story.note(`  ${uid} is out${pin === undefined ? '' : `, pinned to ${pin.unit.name}`}`);
    return isOpen ? 'patched' : this.#api.pods.has(uid) ? 'failed' : 'gone';
  }

  #answer(opening: Opening, opened: Opened): void {
    this.#openings = this.#openings.filter((other) => other !== opening);
    opening.answer(opened);
  }
}
