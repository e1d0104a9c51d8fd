/**
 * The Dockerfile. No engine is asked: its steps are carried out in empty folders. Here among the slow tests, for they
 * install the project's dependencies.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argumentsOf, carryOut, parseDockerfile, rootOf } from './dockerfile.ts';
import { read, ROOT } from './tools/manifests.ts';

interface PackageJson {
  readonly version: string;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
}

const packageJson: PackageJson = JSON.parse(read('package.json'));
const lock: Lock = JSON.parse(read('package-lock.json'));
const stages = parseDockerfile(read('Dockerfile'));
const image = stages.at(-1)!;

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** @returns the folder of the stages' roots. */
async function built(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'image-'));
  folders.push(root);
  await carryOut(stages, { context: ROOT, root, baseFiles: { '/usr/local/bin/node': process.execPath } });
  return root;
}

describe('what the Dockerfile says', () => {
  it('pins every base image by its digest', () => {
    expect(stages).toHaveLength(2);
    for (const { base } of stages) expect(base).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('takes the Node.js that the tests run with', () => {
    const { version } = lock.packages['node_modules/node']!;
    expect(process.version).toBe(`v${version}`);
    for (const { base } of stages.slice(0, 1)) expect(base).toContain(`/node:${version}-`);
  });

  it('runs as somebody else than root', () => {
    expect(image.steps.find(({ instruction }) => instruction === 'USER')?.rest).toBe('65532:65532');
  });

  it('gives Node.js the flags of the program’s first line', () => {
    const flags = /^#!.*node (.+)\n/.exec(read('src/cli/main.ts'))?.[1];
    expect(argumentsOf(image, 'ENTRYPOINT')).toEqual([
      '/usr/local/bin/node',
      ...flags!.split(' '),
      '/app/dist/cli/main.js',
    ]);
  });
});

describe('what its steps make', () => {
  let root: string;

  beforeAll(async () => {
    root = await built();
  });

  const inImage = (path: string): string => join(rootOf(root, undefined), path);
  const program = (...args: readonly string[]): string => {
    const [node, ...entry] = argumentsOf(image, 'ENTRYPOINT').map((each) =>
      each.startsWith('/') ? inImage(each) : each,
    );
    return execFileSync(node!, [...entry, ...args], { encoding: 'utf8', cwd: inImage('/app') });
  };

  it('is the program', () => {
    expect(program('--version')).toBe(`${packageJson.version}\n`);
    expect(program(...argumentsOf(image, 'CMD'), '--help')).toContain('Usage: resource-policy serve');
  });

  it('has the CRD, by which it knows the fields of a policy', () => {
    expect(program('lint', join(ROOT, 'examples/spark-pi/resourcepolicy.yaml'))).toBe('');
  });

  it('can talk to a cluster: the Kubernetes client is loaded and finds no credentials', () => {
    expect(() => program('serve', '--kubeconfig', '/nowhere')).toThrow(/no such file|ENOENT/);
  });

  it('has nothing else', () => {
    expect(readdirSync(inImage('/app')).toSorted()).toEqual(['LICENSE', 'crds', 'dist']);
  });

  it('is twice the same: here and in another folder', () => {
    expect(filesOf(inImage('/app/dist'))).toEqual(filesOf(join(ROOT, 'dist')));
  });
});

/** By path: kind and mode, and what is in it. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const content = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    files[path.slice(folder.length)] = `${lstatSync(path).mode.toString(8)} ${content}`;
  }
  return files;
}
