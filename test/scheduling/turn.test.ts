import { describe, expect, it } from 'vitest';
import type { TurnParts } from '../../src/scheduling/turn.ts';
import { Turn } from '../../src/scheduling/turn.ts';
import { Timeline } from '../controllers/timeline.ts';
import { aPod } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const pod = aPod('e1');
const NOT_HELD = 'resource-policy waits for its lease: another replica decides, or the lease cannot be taken';
const CATCHING_UP = 'resource-policy takes over from another replica: its last bindings are being counted';

/** A replica whose lease and API server are the test's. */
class Scene {
  readonly world = new Harness();
  readonly time = new Timeline();
  leads = true;
  follows = true;
  wanted = 0;
  unready: string | undefined;
  readonly view = { unready: (): string | undefined => this.unready, isListing: false };
  /** The version that a touch gives the pod; undefined: it is gone. */
  onTouch: TurnParts['touch'] = async () => '9';
  readonly turn = new Turn({
    ledger: this.world.ledger,
    view: this.view,
    lease: {
      isLeading: () => this.leads,
      want: () => {
        this.wanted += 1;
      },
    },
    touch: (touched) => this.onTouch(touched),
    isFollowing: () => this.follows,
    clock: this.time,
    schedule: this.time.schedule,
  });

  /** The watch shows the pod in this version. */
  sees(version: string): void {
    const seen = pod.version(version);
    this.world.sees(seen);
    this.turn.seen(seen.facts());
  }
}

function behind(): Scene {
  const scene = new Scene();
  scene.turn.elected({ isBehind: true });
  return scene;
}

describe('a replica decides', () => {
  it('when it holds the lease and its view is complete', async () => {
    const scene = new Scene();
    expect(scene.turn.unready()).toBeUndefined();
    await scene.turn.comes(pod.facts());
    expect(scene.wanted).toBe(0);
  });

  it('not while its own view is not', () => {
    const scene = new Scene();
    scene.unready = 'starting';
    expect(scene.turn.unready()).toBe('starting');
  });

  it('once everything is listed: a call waits for that, and then for the lease', async () => {
    const scene = new Scene();
    scene.unready = 'starting';
    scene.view.isListing = true;
    scene.leads = false;
    const call = scene.turn.comes(pod.facts());
    expect(scene.wanted).toBe(0);
    scene.unready = undefined;
    scene.view.isListing = false;
    scene.turn.viewChanged();
    await scene.time.advance(0);
    expect(scene.wanted).toBe(1);
    scene.leads = true;
    scene.turn.elected({ isBehind: false });
    await call;
    expect(scene.turn.unready()).toBeUndefined();
  });

  it('not when it stops while it lists: a call that waited is answered', async () => {
    const scene = new Scene();
    scene.unready = 'starting';
    scene.view.isListing = true;
    const call = scene.turn.comes(pod.facts());
    scene.unready = 'stopping';
    scene.view.isListing = false;
    scene.turn.viewChanged();
    await call;
    expect(scene.turn.unready()).toBe('stopping');
  });

  it('not without the lease: called, it asks for it, and goes on when it has it', async () => {
    const scene = new Scene();
    scene.leads = false;
    expect(scene.turn.unready()).toBe(NOT_HELD);
    const call = scene.turn.comes(pod.facts());
    expect(scene.wanted).toBe(1);
    scene.leads = true;
    scene.turn.elected({ isBehind: false });
    await call;
    expect(scene.turn.unready()).toBeUndefined();
  });

  it('answers a call after some seconds though nobody gave it the lease', async () => {
    const scene = new Scene();
    scene.leads = false;
    let isAnswered = false;
    const call = scene.turn.comes(pod.facts()).finally(() => {
      isAnswered = true;
    });
    await scene.time.advance(5_900);
    expect(isAnswered).toBe(false);
    await scene.time.advance(200);
    await call;
    expect(scene.turn.unready()).toBe(NOT_HELD);
  });
});

describe('a replica that takes over from another', () => {
  it('decides only when the watch has shown a write made after it took over', async () => {
    const scene = behind();
    scene.sees('5');
    const call = scene.turn.comes(pod.facts());
    await scene.time.advance(0);
    expect(scene.turn.unready()).toBe(CATCHING_UP);
    scene.sees('8');
    expect(scene.turn.unready()).toBe(CATCHING_UP);
    scene.sees('9');
    await call;
    expect(scene.turn.unready()).toBeUndefined();
  });

  it('not by what a list shows that is taken in at the time, in an order of its own', async () => {
    const scene = behind();
    const call = scene.turn.comes(pod.facts());
    await scene.time.advance(0);
    scene.follows = false;
    scene.sees('9');
    expect(scene.turn.unready()).toBe(CATCHING_UP);
    await scene.time.advance(10_000);
    await call;
    scene.follows = true;
    await scene.turn.comes(pod.facts());
    expect(scene.turn.unready()).toBeUndefined();
  });

  it('not by an answer to what it asked before another replica had a turn in between', async () => {
    const scene = behind();
    const late = Promise.withResolvers<string>();
    scene.onTouch = async () => late.promise;
    const call = scene.turn.comes(pod.facts());
    await scene.time.advance(0);
    scene.turn.elected({ isBehind: true });
    scene.sees('9');
    scene.onTouch = async () => '12';
    late.resolve('9');
    await scene.time.advance(10_000);
    await call;
    expect(scene.turn.unready()).toBe(CATCHING_UP);
  });

  it('also when the watch is faster than the answer', async () => {
    const scene = behind();
    scene.onTouch = async () => {
      scene.sees('9');
      return '9';
    };
    await scene.turn.comes(pod.facts());
    expect(scene.turn.unready()).toBeUndefined();
  });

  it('also when the pod is deleted after the write', async () => {
    const scene = behind();
    scene.sees('5');
    const call = scene.turn.comes(pod.facts());
    await scene.time.advance(0);
    scene.world.seesGone(pod);
    scene.turn.seen(pod.facts());
    await call;
    expect(scene.turn.unready()).toBeUndefined();
  });

  const noTouch: readonly (readonly [string, TurnParts['touch']])[] = [
    ['is gone', async () => undefined],
    ['cannot be written', async () => Promise.reject(new Error('503'))],
  ];
  it.for(noTouch)('tries again with the next call when the pod %s', async ([, onTouch]) => {
    const scene = behind();
    scene.onTouch = onTouch;
    const call = scene.turn.comes(pod.facts());
    await scene.time.advance(6_000);
    await call;
    expect(scene.turn.unready()).toBe(CATCHING_UP);
    scene.onTouch = async () => '9';
    const next = scene.turn.comes(pod.facts());
    await scene.time.advance(0);
    scene.sees('9');
    await next;
    expect(scene.turn.unready()).toBeUndefined();
  });
});

describe('a replica gives the lease up', () => {
  it('when nobody has called it for a while', async () => {
    const scene = new Scene();
    await scene.turn.comes(pod.facts());
    expect(scene.turn.mayYield()).toBe(false);
    await scene.time.advance(3_000);
    expect(scene.turn.mayYield()).toBe(true);
  });
});
