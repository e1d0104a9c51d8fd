import { describe, expect, it } from 'vitest';
import { PodAlarms } from '../../src/controllers/pod-alarms.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import { Timeline } from './timeline.ts';

type Woken = 'patched' | 'gone' | 'failed';

/** Until a pod that could not be woken is tried again. */
const RETRY_MS = 1_000;

class Scene {
  readonly time = new Timeline();
  /** When each pod was woken, in order. */
  readonly woken: [string, number][] = [];
  /** The API server's answer to waking a pod. */
  onWake: (pod: PodFacts) => Promise<Woken> = async () => 'patched';
  isLeading = true;
  readonly ledger = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: this.time,
    checksAtBind: true,
    listener: QUIET,
  });
  readonly alarms = new PodAlarms({
    ledger: this.ledger,
    clock: this.time,
    schedule: this.time.schedule,
    isLeading: () => this.isLeading,
    wake: (pod) => {
      this.woken.push([pod.name, this.time.nowMs()]);
      return this.onWake(pod);
    },
  });

  set(pod: PodBuilder, afterMs: number, cause: Parameters<PodAlarms['set']>[1] = 'wait-over'): void {
    this.alarms.set(pod.facts(), cause, afterMs);
  }
}

const pod = aPod('e1');

describe('a pod is woken', () => {
  it('when its time has come, once', async () => {
    const scene = new Scene();

    scene.set(pod, 5_000);
    await scene.time.advance(4_999);
    expect(scene.woken).toEqual([]);
    await scene.time.advance(60_000);

    expect(scene.woken).toEqual([['e1', 5_000]]);
    expect(scene.time.planned).toBe(0);
  });

  it('in the order of the times, whatever the order in which they were set', async () => {
    const scene = new Scene();

    scene.set(aPod('late'), 3_000);
    scene.set(aPod('soon'), 1_000);
    scene.set(aPod('later'), 9_000);
    scene.set(aPod('mid'), 2_000);
    await scene.time.advance(10_000);

    expect(scene.woken).toEqual([
      ['soon', 1_000],
      ['mid', 2_000],
      ['late', 3_000],
      ['later', 9_000],
    ]);
  });

  it('at once when the time is now or past', async () => {
    const scene = new Scene();

    scene.set(pod, 0);
    scene.set(aPod('e2'), -7);
    await scene.time.advance(0);

    expect(scene.woken).toEqual([
      ['e1', 0],
      ['e2', 0],
    ]);
  });

  it.for([
    ['later', 8_000],
    ['sooner', 2_000],
  ] as const)('at the time set last, %s', async ([, afterMs]) => {
    const scene = new Scene();

    scene.set(pod, 5_000);
    scene.set(pod, afterMs);
    await scene.time.advance(60_000);

    expect(scene.woken).toEqual([['e1', afterMs]]);
  });

  it('for each cause at its own time', async () => {
    const scene = new Scene();

    scene.set(pod, 5_000, 'wait-over');
    scene.set(pod, 1_000, 'attempt-over');
    scene.set(pod, 3_000, 'released');
    await scene.time.advance(60_000);

    expect(scene.woken.map(([, atMs]) => atMs)).toEqual([1_000, 3_000, 5_000]);
  });

  it('though the watch has not shown it yet', async () => {
    const scene = new Scene();
    scene.set(pod, 1_000);
    await scene.time.advance(1_000);

    expect(scene.ledger.pod('uid-e1')).toBeUndefined();
    expect(scene.woken).toHaveLength(1);
  });
});

describe('a replica that does not lead', () => {
  it('keeps the alarm of a pod that waits, and forgets that of one that is gone', async () => {
    const scene = new Scene();
    scene.isLeading = false;
    for (const name of ['there', 'gone']) scene.set(aPod(name), 1_000);
    scene.ledger.removePod(aPod('gone').facts());
    await scene.time.advance(60_000);
    expect(scene.time.planned).toBe(1);
    scene.ledger.removePod(aPod('there').facts());
    await scene.time.advance(60_000);
    expect([scene.woken, scene.time.planned]).toEqual([[], 0]);
  });
});

describe('a pod that turns out to be gone', () => {
  const spark = aPolicy('spark').unit({ resource: 'ecs', max: 1 });

  function sceneOfLostBinding(): Scene {
    const scene = new Scene();
    const policy = spark.parsed();
    scene.ledger.upsertNode(aNode('ecs-0').facts());
    scene.ledger.upsertPolicy(policy);
    const [unit] = policy.units;
    scene.ledger.reserve({ pod: pod.facts(), policy, group: '', unit: unit! });
    scene.ledger.startBind(pod.facts(), 'ecs-0');
    scene.ledger.bindUnknown(pod.facts().uid);
    scene.set(pod, 0, 'binding-lost');
    scene.onWake = async () => 'gone';
    return scene;
  }

  it('leaves its place to others, if the watch never showed it', async () => {
    const scene = sceneOfLostBinding();
    expect(scene.ledger.reservationCount).toBe(1);
    await scene.time.advance(0);
    expect(scene.ledger.reservationCount).toBe(0);
  });

  it('is asked about until it is seen or gone: it may go while the watch is away', async () => {
    const scene = sceneOfLostBinding();
    scene.onWake = async () => 'patched';
    await scene.time.advance(10_000);
    expect(scene.woken.map(([, atMs]) => atMs)).toEqual([0, 5_000, 10_000]);
    scene.onWake = async () => 'gone';
    await scene.time.advance(60_000);
    expect(scene.woken).toHaveLength(4);
    expect(scene.ledger.reservationCount).toBe(0);
  });

  it('is changed once when the watch has shown it: that shows the rest', async () => {
    const scene = sceneOfLostBinding();
    scene.onWake = async () => 'patched';
    scene.ledger.upsertPod(pod.facts());
    await scene.time.advance(60_000);
    expect(scene.woken).toHaveLength(1);
  });

  it('keeps it until the watch shows its end, if that has shown it', async () => {
    const scene = sceneOfLostBinding();
    scene.ledger.upsertPod(pod.facts());
    await scene.time.advance(60_000);
    expect(scene.ledger.reservationCount).toBe(1);
    scene.ledger.removePod(pod.facts());
    expect(scene.ledger.reservationCount).toBe(0);
  });
});

describe('a pod is not woken', () => {
  const cases: Record<string, (ledger: Ledger) => void> = {
    'that is bound by then': (ledger) => ledger.upsertPod(pod.version('2').on('ecs-0').facts()),
    'that is gone by then': (ledger) => ledger.removePod(pod.facts()),
  };

  it.for(Object.entries(cases))('%s', async ([, happens]) => {
    const scene = new Scene();
    scene.ledger.upsertPod(pod.facts());

    scene.set(pod, 1_000);
    happens(scene.ledger);
    await scene.time.advance(60_000);

    expect(scene.woken).toEqual([]);
    expect(scene.time.planned).toBe(0);
  });

  it('after the end', async () => {
    const scene = new Scene();

    scene.set(pod, 1_000);
    scene.alarms.stop();
    scene.set(aPod('e2'), 1_000);
    await scene.time.advance(60_000);

    expect(scene.woken).toEqual([]);
    expect(scene.time.planned).toBe(0);
  });
});

it('nothing is kept of a pod that is bound or gone', async () => {
  const scene = new Scene();
  scene.set(pod, 60_000);
  scene.set(pod, 90_000, 'released');
  scene.alarms.done(pod.facts().uid);
  await scene.time.advance(3_600_000);
  expect([scene.woken, scene.time.planned]).toEqual([[], 0]);
});

it('many pods are woken a few at a time: the rest as answers come', async () => {
  const scene = new Scene();
  const answers: (() => void)[] = [];
  scene.onWake = async () => new Promise((resolve) => answers.push(() => resolve('patched')));
  for (let index = 0; index < 150; index += 1) scene.set(aPod(`e${index}`), 1_000);
  const woken: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await scene.time.advance(round === 0 ? 5_000 : 0);
    woken.push(scene.woken.length);
    answers.splice(0).forEach((answer) => answer());
  }
  expect(woken).toEqual([64, 128, 150, 150]);
});

describe('a pod that could not be woken', () => {
  it('is woken again until it can be', async () => {
    const scene = new Scene();
    let failures = 2;
    scene.onWake = async () => ((failures -= 1) >= 0 ? 'failed' : 'patched');

    scene.set(pod, 5_000);
    await scene.time.advance(60_000);

    expect(scene.woken.map(([, atMs]) => atMs)).toEqual([5_000, 5_000 + RETRY_MS, 5_000 + 2 * RETRY_MS]);
  });

  it('is left alone when it no longer exists', async () => {
    const scene = new Scene();
    scene.onWake = async () => 'gone';

    scene.set(pod, 5_000);
    await scene.time.advance(60_000);

    expect(scene.woken).toHaveLength(1);
  });

  it('is not woken again when it is bound meanwhile', async () => {
    const scene = new Scene();
    scene.onWake = async () => 'failed';

    scene.set(pod, 5_000);
    await scene.time.advance(5_000);
    scene.ledger.upsertPod(pod.on('ecs-0').facts());
    await scene.time.advance(60_000);

    expect(scene.woken).toHaveLength(1);
  });

  it('keeps an alarm that was set while it was being woken', async () => {
    const scene = new Scene();
    const answers: ((answer: Woken) => void)[] = [];
    scene.onWake = async () => new Promise((resolve) => answers.push(resolve));

    scene.set(pod, 1_000);
    await scene.time.advance(1_000);
    scene.set(pod, 9_000);
    answers[0]?.('failed');
    await scene.time.advance(60_000);

    expect(scene.woken.map(([, atMs]) => atMs)).toEqual([1_000, 10_000]);
  });

  it('is not woken again after the end', async () => {
    const scene = new Scene();
    const answers: ((answer: Woken) => void)[] = [];
    scene.onWake = async () => new Promise((resolve) => answers.push(resolve));

    scene.set(pod, 1_000);
    await scene.time.advance(1_000);
    scene.alarms.stop();
    answers[0]?.('failed');
    await scene.time.advance(60_000);

    expect(scene.woken).toHaveLength(1);
  });
});

describe('a replica that does not lead', () => {
  it('wakes nobody, and keeps what is due until it does', async () => {
    const scene = new Scene();
    scene.isLeading = false;
    scene.set(pod, 1_000);
    await scene.time.advance(10_000);
    expect(scene.woken).toEqual([]);
    scene.isLeading = true;
    await scene.time.advance(1_000);
    expect(scene.woken.map(([name]) => name)).toEqual(['e1']);
  });
});

describe('many pods that are due together', () => {
  it('are all woken, a share at a time, so that nothing else has to wait for long', async () => {
    const scene = new Scene();
    const inOneGo: number[] = [];
    const schedule = scene.time.schedule;
    const alarms = new PodAlarms({
      ledger: scene.ledger,
      clock: scene.time,
      isLeading: () => true,
      schedule: (run, delayMs) =>
        schedule(() => {
          const before = scene.woken.length;
          run();
          inOneGo.push(scene.woken.length - before);
        }, delayMs),
      wake: async ({ name }) => {
        scene.woken.push([name, scene.time.nowMs()]);
        return 'patched';
      },
    });

    for (let i = 0; i < 150; i += 1) alarms.set(aPod(`e${i}`).facts(), 'released', 0);
    await scene.time.advance(0);

    expect(scene.woken).toHaveLength(150);
    expect(inOneGo).toEqual([64, 64, 22]);
  });
});
