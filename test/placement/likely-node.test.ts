import { describe, expect, it } from 'vitest';
import type { NodePreference } from '../../src/facts/node-preferences.ts';
import type { Requests } from '../../src/facts/requests.ts';
import { likelyNode } from '../../src/placement/likely-node.ts';
import { aNode } from '../support/builders.ts';

const ROOM = { cpu: '4', memory: '8Gi' };
const NODES = [
  aNode('b').allocating(ROOM),
  aNode('a').allocating(ROOM),
  aNode('large').allocating({ cpu: '16', memory: '32Gi' }).labelled({ size: 'large' }),
  aNode('bare'),
];
const GI = 1024 ** 3;

function likely(
  names: readonly string[],
  used: Readonly<Record<string, Requests>> = {},
  preferences: readonly NodePreference[] = [],
): string | undefined {
  return likelyNode(names, {
    requests: { cpu: 1_000, memory: GI, pods: 1 },
    preferences,
    capacity: (name) => NODES.map((node) => node.facts().capacity).find((node) => node.name === name),
    usedOn: (name) => used[name] ?? {},
  });
}

describe('the node that a pod is likely to get', () => {
  it('is the one of which the smallest share is taken with it', () => {
    expect(likely(['a', 'large'])).toBe('large');
    expect(likely(['a', 'large'], { large: { cpu: 8_000, memory: 16 * GI, pods: 1 } })).toBe('a');
    expect(likely(['a', 'b'], { a: { memory: GI, pods: 1 } })).toBe('b');
  });

  it('among equals the one with fewest pods, then by name', () => {
    expect(likely(['b', 'a'])).toBe('a');
    expect(likely(['b', 'a'], { a: { pods: 1 } })).toBe('b');
  });

  it('is first of all one that it prefers', () => {
    const term = { labels: [{ key: 'size', operator: 'DoesNotExist', values: [] }], fields: [] };

    expect(likely(['large', 'a'], {}, [{ weight: 1, term }])).toBe('a');
  });

  it('is a node of unknown room only when there is no other', () => {
    expect(likely(['bare', 'a'])).toBe('a');
    expect(likely(['bare'])).toBe('bare');
    expect(likely([])).toBeUndefined();
  });
});
