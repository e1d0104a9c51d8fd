/**
 * The Dockerfile. No engine is asked: its steps are carried out in empty folders. Here among the slow tests, for they
 * install the project's dependencies.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stage } from './dockerfile.ts';
import { argumentsOf, carryOut, parseDockerfile, rootOf } from './dockerfile.ts';
import { read, ROOT } from './tools/manifests.ts';

interface PackageJson {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: boolean }>>;
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
async function built(which: readonly Stage[] = stages): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'image-'));
  folders.push(root);
  await carryOut(which, { context: ROOT, root, baseFiles: { '/usr/local/bin/node': process.execPath } });
  return root;
}

describe('what the Dockerfile says', () => {
  it('pins every base image by its digest', () => {
    expect(stages).toHaveLength(3);
    for (const { base } of stages) expect(base).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('takes the Node.js that the tests run with', () => {
    const { version } = lock.packages['node_modules/node']!;
    expect(process.version).toBe(`v${version}`);
    for (const { base } of stages.slice(0, 2)) expect(base).toContain(`/node:${version}-`);
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

  it('has what the program needs to run', () => {
    const names = Object.keys(packageJson.dependencies);
    expect(names.filter((name) => !existsSync(inImage(`/app/node_modules/${name}`)))).toEqual([]);
  });

  it('can talk to a cluster: the Kubernetes client is loaded and finds no credentials', () => {
    expect(() => program('serve', '--kubeconfig', '/nowhere')).toThrow(/no such file|ENOENT/);
  });

  it('has nothing that is needed for development only', () => {
    const installed = Object.keys(lock.packages).filter(
      (path) => path !== '' && existsSync(inImage(`/app/${path}`)),
    );
    expect(installed.filter((path) => lock.packages[path]?.dev === true)).toEqual([]);
    expect(readdirSync(inImage('/app')).toSorted()).toEqual(
      ['.npmrc', 'LICENSE', 'dist', 'node_modules', 'package-lock.json', 'package.json'].toSorted(),
    );
  });

  it('is twice the same', async () => {
    // The program comes from src/ alone; what is fetched is the part that could differ.
    const app = stages
      .filter(({ name }) => name === 'app')
      .map((stage) => ({
        ...stage,
        steps: stage.steps.filter(({ rest }) => !rest.startsWith('--from=build')),
      }));
    const again = join(rootOf(await built(app), 'app'), 'app/node_modules');
    expect(filesOf(again)).toEqual(filesOf(inImage('/app/node_modules')));
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
