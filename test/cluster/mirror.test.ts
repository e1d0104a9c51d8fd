import { describe, expect, it } from 'vitest';

import { HandlerFailed, Mirror, Unparseable } from '../../src/cluster/mirror.ts';
import { Recorder } from '../contract/recorder.ts';

interface Item {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly resourceVersion: string;
}

const item = (uid: string, name: string, resourceVersion = '1'): Item => ({
  uid,
  name,
  namespace: 'ns',
  resourceVersion,
});

function aMirror(): { mirror: Mirror<Item>; recorder: Recorder<Item>; tell: (one: Item) => void } {
  const recorder = new Recorder<Item>();
  const mirror = new Mirror<Item>(recorder);
  return {
    mirror,
    recorder,
    tell: (one) => {
      mirror.present(one, () => one);
    },
  };
}

describe('the mirror', () => {
  it('tells a version once', () => {
    const { recorder, tell } = aMirror();
    tell(item('u1', 'a', '1'));
    tell(item('u1', 'a', '1'));
    tell(item('u1', 'a', '2'));
    expect(recorder.told.map(({ what }) => what)).toEqual(['upsert', 'upsert']);
    expect(recorder.complaints).toEqual([]);
  });

  it('removes what had the name before', () => {
    const { mirror, recorder, tell } = aMirror();
    tell(item('old', 'a', '1'));
    tell(item('new', 'a', '2'));
    expect(recorder.told).toEqual([
      { what: 'upsert', name: 'a', uid: 'old' },
      { what: 'remove', name: 'a', uid: 'old' },
      { what: 'upsert', name: 'a', uid: 'new' },
    ]);
    expect([mirror.get('old'), mirror.getByName('ns', 'a')?.uid, mirror.size]).toEqual([undefined, 'new', 1]);
  });

  it('keeps the successor when the deletion of its predecessor comes late', () => {
    const { mirror, recorder, tell } = aMirror();
    tell(item('old', 'a', '1'));
    tell(item('new', 'a', '3'));
    mirror.absent('old');
    expect(mirror.getByName('ns', 'a')?.uid).toBe('new');
    expect(recorder.told.filter(({ what }) => what === 'remove')).toHaveLength(1);
  });

  it('removes at the end of a relist what it did not show, and nothing before', () => {
    const { mirror, recorder, tell } = aMirror();
    for (const name of ['a', 'b', 'c']) tell(item(`u-${name}`, name));
    mirror.beginRelist();
    tell(item('u-a', 'a'));
    tell(item('u-c2', 'c', '2'));
    tell(item('u-d', 'd'));
    mirror.absent('u-d');
    expect(mirror.get('u-b')).toBeDefined();
    mirror.finishRelist();
    expect([...mirror.items()].map(({ uid }) => uid).toSorted()).toEqual(['u-a', 'u-c2']);
    expect(recorder.told.slice(3)).toEqual([
      { what: 'remove', name: 'c', uid: 'u-c' },
      { what: 'upsert', name: 'c', uid: 'u-c2' },
      { what: 'upsert', name: 'd', uid: 'u-d' },
      { what: 'remove', name: 'd', uid: 'u-d' },
      { what: 'remove', name: 'b', uid: 'u-b' },
    ]);
  });

  it('starts a relist over when the last one was broken off', () => {
    const { mirror, tell } = aMirror();
    tell(item('u-a', 'a'));
    mirror.beginRelist();
    tell(item('u-a', 'a'));
    mirror.beginRelist();
    mirror.finishRelist();
    expect(mirror.size).toBe(0);
  });

  it('delivers again what a handler did not take', () => {
    const recorder = new Recorder<Item>();
    let failing = true;
    const mirror = new Mirror<Item>({
      upsert: (one) => {
        if (failing) throw new Error('not now');
        recorder.upsert(one);
      },
      remove: (one) => {
        if (failing) throw new Error('not now');
        recorder.remove(one);
      },
    });
    const one = item('u1', 'a');
    expect(() => mirror.present(one, () => one)).toThrow(HandlerFailed);
    expect(mirror.size).toBe(0);
    failing = false;
    mirror.present(one, () => one);
    failing = true;
    expect(() => mirror.absent('u1')).toThrow(HandlerFailed);
    expect(mirror.get('u1')).toEqual(one);
    failing = false;
    mirror.absent('u1');
    expect(recorder.told.map(({ what }) => what)).toEqual(['upsert', 'remove']);
  });

  it('keeps the last good version of an object that became unparseable, and knows that it exists', () => {
    const { mirror, tell } = aMirror();
    tell(item('u1', 'a', '1'));
    mirror.beginRelist();
    expect(() =>
      mirror.present(item('u1', 'a', '2'), () => {
        throw new Error('what is this');
      }),
    ).toThrow(Unparseable);
    mirror.finishRelist();
    expect(mirror.get('u1')?.resourceVersion).toBe('1');
  });

  it('gives up the old object even when the new one of its name is unparseable', () => {
    const { mirror, tell } = aMirror();
    tell(item('old', 'a', '1'));
    expect(() =>
      mirror.present(item('new', 'a', '2'), () => {
        throw new Error('what is this');
      }),
    ).toThrow(Unparseable);
    expect(mirror.size).toBe(0);
  });
});
