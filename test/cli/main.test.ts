import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { kubeconfig } from '../support/fake-api-server/kubeconfig.ts';
import { startFakeApiServer } from '../support/fake-api-server/server.ts';
import type { Ran } from '../support/program.ts';
import * as program from '../support/program.ts';

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let emptyHome: string;
beforeAll(() => {
  emptyHome = mkdtempSync(join(tmpdir(), 'resource-policy-'));
  return () => rmSync(emptyHome, { recursive: true });
});

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = program.start([...program.SOURCES, ...args], { env: { HOME: emptyHome, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran> {
  return program.outcomeOf(start(args, env));
}

describe('serve --prices', () => {
  it('does not start with a price list that is none, and says where', async () => {
    const file = join(emptyHome, 'prices.yaml');
    writeFileSync(file, 'kind: PriceList\ncurrency: €\nprices:\n  - name: ECI\n');

    const { status, err } = await run(['serve', '--prices', file]);

    expect(status).toBe(1);
    expect(err).toContain(`${file}:4: prices[0]: must have either perPod or perNode`);
  });
});

describe('resource-policy', () => {
  it('--version says the package’s', async () => {
    expect(await run(['--version'])).toEqual({ status: 0, out: `${packageJson.version}\n`, err: '' });
  });

  it('--help names its commands', async () => {
    const { status, out } = await run(['--help']);

    expect(status).toBe(0);
    expect(out).toMatch(/Usage: resource-policy .*\n\nACK's ResourcePolicy for any Kubernetes/);
    expect(out).toMatch(/^ {2}serve \[options\] +Answer kube-scheduler's extender calls/m);
  });

  it('without a command shows its help, as an error', async () => {
    const { status, out, err } = await run([]);

    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain('Usage: resource-policy');
  });

  it('does not know any command', async () => {
    const { status, err } = await run(['sreve']);

    expect(status).toBe(2);
    expect(err).toBe("error: unknown command 'sreve'\n(Did you mean serve?)\n");
  });

  it('completion prints the script that bash sources', async () => {
    const { status, out, err } = await run(['completion', 'bash']);

    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^complete .* resource-policy kubectl-resource_policy$/m);
  });

  it('completion knows no other shells', async () => {
    const { status, out, err } = await run(['completion', 'tcsh']);

    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(
      "value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
    );
  });

  it.each([
    ['completion', []],
    ['explain', ['driver']],
    ['lint', []],
    ['plan', ['--prise']],
    ['serve', ['--listen', '8910']],
  ] as const)('wrong usage of %s is exit code 2, and its --help says so', async (name, wrong) => {
    const { status, err } = await run([name, ...wrong]);
    const help = await run([name, '--help']);

    expect(status).toBe(2);
    expect(err).toMatch(/^error: /);
    expect(help.status).toBe(0);
    expect(help.out).toMatch(/\nExit code: 0 .*\b2 wrong usage/);
    expect(help.out).toMatch(/\nExamples:\n {2}\$ /);
  });

  it('says which Node.js it needs, before it imports anything', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const { status, out, err } = await run(['--version'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}`,
    });

    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toBe(
      `resource-policy: needs Node.js 24 or newer; ${process.execPath} is 20.20.2. ` +
        'Put a newer one first on the PATH; https://nodejs.org has them.\n',
    );
    expect(packageJson.engines.node).toBe('>=24');
    expect(readFileSync(program.SOURCES[1], 'utf8')).not.toMatch(/^import /m);
  });
});

describe('resource-policy serve ends at once, with one line that says the way out', () => {
  it('when the kubeconfig does not exist', async () => {
    const { status, out, err } = await run([
      'serve',
      '--kubeconfig',
      '/nowhere/kubeconfig',
      '--listen',
      '127.0.0.1:0',
    ]);

    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toMatch(
      /^resource-policy: kubeconfig \/nowhere\/kubeconfig: ENOENT[^\n]*\. Give a readable kubeconfig with --kubeconfig FILE or \$KUBECONFIG\.\n$/,
    );
  });

  it('when there are no credentials anywhere', async () => {
    const { status, err } = await run(['serve', '--listen', '127.0.0.1:0']);

    expect(status).toBe(1);
    expect(err).toMatch(
      /^resource-policy: no credentials for an API server: [^\n]+ Give a kubeconfig [^\n]+\n$/,
    );
  });

  it('when the address is one that others can reach', async () => {
    const { status, err } = await run(['serve', '--listen', '0.0.0.0:0']);

    expect(status).toBe(2);
    expect(err).toMatch(/^error: --listen 0\.0\.0\.0:0 is not a loopback address[^\n]+\n$/);
  });

  it('when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;

    const { status, err } = await run([
      'serve',
      '--kubeconfig',
      kubeconfigOf('http://127.0.0.1:1'),
      '--listen',
      `127.0.0.1:${port}`,
    ]);

    expect(status).toBe(1);
    expect(err).toMatch(/^resource-policy: listen EADDRINUSE[^\n]+\n$/);
  });
});

describe('resource-policy serve', () => {
  it('is alive and not ready without an API server, and ends in order', async () => {
    const serving = await serve(kubeconfigOf('http://127.0.0.1:1'));

    expect((await fetch(`${serving.url}/healthz`)).status).toBe(200);
    const readyz = await fetch(`${serving.url}/readyz`);
    expect(readyz.status).toBe(503);
    expect(await readyz.text()).toBe(
      'resource-policy is starting: waiting for the list of resourcepolicies, nodes, pods\n',
    );
    expect(await serving.end('SIGTERM')).toBe(0);
    expect(serving.log.at(-1)).toMatchObject({ level: 'info', msg: 'stopped' });
  });

  it.for(['SIGTERM', 'SIGINT'] as const)('says when it is ready, and ends in order on %s', async (signal) => {
    const api = await startFakeApiServer();
    onTestFinished(() => api.close());
    const serving = await serve(api.kubeconfigPath);

    await serving.says('ready');

    expect((await fetch(`${serving.url}/readyz`)).status).toBe(200);
    expect(serving.log[0]).toMatchObject({
      level: 'info',
      msg: `resource-policy ${packageJson.version} listens on ${serving.url}`,
      version: packageJson.version,
      settings: { listen: { host: '127.0.0.1', port: 0 } },
    });
    expect(await serving.end(signal)).toBe(0);
    // This API server has no leases; when that is noticed is chance.
    const ending = serving.log.filter(({ lease }) => lease === undefined).slice(-2);
    expect(ending).toMatchObject([{ signal }, { msg: 'stopped' }]);
  });
});

type Line = Readonly<Record<string, unknown>> & { readonly msg: string };

/** The program, listening. */
async function serve(kubeconfigPath: string): Promise<{
  readonly url: string;
  readonly log: readonly Line[];
  says: (msg: string) => Promise<void>;
  end: (signal: NodeJS.Signals) => Promise<unknown>;
}> {
  const child = start(['serve', '--kubeconfig', kubeconfigPath, '--listen', '127.0.0.1:0']);
  const log: Line[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => log.push(JSON.parse(line)));
  const says = async (wanted: RegExp | string): Promise<Line> => {
    for (;;) {
      const found = log.find(({ msg }) => (typeof wanted === 'string' ? msg === wanted : wanted.test(msg)));
      if (found !== undefined) return found;
      // oxlint-disable-next-line no-await-in-loop
      await once(lines, 'line');
    }
  };
  const { msg } = await says(/listens on http:/);
  return {
    url: msg.slice(msg.indexOf('http:')),
    log,
    says: async (wanted) => void (await says(wanted)),
    end: async (signal) => {
      child.kill(signal);
      const [status]: unknown[] = await once(child, 'close');
      return status;
    },
  };
}

/** A kubeconfig for a server that asks for nothing. */
function kubeconfigOf(server: string): string {
  const path = join(emptyHome, 'kubeconfig');
  writeFileSync(path, kubeconfig({ server, token: 'none' }));
  return path;
}
