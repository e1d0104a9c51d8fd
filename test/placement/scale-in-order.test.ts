import { expect, it } from 'vitest';
import { scaleInOrder } from '../../src/placement/scale-in-order.ts';
import { aPod } from '../support/builders.ts';

const names = (pods: readonly { readonly name: string }[]): readonly string[] => pods.map(({ name }) => name);

it('waiting pods leave first, then the last unit, the first unit at last', () => {
  const pods = [
    aPod('ecs').on('n1'),
    aPod('eci').on('v').ownCost(-100),
    aPod('acs').on('w').ownCost(-200),
    aPod('waiting'),
  ].map((pod) => pod.facts());

  expect(names(scaleInOrder(pods))).toEqual(['waiting', 'acs', 'eci', 'ecs']);
});

it('of the same cost, those on the node with most pods of the set, then the youngest', () => {
  const pods = [aPod('a').on('n1'), aPod('b').on('n2'), aPod('c').on('n1')].map((pod) => pod.facts());

  expect(names(scaleInOrder(pods))).toEqual(['c', 'a', 'b']);
});

it('a cost that its user wrote counts, one that is no number does not', () => {
  const pods = [
    aPod('own').on('n1').deletionCost(50),
    aPod('none').on('n2'),
    aPod('broken').on('n3').annotated({ 'controller.kubernetes.io/pod-deletion-cost': 'much' }),
  ].map((pod) => pod.facts());

  expect(names(scaleInOrder(pods))).toEqual(['broken', 'none', 'own']);
});
