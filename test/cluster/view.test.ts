import { describe, expect, it } from 'vitest';
import { ClusterView } from '../../src/cluster/view.ts';

const MAX_SILENCE_MS = 180_000;

class Scene {
  nowMs = 1_000;
  readonly pods = { name: 'pods', synced: true, isStarting: true, lastHeardMs: 1_000 };
  readonly nodes = { name: 'nodes', synced: true, isStarting: true, lastHeardMs: 1_000 };
  readonly view: ClusterView;

  constructor(settleMs = 0) {
    this.view = new ClusterView({
      watches: [this.pods, this.nodes],
      maxSilenceMs: MAX_SILENCE_MS,
      settleMs,
      nowMs: () => this.nowMs,
    });
  }
}

describe('a view of the cluster', () => {
  it('may be decided upon while everything is listed and every watch was heard of lately', () => {
    expect(new Scene().view.unready()).toBeUndefined();
  });

  it('may not before everything is listed, and says what is missing', () => {
    const scene = new Scene();
    scene.pods.synced = false;
    expect(scene.view.unready()).toBe('resource-policy is starting: waiting for the list of pods');
    scene.pods.synced = true;
    expect(scene.view.unready()).toBeUndefined();
  });

  it('is being listed until everything is, as long as nothing goes wrong and the program goes on', () => {
    const scene = new Scene();
    expect(scene.view.isListing).toBe(false);
    scene.pods.synced = false;
    expect(scene.view.isListing).toBe(true);
    scene.pods.isStarting = false;
    expect(scene.view.isListing).toBe(false);
    scene.pods.isStarting = true;
    scene.view.stopping();
    expect(scene.view.isListing).toBe(false);
  });

  it('may not when one watch has been silent for too long, until it is heard of again', () => {
    const scene = new Scene();
    scene.nowMs += MAX_SILENCE_MS;
    expect(scene.view.unready()).toBeUndefined();
    scene.nowMs += 1;
    scene.pods.lastHeardMs = scene.nowMs;
    expect(scene.view.unready()).toBe('resource-policy has lost sight of the cluster: no news of nodes');
    scene.nodes.lastHeardMs = scene.nowMs;
    expect(scene.view.unready()).toBeUndefined();
  });

  it('may not for the time in which Bindings of the process before may land, where that cannot be told', () => {
    const scene = new Scene(60_000);
    expect(scene.view.unready()).toContain('may still land');
    scene.nowMs += 60_000;
    expect(scene.view.unready()).toBeUndefined();
  });

  it('may not any more when the program stops', () => {
    const { view } = new Scene();
    view.stopping();
    expect(view.unready()).toBe('resource-policy is stopping');
  });

  it('tells how long each watch has been silent; nothing before the first list', () => {
    const scene = new Scene();
    scene.nowMs += 1_500;
    scene.nodes.lastHeardMs = Number.NEGATIVE_INFINITY;
    expect(scene.view.ages()).toEqual([
      { resource: 'pods', seconds: 1.5 },
      { resource: 'nodes', seconds: 0 },
    ]);
  });
});
