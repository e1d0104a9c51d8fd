import { expect, it } from 'vitest';
import { nodePreferences } from '../../src/facts/node-preferences.ts';

it('preferred node affinity becomes weighted terms; whatever is missing is none', () => {
  const preferred = [
    { weight: 7, preference: { matchExpressions: [{ key: 'type', operator: 'NotIn', values: ['a'] }] } },
    { preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] } },
  ];
  const spec = {
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
  };

  expect(nodePreferences({ spec })).toEqual([
    { weight: 7, term: { labels: [{ key: 'type', operator: 'NotIn', values: ['a'] }], fields: [] } },
    { weight: 0, term: { labels: [], fields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] } },
  ]);
  expect(nodePreferences({})).toEqual([]);
  expect(nodePreferences({ spec: { affinity: { nodeAffinity: null } } })).toEqual([]);
});
