/**
 * The package as npm packs it, installed in an empty folder. It needs no cluster, but the program as it was built, and
 * the registry or what npm keeps of it.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { startFakeApiServer } from '../support/fake-api-server/server.ts';
import type { Ran } from '../support/program.ts';
import { ROOT, run as runProgram } from '../support/program.ts';

const SPARK = 'node_modules/resource-policy/examples/spark-pi';

/** Without what the npm that runs the tests tells its children. */
const env = {
  PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  HOME: process.env['HOME'] ?? '',
};

/** What the tarball holds. */
let files: readonly string[];
/** A folder that was empty, with the package and what it needs in node_modules. */
let cwd: string;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resource-policy-'));
  cwd = join(folder, 'empty');
  mkdirSync(cwd);
  await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    env,
  });
  const tarball = join(folder, `resource-policy-${packageJson.version}.tgz`);
  const { stdout } = await promisify(execFile)('tar', ['-tzf', tarball]);
  files = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^package\//, ''));
  // Without a prefix npm looks for a package.json above.
  const flags = ['--prefix', cwd, '--prefer-offline', '--no-audit'];
  await promisify(execFile)('npm', ['install', ...flags, tarball], { cwd, env });
  return () => rmSync(folder, { recursive: true });
});

function run(program: string, ...args: readonly string[]): Promise<Ran> {
  return runProgram([`./node_modules/.bin/${program}`, ...args], { cwd, env });
}

describe('the tarball', () => {
  it('has these and nothing else', () => {
    const rest = files.filter(
      (file) =>
        !/^(dist\/cli\/.+\.js|dist\/cli\/assets\/[^/]+|dist\/THIRD-PARTY-LICENSES\.txt|crds\/[^/]+\.yaml|deploy\/.+)$/.test(
          file,
        ) && !/^examples\/(?!demo\/).*\.(yaml|properties|md)$/.test(file),
    );

    expect(rest.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']);
  });

  it('has the licence of every library in it', () => {
    const text = readFileSync(
      join(cwd, 'node_modules/resource-policy/dist/THIRD-PARTY-LICENSES.txt'),
      'utf8',
    );
    for (const name of Object.keys(packageJson.dependencies)) expect(text).toContain(`\n${name} `);
  });

  it.each(['crds', 'deploy'])('has all of %s', (folder) => {
    const there = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));

    expect(files.filter((file) => file.startsWith(`${folder}/`)).toSorted()).toEqual(there.toSorted());
  });

  it('says from which Node.js on it runs', () => {
    const { engines } = JSON.parse(
      readFileSync(join(cwd, 'node_modules/resource-policy/package.json'), 'utf8'),
    ) as typeof packageJson;

    expect(engines).toEqual({ node: '>=24' });
  });
});

describe('installed in an empty folder', () => {
  it('brings no tools of development', () => {
    const there = [];
    for (const name of Object.keys(packageJson.devDependencies)) {
      // Types come with the Kubernetes client.
      if (!name.startsWith('@types/') && existsSync(join(cwd, 'node_modules', name))) there.push(name);
    }
    expect(there).toEqual([]);
  });

  it.each(['resource-policy', 'kubectl-resource_policy'])('%s has --help and --version', async (program) => {
    const help = await run(program, '--help');
    const version = await run(program, '--version');

    expect(help).toMatchObject({ status: 0, err: '' });
    expect(help.out).toContain('Usage: resource-policy');
    expect(version).toEqual({ status: 0, out: `${packageJson.version}\n`, err: '' });
  });

  it('plan runs on the examples that came with it', async () => {
    const { status, out, err } = await run(
      'resource-policy',
      'plan',
      ...['resourcepolicy.yaml', 'spark-pi.yaml', 'nodes.yaml'].map((file) => `${SPARK}/${file}`),
      '--prices=node_modules/resource-policy/examples/prices/eci.yaml',
      '--duration=1h',
    );

    expect({ status, err }).toEqual({ status: 1, err: '' });
    expect(out).toContain('SparkApplication default/spark-pi: 6 pods, 5 placed, 1 pending');
  });

  it('lint does', async () => {
    const { status, err } = await run('kubectl-resource_policy', 'lint', `${SPARK}/resourcepolicy.yaml`);

    expect({ status, err }).toEqual({ status: 0, err: '1 policy, nothing found\n' });
  });

  it('serve starts, with its page, and ends in order', async () => {
    const api = await startFakeApiServer();
    onTestFinished(() => api.close());
    const anyPort = '127.0.0.1:0';
    const flags = ['--kubeconfig', api.kubeconfigPath, '--listen', anyPort, '--page', anyPort];
    const child = spawn('./node_modules/.bin/resource-policy', ['serve', ...flags], { cwd, env });
    onTestFinished(() => void child.kill('SIGKILL'));
    let pageUrl: string | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { msg: string; page?: string };
      pageUrl ??= said.page;
      if (said.msg === 'ready') break;
    }

    const page = await fetch(String(pageUrl));
    const html = await page.text();
    expect(page.status).toBe(200);
    const assets = [...html.matchAll(/(?:src|href)="([^"#]+\.\w+)"/g)].map(([, asset]) => asset ?? '');
    const missing = [];
    for (const asset of assets) if (!(await fetch(new URL(asset, pageUrl))).ok) missing.push(asset);
    expect(assets.length).toBeGreaterThan(1);
    expect(missing).toEqual([]);
    child.stdout.resume();
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});
