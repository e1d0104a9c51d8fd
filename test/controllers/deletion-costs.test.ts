import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { DeletionCosts } from '../../src/controllers/deletion-costs.ts';
import { DELETION_COST_ANNOTATION, OWN_COST_ANNOTATION } from '../../src/facts/annotations.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import { Timeline } from './timeline.ts';

/** Until a failed write is repeated. */
const RETRY_MS = 5_000;
/** Writes under way at one time. */
const AT_ONCE = 4;
const spark = aPolicy('spark').unit({ resource: 'ecs' }).unit({ resource: 'eci' });
const onEci = (name: string): PodBuilder => aPod(name).on('eci-0');
const pod = onEci('v1');

type Annotations = Readonly<Record<string, string | null>>;

class Scene {
  readonly time = new Timeline();
  /** What was written, by pod, in order. */
  readonly written: [string, Annotations][] = [];
  readonly log: string[] = [];
  /** The API server's answer to a write. */
  onWrite: (name: string) => Promise<void> = async () => undefined;
  readonly ledger = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: this.time,
    checksAtBind: true,
    listener: { ...QUIET, miscosted: (miscosted) => this.costs.check(miscosted) },
  });
  readonly costs: DeletionCosts = new DeletionCosts({
    ledger: this.ledger,
    annotate: async ({ name }, annotations) => {
      this.written.push([name, annotations]);
      await this.onWrite(name);
    },
    schedule: this.time.schedule,
    logger: pino({ base: null }, { write: (line: string) => void this.log.push(JSON.parse(line).msg) }),
  });

  constructor({ isLeading = true } = {}) {
    if (isLeading) this.costs.lead();
    this.ledger.upsertNode(aNode('eci-0').virtual().facts());
    this.ledger.upsertNode(aNode('ecs-0').facts());
    this.ledger.upsertPolicy(spark.parsed());
  }

  /** The watch shows pods. */
  sees(...pods: readonly PodBuilder[]): void {
    for (const each of pods) this.ledger.upsertPod(each.facts());
  }

  get names(): readonly string[] {
    return this.written.map(([name]) => name);
  }
}

const cost = (value: string | null): Annotations => ({
  [DELETION_COST_ANNOTATION]: value,
  [OWN_COST_ANNOTATION]: value,
});

describe('the leader corrects', () => {
  it('a pod that somebody else bound, once', async () => {
    const scene = new Scene();

    scene.sees(pod);
    await scene.time.advance(0);
    scene.sees(pod.version('2').ownCost(-100));
    await scene.time.advance(60_000);

    expect(scene.written).toEqual([['v1', cost('-100')]]);
  });

  it('pods whose policy is gone', async () => {
    const scene = new Scene();
    scene.sees(pod.ownCost(-100));

    scene.ledger.removePolicy(spark.parsed());
    await scene.time.advance(0);

    expect(scene.written).toEqual([['v1', cost(null)]]);
  });

  it('never a user’s cost', async () => {
    const scene = new Scene();

    scene.sees(pod.deletionCost(7), onEci('v2').ownCost(-100).deletionCost(1));
    scene.ledger.removePolicy(spark.parsed());
    await scene.time.advance(60_000);

    expect(scene.written).toEqual([]);
  });

  it('by what is right when the pod’s turn comes', async () => {
    const scene = new Scene();
    const answers: (() => void)[] = [];
    scene.onWrite = async () => new Promise((resolve) => answers.push(resolve));
    const others = Array.from({ length: AT_ONCE }, (_, i) => onEci(`first${i}`));
    scene.sees(...others, pod, onEci('v2'), onEci('v3'));
    await scene.time.advance(0);

    scene.ledger.removePod(onEci('v2').facts());
    scene.sees(onEci('v3').version('2').deletionCost(7));
    scene.ledger.upsertPolicy(
      spark
        .generation(2)
        .spec({
          units: [
            { resource: 'ecs' },
            { resource: 'acs', max: 0, nodeSelector: { a: 'b' } },
            { resource: 'eci' },
          ],
        })
        .parsed(),
    );
    for (const answer of answers.splice(0)) answer();
    await scene.time.advance(0);

    expect(scene.written.slice(AT_ONCE).filter(([name]) => name.startsWith('v'))).toEqual([
      ['v1', cost('-200')],
    ]);
  });
});

describe('many pods', () => {
  it('are corrected a few at a time: bindings must not wait for them', async () => {
    const scene = new Scene();
    const answers: (() => void)[] = [];
    scene.onWrite = async () => new Promise((resolve) => answers.push(resolve));

    scene.sees(...Array.from({ length: 10 }, (_, i) => onEci(`v${i}`)));
    await scene.time.advance(60_000);
    expect(scene.names).toEqual(['v0', 'v1', 'v2', 'v3']);
    answers.shift()?.();
    await scene.time.advance(0);
    expect(scene.names.slice(AT_ONCE)).toEqual(['v4']);
    while (answers.length > 0) {
      for (const answer of answers.splice(0)) answer();
      await scene.time.advance(0);
    }

    expect(scene.names).toEqual(Array.from({ length: 10 }, (_, i) => `v${i}`));
  });

  it('are each written once, however often the watch shows them meanwhile', async () => {
    const scene = new Scene();
    const answers: (() => void)[] = [];
    scene.onWrite = async () => new Promise((resolve) => answers.push(resolve));

    scene.sees(pod, pod.version('2'), pod.version('3'));
    await scene.time.advance(0);
    expect(scene.names).toEqual(['v1']);
    scene.sees(pod.version('4').ownCost(-100));
    answers[0]?.();
    await scene.time.advance(60_000);

    expect(scene.names).toEqual(['v1']);
  });
});

describe('a write that fails', () => {
  it('is repeated until it succeeds, with a word in the log', async () => {
    const scene = new Scene();
    let failures = 2;
    scene.onWrite = async () => {
      if ((failures -= 1) >= 0) throw new Error('503');
    };

    scene.sees(pod);
    await scene.time.advance(RETRY_MS - 1);
    expect(scene.names).toHaveLength(1);
    await scene.time.advance(60_000);

    expect(scene.names).toHaveLength(3);
    expect(scene.log).toEqual(Array(2).fill('deletion cost could not be corrected, trying again: 503'));
  });

  it('is repeated for each of several pods, and the others go on', async () => {
    const scene = new Scene();
    const failing = new Set(['v1', 'v2']);
    scene.onWrite = async (name) => {
      if (failing.delete(name)) throw new Error('503');
    };

    scene.sees(pod, onEci('v2'), onEci('v3'));
    await scene.time.advance(1);
    expect(scene.names).toEqual(['v1', 'v2', 'v3']);
    scene.sees(onEci('v3').version('2').ownCost(-100));
    await scene.time.advance(60_000);

    expect(scene.names).toEqual(['v1', 'v2', 'v3', 'v1', 'v2']);
  });

  it('is not repeated for a pod that is gone', async () => {
    const scene = new Scene();
    scene.onWrite = async () => Promise.reject(new Error('503'));

    scene.sees(pod);
    await scene.time.advance(1);
    scene.ledger.removePod(pod.facts());
    await scene.time.advance(60_000);

    expect(scene.names).toEqual(['v1']);
  });
});

describe('a process that does not lead', () => {
  it('writes nothing; when it leads, it finds what others left undone', async () => {
    const scene = new Scene({ isLeading: false });
    scene.sees(pod, onEci('right').ownCost(-100), onEci('users').deletionCost(7), aPod('first').on('ecs-0'));
    await scene.time.advance(60_000);
    expect(scene.written).toEqual([]);

    scene.costs.lead();
    await scene.time.advance(0);

    expect(scene.written).toEqual([['v1', cost('-100')]]);
  });

  it('writes no more from when it is told, not even what had failed', async () => {
    const scene = new Scene();
    scene.onWrite = async () => Promise.reject(new Error('503'));
    scene.sees(...Array.from({ length: 6 }, (_, i) => onEci(`v${i}`)));
    await scene.time.advance(1);
    const { length } = scene.written;

    scene.costs.follow();
    expect(scene.time.planned).toBe(0);
    scene.sees(onEci('v9'));
    await scene.time.advance(60_000);

    expect(scene.written).toHaveLength(length);
  });

  it('plans nothing for a write that fails when it no longer leads', async () => {
    const scene = new Scene();
    const failures: (() => void)[] = [];
    scene.onWrite = async () =>
      new Promise((_resolve, reject) => failures.push(() => reject(new Error('503'))));
    scene.sees(pod);
    scene.costs.follow();
    failures[0]?.();
    await scene.time.advance(0);

    expect(scene.log).toHaveLength(1);
    expect(scene.time.planned).toBe(0);
  });

  it('begins no write that was waiting for its turn', async () => {
    const scene = new Scene();
    const answers: (() => void)[] = [];
    scene.onWrite = async () => new Promise((resolve) => answers.push(resolve));
    scene.sees(...Array.from({ length: 10 }, (_, i) => onEci(`v${i}`)));
    await scene.time.advance(0);

    scene.costs.follow();
    for (const answer of answers.splice(0)) answer();
    await scene.time.advance(60_000);

    expect(scene.written).toHaveLength(AT_ONCE);
  });
});
