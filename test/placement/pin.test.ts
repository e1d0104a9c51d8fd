import { describe, expect, it } from 'vitest';
import { PINNED_ANNOTATION, WAITING_ROOM_GATE } from '../../src/facts/annotations.ts';
import type { PatchOperation } from '../../src/placement/pin.ts';
import { gateOperations, pinOperations, ungateOperations, unitsOpenTo } from '../../src/placement/pin.ts';
import { aPod, aPolicy } from '../support/builders.ts';

const policy = aPolicy('spark').unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci' }).parsed();
const [, eci] = policy.units;
if (eci === undefined) throw new Error('no unit');
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

const named = (name: string): object => ({ key: 'metadata.name', operator: 'In', values: [name] });
const zone = (name: string): object => ({ key: 'zone', operator: 'In', values: [name] });
const term = (name: string): object => ({ matchFields: [named(name)] });

const open = (unit: string): readonly string[] =>
  unitsOpenTo(aPod('e1').pinnedTo(unit).facts(), policy).map(({ name }) => name);

function pinned(pod: object, nodeNames = ['eci-0', 'eci-1']): readonly PatchOperation[] | undefined {
  return pinOperations({ ...pod }, { unit: eci as NonNullable<typeof eci>, nodeNames });
}

describe('a pin', () => {
  it('names each node in a term of its own, and says the unit', () => {
    expect(pinned({ metadata: {}, spec: {} })).toEqual([
      {
        op: 'add',
        path: '/spec/affinity',
        value: { nodeAffinity: { [REQUIRED]: { nodeSelectorTerms: [term('eci-0'), term('eci-1')] } } },
      },
      { op: 'add', path: '/metadata/annotations', value: { [PINNED_ANNOTATION]: 'eci' } },
    ]);
  });

  it('keeps annotations and affinities that are there', () => {
    const pod = { metadata: { annotations: { a: 'b' } }, spec: { affinity: { podAffinity: {} } } };
    expect(pinned(pod, ['eci-0'])).toEqual([
      {
        op: 'add',
        path: '/spec/affinity/nodeAffinity',
        value: { [REQUIRED]: { nodeSelectorTerms: [term('eci-0')] } },
      },
      { op: 'add', path: '/metadata/annotations/resource-policy.scheduling~1pinned-to', value: 'eci' },
    ]);
  });

  it('adds to each term of the pod’s own affinity, so that it is still met', () => {
    const own = [{ matchExpressions: [zone('a')] }, { matchExpressions: [zone('b')] }];
    const pod = { spec: { affinity: { nodeAffinity: { [REQUIRED]: { nodeSelectorTerms: own } } } } };
    expect(pinned(pod)?.[0]).toEqual({
      op: 'add',
      path: `/spec/affinity/nodeAffinity/${REQUIRED}`,
      value: {
        nodeSelectorTerms: ['a', 'b'].flatMap((name) => [
          { matchExpressions: [zone(name)], matchFields: [named('eci-0')] },
          { matchExpressions: [zone(name)], matchFields: [named('eci-1')] },
        ]),
      },
    });
  });

  it('adds no term to those of a pod that is stored and gated, which the API server refuses', () => {
    const spec = {
      schedulingGates: [{ name: WAITING_ROOM_GATE }],
      affinity: {
        nodeAffinity: { [REQUIRED]: { nodeSelectorTerms: [{ matchExpressions: [zone('a')] }] } },
      },
    };
    expect(pinned({ spec })).toBeUndefined();
    expect(pinned({ spec }, ['eci-0'])?.[0]).toMatchObject({
      value: { nodeSelectorTerms: [{ matchExpressions: [zone('a')], matchFields: [named('eci-0')] }] },
    });
    expect(pinned({ spec: { ...spec, affinity: {} } })).toHaveLength(2);
  });

  it.each([
    ['nodes already', [{ matchFields: [named('ecs-7')] }]],
    ['nothing, so that it is never met', [{}]],
    ['more than can be multiplied', Array.from({ length: 40 }, () => ({ matchExpressions: [named('a')] }))],
  ])('is not put on a pod whose affinity names %s', (_what, nodeSelectorTerms) => {
    const pod = { spec: { affinity: { nodeAffinity: { [REQUIRED]: { nodeSelectorTerms } } } } };
    expect(pinned(pod)).toBeUndefined();
  });

  it('leaves the pod one unit, while its policy has it', () => {
    expect(open('eci')).toEqual(['eci']);
    expect(open('gone')).toEqual(['ecs', 'eci']);
  });
});

describe('the gate of the waiting room', () => {
  it('is put beside those of others, and taken from between them', () => {
    const others = [{ name: 'a/b' }, { name: 'c/d' }];
    expect(gateOperations({ spec: {} })).toEqual([
      { op: 'add', path: '/spec/schedulingGates', value: [{ name: WAITING_ROOM_GATE }] },
    ]);
    expect(gateOperations({ spec: { schedulingGates: others } })).toEqual([
      { op: 'add', path: '/spec/schedulingGates/-', value: { name: WAITING_ROOM_GATE } },
    ]);
    const schedulingGates = [{ name: 'a/b' }, { name: WAITING_ROOM_GATE }, { name: 'c/d' }];
    expect(ungateOperations({ spec: { schedulingGates } })).toEqual([
      { op: 'remove', path: '/spec/schedulingGates/1' },
    ]);
    expect(ungateOperations({ spec: { schedulingGates: others } })).toBeUndefined();
  });
});
