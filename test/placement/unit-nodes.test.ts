import { describe, expect, it } from 'vitest';
import type { Labels } from '../../src/facts/labels.ts';
import type { NodeRule } from '../../src/placement/unit-nodes.ts';
import { belongsTo } from '../../src/placement/unit-nodes.ts';
import { VIRTUAL_NODES } from '../support/builders.ts';

const REAL: Labels = { pool: 'a' };
const VIRTUAL: Labels = { ...VIRTUAL_NODES, pool: 'a' };

const rule = (resource?: NodeRule['resource'], nodeSelector: Labels = {}): NodeRule => ({
  resource,
  nodeSelector,
});

describe('nodes of a unit', () => {
  const cases: Record<string, { rule: NodeRule; want: { real: boolean; virtual: boolean } }> = {
    'ecs: real nodes': { rule: rule('ecs'), want: { real: true, virtual: false } },
    'elastic: real nodes': { rule: rule('elastic'), want: { real: true, virtual: false } },
    'eci: virtual nodes': { rule: rule('eci'), want: { real: false, virtual: true } },
    'acs: virtual nodes': { rule: rule('acs'), want: { real: false, virtual: true } },
    'no resource: both': { rule: rule(), want: { real: true, virtual: true } },
    'no resource, a label they carry': {
      rule: rule(undefined, { pool: 'a' }),
      want: { real: true, virtual: true },
    },
    'a label they carry': { rule: rule('ecs', { pool: 'a' }), want: { real: true, virtual: false } },
    'a label of another value': { rule: rule('ecs', { pool: 'b' }), want: { real: false, virtual: false } },
    'two labels, one carried': {
      rule: rule(undefined, { pool: 'a', zone: 'z' }),
      want: { real: false, virtual: false },
    },
    'the virtual label in nodeSelector of ecs selects nothing': {
      rule: rule('ecs', VIRTUAL_NODES),
      want: { real: false, virtual: false },
    },
    'a label that every object inherits': {
      rule: rule('ecs', { constructor: 'Object' }),
      want: { real: false, virtual: false },
    },
  };

  it.for(Object.entries(cases))('%s', ([, { rule: unit, want }]) => {
    expect({
      real: belongsTo(unit, REAL, VIRTUAL_NODES),
      virtual: belongsTo(unit, VIRTUAL, VIRTUAL_NODES),
    }).toEqual(want);
  });

  it('is virtual only with every label by which virtual nodes are known', () => {
    const known = { type: 'virtual-kubelet', provider: 'ali' };

    expect(belongsTo(rule('eci'), { type: 'virtual-kubelet' }, known)).toBe(false);
    expect(belongsTo(rule('ecs'), { type: 'virtual-kubelet' }, known)).toBe(true);
    expect(belongsTo(rule('eci'), known, known)).toBe(true);
  });
});
