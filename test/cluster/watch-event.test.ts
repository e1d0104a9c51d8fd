import { expect, it } from 'vitest';
import { peekContinueToken } from '../../src/cluster/watch-event.ts';

function list(metadata: object, items: unknown = []): string {
  return JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata, items });
}

it.each([
  {
    title: 'a page',
    text: list({ resourceVersion: '7', continue: 'eyJ2', remainingItemCount: 3 }),
    want: 'eyJ2',
  },
  { title: 'the last page', text: list({ resourceVersion: '7' }), want: '' },
  { title: 'an empty list', text: list({ resourceVersion: '7' }, null), want: '' },
  {
    title: 'a list of a group',
    text: list({ continue: 'eyJ2' }).replace('v1', 'apps/v1'),
    want: 'eyJ2',
  },
  { title: 'custom resources, items first', text: '{"apiVersion":"v1","items":[]}', want: undefined },
  { title: 'the metadata of an item', text: '{"kind":"PodList","items":[{"metadata":{}}]}', want: undefined },
  { title: 'a token that is none', text: list({ continue: 7 }), want: undefined },
  { title: 'no JSON', text: '{"kind":"PodList","apiVersion":"v1","metadata":{7},"items":', want: undefined },
  { title: 'nothing', text: '', want: undefined },
])('the continue token is told from the beginning of $title', ({ text, want }) => {
  expect(peekContinueToken(text)).toBe(want);
});
