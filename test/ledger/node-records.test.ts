import { expect, test } from 'vitest';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { anAuditedHarness } from '../support/audited.ts';

const policy = aPolicy('spark').unit({ resource: 'ecs', nodeSelector: { pool: 'x' }, max: 1 });
const node = aNode('ecs-0');
const placed = aPod('e1').on('ecs-0').placedBy('spark', 'ecs(pool=x)');

test('a record is believed only while its node is gone, also where no unit holds the node', () => {
  const world = anAuditedHarness({ policies: [policy], nodes: [node.labelled({ pool: 'y' })] });
  world.sees(placed);
  world.sees(aPod('waiting'));
  expect(world.taken(policy, '', 0)).toBe(0);
  world.seesGone(node);
  expect(world.taken(policy, '', 0)).toBe(1);
  world.rooms.length = 0;
  world.sees(node);
  expect(world.taken(policy, '', 0)).toBe(0);
  expect(world.rooms).toEqual([{ policyKey: 'default/spark', group: '' }]);
});
