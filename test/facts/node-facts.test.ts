import { describe, expect, it } from 'vitest';
import { nodeFacts } from '../../src/facts/node-facts.ts';
import { aNode } from '../support/builders.ts';

describe('facts of a node', () => {
  it('are its name and labels', () => {
    expect(aNode('vk').virtual().facts()).toMatchObject({
      uid: 'uid-vk',
      name: 'vk',
      resourceVersion: '1',
      labels: { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': 'vk', type: 'virtual-kubelet' },
    });
  });

  it.for([null, undefined])('labels %s are none', (labels) => {
    const metadata = { uid: 'u', name: 'n', ...(labels === undefined ? {} : { labels }) };

    expect(nodeFacts({ metadata })).toMatchObject({ uid: 'u', name: 'n', labels: {}, resourceVersion: '' });
  });

  it.for(['uid', 'name'])('no node without metadata.%s', (field) => {
    expect(() => nodeFacts({ metadata: { uid: 'u', name: 'n', [field]: '' } })).toThrow(
      `metadata.${field} is missing or empty`,
    );
  });

  it('no node without metadata', () => {
    expect(() => nodeFacts({})).toThrow('metadata.uid is missing or empty');
  });
});
