import { describe, expect, it } from 'vitest';
import type { Labels } from '../../src/facts/labels.ts';
import type { Grouping } from '../../src/policy/group.ts';
import { groupOf } from '../../src/policy/group.ts';
import { aPolicy } from '../support/builders.ts';

describe('the group of a pod', () => {
  const cases: Record<string, { keys: readonly string[]; labels: Labels; want: Grouping }> = {
    'all pods are one group without matchLabelKeys': {
      keys: [],
      labels: { job: 'j1' },
      want: { kind: 'group', group: '' },
    },
    'the value of the label': {
      keys: ['job'],
      labels: { job: 'j1', user: 'u' },
      want: { kind: 'group', group: 'j1' },
    },
    'the values of the labels, in the order of matchLabelKeys': {
      keys: ['user', 'job'],
      labels: { job: 'j1', user: 'u' },
      want: { kind: 'group', group: 'u,j1' },
    },
    'an empty value is a group': { keys: ['job'], labels: { job: '' }, want: { kind: 'group', group: '' } },
    'values that read alike when joined without a separator': {
      keys: ['a', 'b'],
      labels: { a: 'x', b: 'yz' },
      want: { kind: 'group', group: 'x,yz' },
    },
    'none when a label is missing: which one': {
      keys: ['job', 'user', 'team'],
      labels: { job: 'j1' },
      want: { kind: 'missing-label', label: 'user' },
    },
    'none by what every object inherits': {
      keys: ['constructor'],
      labels: {},
      want: { kind: 'missing-label', label: 'constructor' },
    },
    'none by __proto__': {
      keys: ['__proto__'],
      labels: {},
      want: { kind: 'missing-label', label: '__proto__' },
    },
  };

  it.for(Object.entries(cases))('%s', ([, { keys, labels, want }]) => {
    const policy = aPolicy('spark').unit({ resource: 'ecs' }).spec({ matchLabelKeys: keys }).parsed();

    expect(groupOf(policy, labels)).toEqual(want);
  });
});
