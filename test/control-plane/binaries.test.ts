import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findOnPath } from './binaries.ts';

test('a program is found in the first folder of the PATH that has it as an executable file', () => {
  const root = mkdtempSync(join(tmpdir(), 'path-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const [absent, folder, plain, first, second] = ['absent', 'folder', 'plain', 'first', 'second'].map((dir) =>
    join(root, dir),
  );
  mkdirSync(join(folder!, 'kwokctl'), { recursive: true });
  for (const [dir, mode] of [
    [plain!, 0o644],
    [first!, 0o755],
    [second!, 0o755],
  ] as const) {
    mkdirSync(dir);
    writeFileSync(join(dir, 'kwokctl'), '', { mode });
  }

  expect(findOnPath('kwokctl', [absent, '', folder, plain, first, second].join(':'))).toBe(
    join(first!, 'kwokctl'),
  );
  expect(findOnPath('kwokctl', [absent, folder, plain].join(':'))).toBeUndefined();
  expect(findOnPath('kwokctl', undefined)).toBeUndefined();
});
