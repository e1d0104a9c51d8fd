/**
 * Which faults come, and which come together: an endless plan that follows from a seed alone. When the next episode
 * begins is not planned; it waits until the one before is over and pods are placed again.
 *
 * @module
 */
import type { Fault, FaultKind } from './faults/kinds.ts';
import { Random } from './random.ts';

/** Faults that come together. */
export interface Episode {
  /** Of its kind of trouble; the faults' own names where they met by chance. */
  readonly name: string;
  readonly faults: readonly Fault[];
}

/** Shortest and longest, in milliseconds. */
type Range = readonly [number, number];

/** How long faults last. */
export interface Durations {
  /** SIGSTOP of extender, kube-scheduler or API server. */
  readonly freeze: Range;
  /** SIGSTOP of etcd. */
  readonly brief: Range;
  /** All others. */
  readonly other: Range;
}

/** Of a real run. */
export const FULL_DURATIONS: Durations = {
  freeze: [5_000, 90_000],
  brief: [500, 5_000],
  other: [1_000, 12_000],
};
/** Of a run within a minute. */
export const SHORT_DURATIONS: Durations = { freeze: [500, 2_500], brief: [200, 800], other: [300, 2_000] };

export interface ScheduleOptions {
  readonly seed: number;
  /** The kinds to choose from; at least one. */
  readonly kinds: readonly FaultKind[];
  readonly durations: Durations;
}

interface Combination {
  readonly name: string;
  readonly kinds: readonly FaultKind[];
  readonly faults: (dice: Dice) => Fault[];
}

/** Kinds of trouble that are more than their parts. */
const COMBINATIONS: readonly Combination[] = [
  {
    name: 'bindings of a dead extender wait in a stopped API server while the next one starts',
    kinds: ['api-server-freeze', 'extender-kill'],
    faults: (dice) => {
      const freeze = dice.fault('api-server-freeze', 0);
      return [freeze, { ...dice.fault('extender-kill', dice.within(100, 800)), forMs: 0 }];
    },
  },
  {
    name: 'bindings of a dead extender are carried out after the next one has started',
    kinds: ['binds-late', 'extender-kill'],
    faults: (dice) => [
      dice.fault('binds-late', 0),
      { ...dice.fault('extender-kill', dice.within(100, 800)), forMs: 0 },
    ],
  },
  {
    name: 'the API server restarts and history is compacted while the extender sees nothing',
    kinds: ['connections-refused', 'api-server-kill', 'etcd-compaction'],
    faults: (dice) => {
      const refused = dice.fault('connections-refused', 0);
      return [
        refused,
        { ...dice.fault('api-server-kill', refused.forMs * 0.3), forMs: 0 },
        dice.fault('etcd-compaction', refused.forMs * 0.6),
      ];
    },
  },
  {
    name: 'kube-scheduler and extender die at once',
    kinds: ['scheduler-kill', 'extender-kill'],
    faults: (dice) => [dice.fault('scheduler-kill', 0), dice.fault('extender-kill', dice.within(0, 300))],
  },
  {
    name: 'the API server dies while answers to bindings are lost',
    kinds: ['binds-unanswered', 'api-server-kill'],
    faults: (dice) => [
      dice.fault('binds-unanswered', 0),
      dice.fault('api-server-kill', dice.within(100, 500)),
    ],
  },
  {
    name: 'a frozen extender comes back beside deaf connections',
    kinds: ['extender-freeze', 'connections-half-open'],
    faults: (dice) => [dice.fault('extender-freeze', 0), dice.fault('connections-half-open', 100)],
  },
  {
    name: 'both API server and etcd hang, and the extender dies',
    kinds: ['etcd-freeze', 'api-server-freeze', 'extender-kill'],
    faults: (dice) => [
      dice.fault('etcd-freeze', 0),
      dice.fault('api-server-freeze', 50),
      dice.fault('extender-kill', dice.within(100, 500)),
    ],
  },
  {
    name: 'the token is void when the extender starts',
    kinds: ['token-revoked', 'extender-kill'],
    faults: (dice) => [dice.fault('token-revoked', 0), dice.fault('extender-kill', 500)],
  },
];

/** Episodes without end: first each kind once, then single ones, pairs and combinations. */
export function* episodes(options: ScheduleOptions): Generator<Episode, never> {
  const random = new Random(options.seed);
  const dice = new Dice(random, options.durations);
  const possible = COMBINATIONS.filter(({ kinds }) => kinds.every((kind) => options.kinds.includes(kind)));
  for (const kind of random.shuffled(options.kinds)) yield single(dice, kind);
  for (;;) {
    const roll = random.next();
    if (roll < 0.35 && possible.length > 0) {
      const { name, faults } = random.pick(possible);
      yield { name, faults: faults(dice) };
    } else if (roll < 0.75 && options.kinds.length > 1) yield several(dice, random, options.kinds);
    else yield single(dice, random.pick(options.kinds));
  }
}

function single(dice: Dice, kind: FaultKind): Episode {
  return { name: kind, faults: [dice.fault(kind, 0)] };
}

function several(dice: Dice, random: Random, kinds: readonly FaultKind[]): Episode {
  const chosen = random.shuffled(kinds).slice(0, random.integer(2, 3));
  const faults = chosen.map((kind, index) => dice.fault(kind, index === 0 ? 0 : dice.within(0, 1_500)));
  return { name: chosen.join(' + '), faults };
}

class Dice {
  readonly #random: Random;
  readonly #durations: Durations;

  constructor(random: Random, durations: Durations) {
    this.#random = random;
    this.#durations = durations;
  }

  fault(kind: FaultKind, atMs: number): Fault {
    const { freeze, brief, other } = this.#durations;
    const range = kind === 'etcd-freeze' ? brief : kind.endsWith('-freeze') ? freeze : other;
    return {
      kind,
      atMs: Math.round(atMs),
      forMs: this.#random.duration(range),
      seed: this.#random.integer(0, 2 ** 31),
    };
  }

  within(least: number, most: number): number {
    return this.#random.integer(least, most);
  }
}

/** A line for people. */
export function describe({ name, faults }: Episode): string {
  const parts = faults.map(({ kind, atMs, forMs }) => `${kind} +${seconds(atMs)} for ${seconds(forMs)}`);
  const isPlain = faults.every(({ kind }) => name.includes(kind));
  return isPlain ? parts.join(', ') : `${name}: ${parts.join(', ')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
