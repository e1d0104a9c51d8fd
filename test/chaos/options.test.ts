import { expect, it } from 'vitest';
import { kindsFor } from './faults/kinds.ts';
import { parseOptions } from './options.ts';

const parse = (text: string): unknown => parseOptions(text.split(' ').filter(Boolean), 42);

it('without flags: five minutes of all faults, with two replicas and a seed of its own', () => {
  expect(parse('')).toEqual({
    mode: 'faults',
    minutes: 5,
    seed: 42,
    kinds: kindsFor(2),
    isSelection: false,
    replicas: 2,
    logLevel: 'info',
  });
});

it('what is replayed: seed, minutes, kinds', () => {
  expect(
    parse('--minutes 0.5 --seed 7 --replicas 1 --faults extender-kill,etcd-freeze --log-level debug'),
  ).toEqual({
    mode: 'faults',
    minutes: 0.5,
    seed: 7,
    kinds: ['extender-kill', 'etcd-freeze'],
    isSelection: true,
    replicas: 1,
    logLevel: 'debug',
  });
});

it.each([
  ['--kills 30 --pods 400', { mode: 'kills', kills: 30, pods: 400 }],
  ['--kills 3', { mode: 'kills', kills: 3, pods: 5_000 }],
  ['--churn', { mode: 'churn', minutes: 60 }],
  ['--churn --minutes 2', { mode: 'churn', minutes: 2 }],
  ['--help', { mode: 'help' }],
])('%s', (text, want) => {
  expect(parse(text)).toEqual(want);
});

it.each([
  ['--minutes soon', '--minutes soon is no positive number'],
  ['--kills 0', '--kills 0 is no positive number'],
  ['--faults meteor', 'there is no fault meteor'],
  ['--faults leader-kill --replicas 1', 'leader-kill needs --replicas 2'],
  ['--fast', "Unknown option '--fast'"],
])('%s is refused', (text, message) => {
  expect(() => parse(text)).toThrow(message);
});
