import { expect, it } from 'vitest';
import { reasonsOf, unschedulableText } from '../../src/placement/unschedulable.ts';

it('an event counts nodes by reason, in the order of the texts', () => {
  const reasons = new Map([
    ['ResourcePolicy spark: unit 1 ecs is at max 2', 2],
    ['Insufficient cpu', 10],
    ['node(s) had untolerated taint(s)', 1],
  ]);

  expect(unschedulableText(12, reasons)).toBe(
    '0/12 nodes are available: 1 node(s) had untolerated taint(s), 10 Insufficient cpu, ' +
      '2 ResourcePolicy spark: unit 1 ecs is at max 2.',
  );
});

it('without nodes there is nothing to count', () => {
  expect(unschedulableText(0, new Map())).toBe('no nodes available to schedule pods');
});

it('each resource that is lacking is a reason of its own', () => {
  expect(reasonsOf({ reason: 'insufficient-resources', detail: 'cpu, example.com/gpu, pods' })).toEqual([
    'Insufficient cpu',
    'Insufficient example.com/gpu',
    'Too many pods',
  ]);
});
