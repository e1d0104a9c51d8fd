import { expect, test } from 'vitest';
import { versionKey } from './go-build.ts';

test('the same pins on the same platform are the same build', () => {
  expect(versionKey('mod', 'sum', 'linux-x64')).toBe(versionKey('mod', 'sum', 'linux-x64'));
});

test.each([
  ['go.mod', 'mod2', 'sum', 'linux-x64'],
  ['go.sum', 'mod', 'sum2', 'linux-x64'],
  ['platform', 'mod', 'sum', 'linux-arm64'],
  ['where one part ends and the next begins', 'mods', 'um', 'linux-x64'],
])('another build when there is a difference in %s', (_what, goMod, goSum, platform) => {
  expect(versionKey(goMod, goSum, platform)).not.toBe(versionKey('mod', 'sum', 'linux-x64'));
});
