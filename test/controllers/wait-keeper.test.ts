import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { WaitKeeper } from '../../src/controllers/wait-keeper.ts';
import { WAITING_ANNOTATION } from '../../src/facts/annotations.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aPod, VIRTUAL_NODES } from '../support/builders.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import { Timeline } from './timeline.ts';

/** Until a failed write is repeated. */
const RETRY_MS = 5_000;
const NOON = Date.UTC(2026, 0, 1, 12);
const pod = aPod('e1');

class Scene {
  readonly time = new Timeline();
  /** What was written, by pod, in order. */
  readonly written: [string, string | undefined][] = [];
  readonly log: string[] = [];
  /** The API server's answer to a write. */
  onWrite: () => Promise<void> = async () => undefined;
  readonly ledger = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: this.time,
    checksAtBind: true,
    listener: QUIET,
  });
  readonly keeper = new WaitKeeper({
    ledger: this.ledger,
    annotate: async ({ name }, annotations) => {
      this.written.push([name, annotations[WAITING_ANNOTATION]]);
      await this.onWrite();
    },
    schedule: this.time.schedule,
    logger: pino({ base: null }, { write: (line: string) => void this.log.push(JSON.parse(line).msg) }),
  });

  keep(since: Readonly<Record<string, number>>, of: PodBuilder = pod): void {
    this.keeper.keep(of.facts(), since);
  }
}

describe('since when a pod waits', () => {
  it('is written on it so that it is read back as it was', async () => {
    const scene = new Scene();
    const since = { ecs: NOON, 'ecs(pool=b,zone=a)': NOON + 1_234 };

    scene.keep(since);
    await scene.time.advance(0);

    const [[name, text] = []] = scene.written;
    expect(name).toBe('e1');
    expect(text).toBe('{"ecs":"2026-01-01T12:00:00.000Z","ecs(pool=b,zone=a)":"2026-01-01T12:00:01.234Z"}');
    expect(pod.annotated({ [WAITING_ANNOTATION]: text ?? '' }).facts().waitingSince).toEqual(since);
  });

  it('is written again until it can be, with a word in the log', async () => {
    const scene = new Scene();
    let failures = 2;
    scene.onWrite = async () => {
      if ((failures -= 1) >= 0) throw new Error('503');
    };

    scene.keep({ ecs: NOON });
    await scene.time.advance(RETRY_MS - 1);
    expect(scene.written).toHaveLength(1);
    await scene.time.advance(60_000);

    expect(scene.written).toHaveLength(3);
    expect(scene.log).toEqual(
      Array(2).fill('since when the pod waits could not be written, trying again: 503'),
    );
  });

  it('is not written to a pod that is gone', async () => {
    const scene = new Scene();
    scene.onWrite = async () => {
      scene.ledger.removePod(pod.facts());
      throw new Error('404');
    };

    scene.keep({ ecs: NOON });
    await scene.time.advance(60_000);

    expect(scene.written).toHaveLength(1);
    expect(scene.time.planned).toBe(0);
  });

  it('is not written after the end', async () => {
    const scene = new Scene();
    scene.onWrite = async () => Promise.reject(new Error('503'));

    scene.keep({ ecs: NOON });
    await scene.time.advance(0);
    scene.keeper.stop();
    scene.keep({ ecs: NOON }, aPod('e2'));
    await scene.time.advance(60_000);

    expect(scene.written).toHaveLength(1);
  });
});

describe('a pod that begins another wait', () => {
  const ECS = JSON.stringify({ ecs: '2026-01-01T12:00:00.000Z' });
  const BOTH = JSON.stringify({ ecs: '2026-01-01T12:00:00.000Z', eci: '2026-01-01T12:15:00.000Z' });
  const both = { ecs: NOON, eci: NOON + 15 * 60_000 };

  it('while the first could not be written keeps both', async () => {
    const scene = new Scene();
    scene.onWrite = async () => Promise.reject(new Error('503'));
    scene.keep({ ecs: NOON });
    await scene.time.advance(1_000);

    scene.onWrite = async () => undefined;
    scene.keep(both);
    await scene.time.advance(60_000);

    expect(scene.written.at(-1)).toEqual(['e1', BOTH]);
    expect(scene.time.planned).toBe(0);
  });

  it('while the first is being written writes the second after it', async () => {
    const scene = new Scene();
    const answers: (() => void)[] = [];
    scene.onWrite = async () => new Promise((resolve) => answers.push(resolve));
    scene.keep({ ecs: NOON });
    scene.keep(both);
    await scene.time.advance(0);
    expect(scene.written).toEqual([['e1', ECS]]);

    answers[0]?.();
    await scene.time.advance(0);

    expect(scene.written).toEqual([
      ['e1', ECS],
      ['e1', BOTH],
    ]);
  });

  it('long after the first was written writes both', async () => {
    const scene = new Scene();
    scene.keep({ ecs: NOON });
    await scene.time.advance(60_000);
    scene.keep(both);
    await scene.time.advance(60_000);

    expect(scene.written.map(([, text]) => text)).toEqual([ECS, BOTH]);
  });

  it('does not hold up another pod', async () => {
    const scene = new Scene();
    scene.onWrite = async () => new Promise(() => undefined);
    scene.keep({ ecs: NOON });
    scene.keep({ ecs: NOON }, aPod('e2'));
    await scene.time.advance(0);

    expect(scene.written.map(([name]) => name)).toEqual(['e1', 'e2']);
  });
});
