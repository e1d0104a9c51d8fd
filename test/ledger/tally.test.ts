import { describe, expect, it } from 'vitest';
import type { PolicyTally } from '../../src/ledger/tally.ts';
import { tallyOf } from '../../src/ledger/tally.ts';
import type { PodBuilder, PolicyBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const NODES = [aNode('ecs-0'), aNode('ecs-1'), aNode('eci-0').virtual()];
const POLICY = aPolicy('spark')
  .perGroup()
  .unit({ resource: 'ecs', max: 2 })
  .unit({ resource: 'eci', max: 3 });

function world(policy: PolicyBuilder, pods: readonly PodBuilder[] = []): Harness {
  const harness = new Harness({ nodes: NODES, policies: [policy] });
  for (const pod of pods) harness.sees(pod);
  return harness;
}

function tally({ ledger }: Harness): PolicyTally {
  return tallyOf(ledger.standing('default/spark')!, (uid) => ledger.pod(uid));
}

const placed = (name: string, group: string, node: string): PodBuilder =>
  aPod(name).ofGroup(group).placedBy('spark', node.slice(0, 3)).on(node);

const asking = (name: string, group: string, cpu: string): PodBuilder =>
  placed(name, group, 'ecs-0').requesting({ cpu }).on('ecs-0');

describe('the tally of a policy', () => {
  it('without pods: nothing but its nodes', () => {
    expect(tally(world(POLICY))).toEqual({
      groups: 0,
      waitingAtMax: 0,
      waitingBelowMax: 0,
      gated: 0,
      conflicting: 0,
      ungrouped: 0,
      units: [
        { bound: 0, reserved: 0, fullestGroup: 0, groupsAtMax: 0, groupsOverMax: 0, amounts: [], nodes: 2 },
        { bound: 0, reserved: 0, fullestGroup: 0, groupsAtMax: 0, groupsOverMax: 0, amounts: [], nodes: 1 },
      ],
    });
  });

  it('adds up groups, and counts those at max', () => {
    const harness = world(POLICY, [
      placed('a1', 'a', 'ecs-0'),
      placed('a2', 'a', 'ecs-0'),
      placed('a3', 'a', 'eci-0'),
      placed('b1', 'b', 'ecs-1'),
    ]);
    expect(tally(harness)).toMatchObject({
      groups: 2,
      units: [
        { bound: 3, fullestGroup: 2, groupsAtMax: 1, groupsOverMax: 0 },
        { bound: 1, fullestGroup: 1, groupsAtMax: 0, groupsOverMax: 0 },
      ],
    });
  });

  it('a pod on its way holds a place, and waits no more', () => {
    const pod = aPod('a1').ofGroup('a');
    const harness = world(POLICY, [pod]);
    expect(tally(harness).waitingBelowMax).toBe(1);
    harness.filter(pod);
    expect(tally(harness)).toMatchObject({
      waitingAtMax: 0,
      waitingBelowMax: 0,
      units: [{ bound: 0, reserved: 1, fullestGroup: 1 }, { reserved: 0 }],
    });
  });

  it('pods wait at max in a group without room, below it in others', () => {
    const full = ['ecs-0', 'ecs-0', 'eci-0', 'eci-0', 'eci-0'].map((node, index) =>
      placed(`a${index}`, 'a', node),
    );
    const harness = world(POLICY, [...full, aPod('a5').ofGroup('a'), aPod('a6').ofGroup('a')]);
    harness.sees(aPod('b1').ofGroup('b'));
    expect(tally(harness)).toMatchObject({ waitingAtMax: 2, waitingBelowMax: 1 });
  });

  it('pods in the waiting room wait like others, those behind gates of others by themselves', () => {
    const harness = world(POLICY, [
      aPod('a1').ofGroup('a').gated(),
      aPod('a2').ofGroup('a').gated('quota.example.com/gate'),
    ]);
    expect(tally(harness)).toMatchObject({ waitingBelowMax: 1, waitingAtMax: 0, gated: 1 });
  });

  it('pods without a group, and those of several policies, wait for other reasons', () => {
    const harness = world(POLICY, [aPod('a1'), aPod('a2').ofGroup('a')]);
    expect(tally(harness)).toMatchObject({ ungrouped: 1, waitingBelowMax: 1, conflicting: 0 });
    harness.sees(aPolicy('other').unit({ resource: 'ecs' }));
    expect(tally(harness)).toMatchObject({ ungrouped: 0, waitingBelowMax: 0, conflicting: 2 });
  });

  it('a lowered max leaves groups over it', () => {
    const harness = world(POLICY, [placed('a1', 'a', 'ecs-0'), placed('a2', 'a', 'ecs-0')]);
    const lowered = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 1 }).unit({ resource: 'eci' });
    harness.sees(lowered.generation(2));
    expect(tally(harness).units).toMatchObject([
      { bound: 2, groupsAtMax: 1, groupsOverMax: 1 },
      { groupsAtMax: 0, groupsOverMax: 0 },
    ]);
  });

  it('maxResources count like max', () => {
    const policy = aPolicy('spark')
      .perGroup()
      .unit({ resource: 'ecs', maxResources: { cpu: '2' } });
    const harness = world(policy, [asking('a1', 'a', '1500m'), asking('b1', 'b', '2')]);
    harness.sees(aPod('a2').ofGroup('a').requesting({ cpu: '1' }));
    expect(tally(harness)).toMatchObject({
      waitingAtMax: 1,
      units: [{ amounts: [3_500], groupsAtMax: 1, groupsOverMax: 0 }],
    });
    harness.sees(policy.generation(2).spec({ units: [{ resource: 'ecs', maxResources: { cpu: '1' } }] }));
    expect(tally(harness).units).toMatchObject([{ groupsAtMax: 2, groupsOverMax: 2 }]);
  });
});
