import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isGoAtLeast, moduleVersion, neededGoVersion, requireGo } from './go-toolchain.ts';
import { goModuleDir } from './paths.ts';

describe('whether a Go is new enough', () => {
  test.each([
    ['the same version', 'go1.26.0', '1.26.0', true],
    ['a newer patch', 'go1.26.8', '1.26.0', true],
    ['an older patch', 'go1.26.1', '1.26.2', false],
    ['a newer minor with a smaller patch', 'go1.27.0', '1.26.5', true],
    ['an older minor with a greater patch', 'go1.9.99', '1.26.0', false],
    ['a newer major', 'go2.0.0', '1.26.0', true],
    ['a version without a patch', 'go1.26', '1.26.0', true],
    ['a release candidate of the needed version', 'go1.26rc2', '1.26.0', false],
    ['a release candidate of a newer version', 'go1.27rc1', '1.26.0', true],
    ['a development version', 'devel go1.27-3f1b2a', '1.26.0', true],
    ['a vendor suffix', 'go1.26.3 X:nodwarf5', '1.26.3', true],
    ['something that is no version', 'go version unknown', '1.26.0', false],
  ])('%s: %s for %s', (_case, found, needed, want) => {
    expect(isGoAtLeast(found, needed)).toBe(want);
  });
});

describe('what go.mod says', () => {
  const goMod = [
    'module example',
    'go 1.25.3',
    'require k8s.io/one v0.1.0',
    'require (',
    '\tk8s.io/two v1.2.3 // indirect',
    '\tk8s.io/two/v3 v3.4.5',
    ')',
    'tool k8s.io/tool',
  ].join('\n');

  test('the go line', () => {
    expect(neededGoVersion(goMod)).toBe('1.25.3');
    expect(() => neededGoVersion('module example')).toThrow('no go line');
  });

  test('the version of a module, on a line of its own or in a block, and never of one with a longer path', () => {
    expect(moduleVersion(goMod, 'k8s.io/one')).toBe('v0.1.0');
    expect(moduleVersion(goMod, 'k8s.io/two')).toBe('v1.2.3');
    expect(() => moduleVersion(goMod, 'k8s.io/tool')).toThrow('does not require k8s.io/tool');
  });

  test('our own go.mod pins the three projects', () => {
    const ours = readFileSync(join(goModuleDir, 'go.mod'), 'utf8');
    for (const module of ['go.etcd.io/etcd/server/v3', 'k8s.io/kubernetes', 'sigs.k8s.io/kwok']) {
      expect(moduleVersion(ours, module)).toMatch(/^v\d+\.\d+\.\d+$/);
    }
  });
});

describe('requiring Go', () => {
  let bin: string;
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), 'go-'));
  });
  afterEach(() => rmSync(bin, { recursive: true }));

  function installGo(script: string): void {
    writeFileSync(join(bin, 'go'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'go'), 0o755);
  }

  test('no Go: the error names the needed version and both ways out', () => {
    expect(() => requireGo(bin, '1.26.0', { PATH: bin })).toThrow(
      /There is no Go on the PATH.*1\.26\.0 or newer.*install Go 1\.26\.0.*install kwokctl/s,
    );
  });

  test('an old Go that prints its version anywhere: the error names it', () => {
    installGo('echo go1.19.4');
    expect(() => requireGo(bin, '1.26.0', { PATH: bin })).toThrow(/is go1\.19\.4.*needs Go 1\.26\.0/s);
  });

  test('an old Go that refuses the module: the error names the version it has outside the module', () => {
    installGo(`[ "$PWD" = "$(cd '${bin}' && pwd)" ] && exit 1\necho go1.25.0`);
    expect(() => requireGo(bin, '1.26.0', { PATH: `${bin}:/bin:/usr/bin` })).toThrow(/is go1\.25\.0/);
  });

  test('a Go that is new enough', () => {
    installGo('echo go1.26.0');
    expect(() => requireGo(bin, '1.26.0', { PATH: bin })).not.toThrow();
  });
});
