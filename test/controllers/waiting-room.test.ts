import { describe, expect, it } from 'vitest';
import { WaitingRoom } from '../../src/controllers/waiting-room.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';
import { Timeline } from './timeline.ts';

type Opened = 'patched' | 'gone' | 'failed';

const SPARK = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 1 }).unit({ resource: 'eci', max: 2 });
const executor = (name: string): PodBuilder => aPod(name).ofGroup('s1');
const bound = (name: string): PodBuilder => executor(name).on('ecs-0').placedBy('spark', 'ecs');

class Scene {
  readonly time = new Timeline();
  /** Names of the pods that were let out, in order. */
  readonly opened: string[] = [];
  onOpen: (pod: PodFacts) => Promise<Opened> = async () => 'patched';
  isLeading = true;
  readonly ledger = new Ledger({
    virtualNodes: VIRTUAL_NODES,
    clock: this.time,
    checksAtBind: true,
    listener: {
      ...QUIET,
      held: (group) => this.room.look(group),
      released: () => this.room.lookEverywhere(),
    },
  });
  readonly room = new WaitingRoom({
    ledger: this.ledger,
    clock: this.time,
    schedule: this.time.schedule,
    isLeading: () => this.isLeading,
    open: (pod) => {
      this.opened.push(pod.name);
      return this.onOpen(pod);
    },
  });

  constructor() {
    this.ledger.upsertPolicy(SPARK.parsed());
    for (const node of [aNode('ecs-0'), aNode('eci-0').virtual()]) this.ledger.upsertNode(node.facts());
  }

  sees(...pods: readonly PodBuilder[]): this {
    for (const pod of pods) this.ledger.upsertPod(pod.facts());
    return this;
  }

  async settled(ms = 100): Promise<readonly string[]> {
    await this.time.advance(ms);
    return this.opened;
  }
}

const full = [bound('b0'), executor('b1').on('eci-0'), executor('b2').on('eci-0')];

describe('pods of the waiting room', () => {
  it('stay while their group is full', async () => {
    expect(await new Scene().sees(...full, executor('h').gated()).settled()).toEqual([]);
  });

  it('stay while others of the queue are to take the room', async () => {
    const queue = [executor('q1'), executor('q2'), executor('q3')];
    expect(await new Scene().sees(...queue, executor('h').gated()).settled()).toEqual([]);
  });

  it('are let out, a few now and then, when those of the queue have not taken it for a minute', async () => {
    const strangers = [executor('q1'), executor('q2'), executor('q3')];
    const scene = new Scene().sees(...strangers, executor('h').gated());
    scene.room.lookEverywhere();
    await scene.settled(59_000);
    expect(scene.opened).toEqual([]);
    expect(await scene.settled(62_000)).toEqual(['h']);
  });

  it('stay while kube-scheduler works through a queue that is longer than that', async () => {
    const queue = [executor('q1'), executor('q2'), executor('q3')].map((pod) => pod.createdAt(2_000));
    const scene = new Scene().sees(...queue, executor('h').gated());
    scene.room.lookEverywhere();
    for (let round = 0; round < 10; round += 1) {
      scene.room.asked(aPod('older').createdAt(1_000).facts());
      // oxlint-disable-next-line no-await-in-loop
      await scene.settled(30_000);
    }
    expect(scene.opened).toEqual([]);
    scene.room.asked(aPod('younger').createdAt(3_000).facts());
    expect(await scene.settled(30_000)).toEqual(['h']);
  });

  it('are let out as room appears: as many as there is room for, oldest first', async () => {
    const scene = new Scene().sees(
      ...full,
      executor('young').gated().createdAt(9_000),
      executor('old').gated().createdAt(1_000),
      executor('middle').gated().createdAt(5_000),
    );
    await scene.settled();
    for (const pod of full.slice(0, 2)) scene.ledger.removePod(pod.facts());
    expect(await scene.settled()).toEqual(['old', 'middle']);
  });

  it('are let out once, however long the watch takes to show it', async () => {
    const scene = new Scene().sees(executor('a').gated(), executor('b').gated());
    await scene.settled();
    scene.room.lookEverywhere();
    await scene.settled(60_000);
    expect(scene.opened).toEqual(['a', 'b']);
  });

  it('are let out when a pod of the queue is deleted', async () => {
    const queue = [executor('q1'), executor('q2'), executor('q3')];
    const scene = new Scene().sees(...queue, executor('h').gated());
    await scene.settled();
    scene.ledger.removePod(executor('q2').facts());
    expect(await scene.settled()).toEqual(['h']);
  });

  it('are tried again when the gate could not be taken off', async () => {
    const scene = new Scene();
    scene.onOpen = async () => (scene.opened.length < 3 ? 'failed' : 'patched');
    expect(await scene.sees(executor('h').gated()).settled(10_000)).toEqual(['h', 'h', 'h']);
  });

  it('are let out a few at a time', async () => {
    const scene = new Scene();
    scene.ledger.upsertPolicy(
      SPARK.generation(2)
        .spec({ units: [{ resource: 'ecs', max: 500 }] })
        .parsed(),
    );
    const answers: (() => void)[] = [];
    scene.onOpen = async () => new Promise((resolve) => answers.push(() => resolve('patched')));
    const pods = Array.from({ length: 100 }, (_, i) => executor(`h${i}`).gated());
    expect(await scene.sees(...pods).settled()).toHaveLength(32);
    while (answers.length > 0) {
      answers.splice(0).forEach((answer) => answer());
      // oxlint-disable-next-line no-await-in-loop
      await scene.settled();
    }
    expect(scene.opened).toHaveLength(100);
  });

  it('are let out by the replica that leads, and by its successor', async () => {
    const scene = new Scene();
    scene.isLeading = false;
    scene.sees(executor('h').gated());
    expect(await scene.settled(60_000)).toEqual([]);
    scene.isLeading = true;
    scene.room.lookEverywhere();
    expect(await scene.settled()).toEqual(['h']);
  });

  it('are looked at now and then, whatever was missed', async () => {
    const scene = new Scene();
    scene.isLeading = false;
    scene.sees(executor('h').gated());
    scene.room.lookEverywhere();
    await scene.settled();
    scene.isLeading = true;
    expect(await scene.settled(30_000)).toEqual(['h']);
  });
});

describe('pods that nothing holds back any more', () => {
  it.each<[string, (scene: Scene) => void]>([
    ['their policy is gone', (scene) => scene.ledger.removePolicy(SPARK.parsed())],
    [
      'another policy selects them too',
      (scene) => scene.ledger.upsertPolicy(aPolicy('q').unit({ resource: 'ecs' }).parsed()),
    ],
    [
      'their policy selects others',
      (scene) => scene.ledger.upsertPolicy(SPARK.generation(2).selecting({ app: 'x' }).parsed()),
    ],
    [
      'a unit has no max any more',
      (scene) =>
        scene.ledger.upsertPolicy(
          SPARK.generation(2)
            .spec({ units: [{ resource: 'ecs' }] })
            .parsed(),
        ),
    ],
  ])('are all let out: %s', async (_what, change) => {
    const held = ['h1', 'h2', 'h3', 'h4'].map((name) => executor(name).gated());
    const scene = new Scene().sees(...full, ...held);
    change(scene);
    scene.room.lookEverywhere();
    expect(await scene.settled()).toHaveLength(4);
  });
});

describe('a pod of the waiting room that nothing holds back when it is seen', () => {
  it.each<[string, PodBuilder]>([
    ['no policy selects it', executor('h').labels({ app: 'x' })],
    ['it belongs to no group', aPod('h')],
  ])('is let out: %s', async (_what, pod) => {
    expect(await new Scene().sees(...full, pod.gated()).settled()).toEqual(['h']);
  });

  it('is let out when it comes to belong to no group', async () => {
    const scene = new Scene().sees(...full, executor('h').gated());
    expect(await scene.settled()).toEqual([]);
    scene.sees(aPod('h').version('2').gated());
    expect(await scene.settled()).toEqual(['h']);
  });
});

describe('when pods ahead are refused for something else than max', () => {
  const refused = ['r1', 'r2', 'r3'].map((name) => executor(name).unschedulable('no volume'));

  it('a few are let out now and then, so that nobody waits for ever', async () => {
    const held = Array.from({ length: 10 }, (_, i) => executor(`h${i}`).gated());
    const scene = new Scene().sees(...refused, ...held);
    expect(await scene.settled()).toEqual(['h0', 'h1', 'h2']);
    for (const name of scene.opened) scene.sees(executor(name).version('2').unschedulable('no volume'));
    expect(await scene.settled(5_000)).toHaveLength(3);
    expect(await scene.settled(10_000)).toHaveLength(6);
  });

  it('that is so from the moment of their refusal', async () => {
    const ahead = ['q1', 'q2', 'q3'].map((name) => executor(name));
    const scene = new Scene().sees(...ahead, executor('h').gated());
    expect(await scene.settled()).toEqual([]);
    scene.ledger.noteRefused('uid-q2');
    expect(await scene.settled()).toEqual(['h']);
  });

  it.each<[string, (scene: Scene) => void]>([
    ['a recount', (scene) => scene.ledger.audit()],
    ['a change of the policy', (scene) => scene.ledger.upsertPolicy(SPARK.generation(2).parsed())],
  ])('that is still so after %s', async (_what, change) => {
    const scene = new Scene().sees(...refused);
    change(scene);
    expect(await scene.sees(executor('h').gated()).settled()).toEqual(['h']);
  });

  it('those just let out are not taken for refused', async () => {
    const scene = new Scene().sees(...['h1', 'h2', 'h3', 'h4'].map((name) => executor(name).gated()));
    expect(await scene.settled()).toEqual(['h1', 'h2', 'h3']);
    for (const name of scene.opened) scene.sees(executor(name).gated().version('2').ungated());
    expect(await scene.settled()).toEqual(['h1', 'h2', 'h3']);
  });

  it('who more than replaces them goes at once', async () => {
    const scene = new Scene().sees(
      refused[0] ?? executor('r'),
      executor('h1').gated(),
      executor('h2').gated(),
      executor('h3').gated(),
    );
    expect(await scene.settled()).toEqual(['h1', 'h2']);
  });
});
