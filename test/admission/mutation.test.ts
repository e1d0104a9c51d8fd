import { describe, expect, it } from 'vitest';
import { admittedPod } from '../../src/admission/admitted-pod.ts';
import type { MutationSettings } from '../../src/admission/mutation.ts';
import { mutatesPodsOf, mutationsOf } from '../../src/admission/mutation.ts';
import type { PatchOperation } from '../../src/placement/pin.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aPolicy } from '../support/builders.ts';

const KEEP: MutationSettings = { schedulerName: undefined };
const DEDICATED: MutationSettings = { schedulerName: 'dedicated' };
const SPILLS = aPolicy('spills').unit({ resource: 'ecs', max: 2 }).unit({ resource: 'eci' });
const STAYS = aPolicy('stays').unit({ resource: 'ecs' });

const TOLERATION = { key: 'virtual-kubelet.io/provider', operator: 'Exists', effect: 'NoSchedule' };
const FIRST: readonly PatchOperation[] = [
  { op: 'add', path: '/spec/tolerations', value: [] },
  { op: 'add', path: '/spec/tolerations/-', value: TOLERATION },
];
const FURTHER: readonly PatchOperation[] = [{ op: 'add', path: '/spec/tolerations/-', value: TOLERATION }];
const NAMED: readonly PatchOperation[] = [{ op: 'add', path: '/spec/schedulerName', value: 'dedicated' }];

function changes(
  spec: object,
  policies: readonly PolicyBuilder[] = [SPILLS],
  settings = KEEP,
): readonly PatchOperation[] {
  return mutationsOf(admittedPod({ spec }), {
    policies: policies.map((policy) => policy.parsed()),
    settings,
    arrival: { kind: 'queued' },
  });
}

describe('the toleration for virtual nodes', () => {
  it.for(['eci', 'acs', 'elastic'] as const)('comes with a unit of resource %s', (resource) => {
    expect(changes({}, [STAYS.unit({ resource })])).toEqual(FIRST);
  });

  it.for<[string, readonly PolicyBuilder[]]>([
    ['no policy', []],
    ['only real nodes', [STAYS]],
    ['a broken policy, whose selector is lost', [SPILLS.spec({ selector: 7 })]],
    ['a unit that names no resource', [aPolicy('p').unit({ nodeSelector: { type: 'virtual-kubelet' } })]],
  ])('does not come with %s', ([, policies]) => {
    expect(changes({}, policies)).toEqual([]);
  });

  it('comes once when several policies select the pod, one of which may use virtual nodes', () => {
    expect(changes({}, [STAYS, SPILLS, aPolicy('acs').unit({ resource: 'acs' })])).toEqual(FIRST);
  });

  it.for<[string, object]>([
    ['another key', { key: 'a', operator: 'Exists' }],
    ['one value of the taint, for providers differ', { key: TOLERATION.key, value: 'alibabacloud' }],
    ['another effect', { ...TOLERATION, effect: 'NoExecute' }],
    ['every key with another effect', { operator: 'Exists', effect: 'NoExecute' }],
  ])('goes behind a toleration of %s', ([, toleration]) => {
    expect(changes({ tolerations: [toleration] })).toEqual(FURTHER);
  });

  it.for<[string, object]>([
    ['the same', TOLERATION],
    ['every effect', { key: TOLERATION.key, operator: 'Exists' }],
    ['everything', { operator: 'Exists' }],
    ['everything, in empty words', { key: '', operator: 'Exists', value: '', effect: '' }],
    ['every key', { operator: 'Exists', effect: 'NoSchedule' }],
  ])('does not come to a pod that tolerates %s', ([, toleration]) => {
    expect(changes({ tolerations: [{ key: 'a', operator: 'Exists' }, toleration] })).toEqual([]);
  });

  it.for([{ tolerations: null }, { tolerations: [] }])('makes the list that is not there: %o', (spec) => {
    expect(changes(spec)).toEqual(FIRST);
  });
});

describe('the scheduler', () => {
  it.for([{}, { schedulerName: '' }, { schedulerName: 'default-scheduler' }])(
    'is named for a pod of any policy: %o',
    (spec) => {
      expect(changes(spec, [STAYS], DEDICATED)).toEqual(NAMED);
    },
  );

  it('is named beside the toleration', () => {
    expect(changes({}, [SPILLS], DEDICATED)).toEqual([...FIRST, ...NAMED]);
  });

  it('is named for a pod of a broken policy: there it waits and is told why', () => {
    expect(changes({}, [SPILLS.spec({ selector: 7 })], DEDICATED)).toEqual(NAMED);
  });

  it('stays when the pod names its own', () => {
    expect(changes({ schedulerName: 'volcano' }, [STAYS], DEDICATED)).toEqual([]);
  });

  it('stays when none is set', () => {
    expect(changes({}, [STAYS])).toEqual([]);
  });

  it('stays for a pod of no policy', () => {
    expect(changes({}, [], DEDICATED)).toEqual([]);
  });
});

it('a pod that is created on its node stays as it is', () => {
  expect(changes({ nodeName: 'n' }, [SPILLS], DEDICATED)).toEqual([]);
  expect(changes({ nodeName: '' }, [SPILLS])).toEqual(FIRST);
});

describe('whether pods of a policy can be changed at all', () => {
  it('depends on its units, and on a scheduler to name', () => {
    expect(mutatesPodsOf(SPILLS.parsed(), KEEP)).toBe(true);
    expect(mutatesPodsOf(STAYS.parsed(), KEEP)).toBe(false);
    expect(mutatesPodsOf(STAYS.parsed(), DEDICATED)).toBe(true);
  });
});
