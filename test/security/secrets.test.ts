/**
 * No secret in the output: `serve` at level trace, through everything that goes wrong with credentials, and all that it
 * wrote searched for them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { captured } from '../extender/harness.ts';
import { TestCa } from '../support/pki.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LWNsYWltcw.c2VjcmV0LXNpZ25hdHVyZQ';
const PASSWORD = 'correct-horse-battery-staple';
/** In the environment of a container of the pods that kube-scheduler asks about. */
const OF_A_POD = 'hunter2-of-the-pod';

let directory: string;
let ca: TestCa;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'secrets-'));
  ca = await TestCa.create();
});

afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string, mode = 0o600): string {
  const path = join(directory, name);
  writeFileSync(path, content, { mode });
  return path;
}

function kubeconfig(cluster: object, user: object): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  };
  return file('kubeconfig', stringify(config));
}

const insecure = (port: number): object => ({
  server: `http://127.0.0.1:${port}`,
  'insecure-skip-tls-verify': true,
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What an API server, and what stands before it, does wrong; each shows the request's headers where it can. */
const REFUSED: RequestListener = (request, response) =>
  void response.writeHead(401).end(`401 for ${JSON.stringify(request.headers)}`);
const FORBIDDEN: RequestListener = (request, response) => {
  const message = `forbidden: ${request.headers.authorization}`;
  response.writeHead(403).end(JSON.stringify({ kind: 'Status', reason: 'Forbidden', message }));
};
const BAD_GATEWAY: RequestListener = (request, response) =>
  void response.writeHead(502).end(`<pre>${request.rawHeaders.join('\n')}</pre>`);
const BROKEN: RequestListener = (_request, response) => void response.destroy();

/** One after the other for each path; after a first 401 it is asked again, with what credentials there are then. */
function allThatGoesWrong(): RequestListener {
  const answersByPath = new Map<string, RequestListener[]>();
  return (request, response) => {
    request.resume();
    const [path = ''] = (request.url ?? '').split('?');
    const answers = answersByPath.get(path) ?? [REFUSED, REFUSED, FORBIDDEN, BAD_GATEWAY];
    answersByPath.set(path, answers);
    (answers.shift() ?? BROKEN)(request, response);
  };
}

const THROUGH_ALL = [/: 401 /, /: 403 /, /: 502 /, /other side closed|ECONNRESET/];

/**
 * Runs `serve` until it has said all of this, in this order, with steps of the test between; calls it meanwhile as
 * kube-scheduler does. Resolves with its whole output.
 */
async function outputOf(
  kubeconfigPath: string,
  said: readonly (RegExp | (() => unknown))[],
): Promise<string> {
  const flags = ['--kubeconfig', kubeconfigPath, '--listen', '127.0.0.1:0', '--log-level', 'trace'];
  const child = spawn(process.execPath, [MAIN, 'serve', ...flags], {
    env: { PATH: process.env['PATH'], HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const has = async (pattern: RegExp): Promise<RegExpExecArray> =>
    vi.waitFor(
      () => {
        const found = pattern.exec(output);
        if (found === null) throw new Error(`${pattern} was not said in:\n${output}`);
        return found;
      },
      { timeout: 45_000, interval: 50 },
    );
  const [, url] = await has(/listens on (http:[^"]+)"/);
  await callsOfAPod(url!);
  for (const next of said) await (next instanceof RegExp ? has(next) : next());
  child.kill('SIGTERM');
  await once(child, 'close');
  return output;
}

async function callsOfAPod(url: string): Promise<void> {
  const body = captured('filter-names');
  const env = [{ name: 'PASSWORD', value: OF_A_POD }];
  const Pod = { ...body.Pod, spec: { ...body.Pod.spec, containers: [{ name: 'main', env }] } };
  const whole = JSON.stringify({ ...body, Pod });
  const calls = [whole, whole.slice(0, -1), whole.replace(`"${OF_A_POD}"`, OF_A_POD), '{'];
  for (const text of calls) {
    for (const verb of ['filter', 'prioritize', 'preempt', 'bind']) {
      const headers = { 'content-type': 'application/json' };
      await fetch(`${url}/${verb}`, { method: 'POST', headers, body: text });
    }
  }
}

/** Parts of secrets that are in the output: ten characters would be enough to help. */
function leaks(output: string, secrets: readonly string[]): readonly string[] {
  return [...secrets, OF_A_POD].flatMap((secret) =>
    Array.from({ length: secret.length - 9 }, (_, at) => secret.slice(at, at + 10)).filter((part) =>
      output.includes(part),
    ),
  );
}

/** The lines of a PEM key, and what a kubeconfig makes of it. */
function partsOf(pem: string): readonly string[] {
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  return [...lines, Buffer.from(lines.join('')).toString('base64')];
}

describe('the output of serve, through refusals, errors and broken answers, has nothing of', () => {
  const users: Record<string, { user: () => object; secrets: readonly string[] }> = {
    'a token': { user: () => ({ token: TOKEN }), secrets: [TOKEN] },
    'a token in a file': { user: () => ({ tokenFile: file('token', `${TOKEN}\n`) }), secrets: [TOKEN] },
    'a password': {
      user: () => ({ username: 'scheduler', password: PASSWORD }),
      secrets: [PASSWORD, Buffer.from(`scheduler:${PASSWORD}`).toString('base64')],
    },
    'what a credential plugin prints, and its environment': {
      user: () => ({
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: file('plugin', `#!/bin/sh\necho '{"status":{"token":"${TOKEN}"}}'\n`, 0o700),
          env: [{ name: 'PASSWORD', value: PASSWORD }],
          interactiveMode: 'Never',
        },
      }),
      secrets: [TOKEN, PASSWORD],
    },
  };

  it.for(Object.entries(users))('%s', async ([, { user, secrets }]) => {
    const port = await listening(createServer(allThatGoesWrong()));

    const output = await outputOf(kubeconfig(insecure(port), user()), THROUGH_ALL);

    expect(leaks(output, secrets)).toEqual([]);
  });

  it('what a broken credential plugin prints', async () => {
    const command = file('broken-plugin', `#!/bin/sh\necho '${TOKEN}'\n`, 0o700);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
    const port = await listening(createServer());

    const output = await outputOf(kubeconfig(insecure(port), { exec }), [/plugin printed is no JSON/]);

    expect(leaks(output, [TOKEN])).toEqual([]);
  });
});

describe('the output of serve, through failures of TLS, has nothing of', () => {
  it('a client key, to a server that is not there, and then not the one that is trusted', async () => {
    const { certPem, keyPem } = await ca.issue('scheduler', { purpose: 'client' });
    const other = await TestCa.create();
    const impostor = await other.issue('api-server', { purpose: 'server' });
    const free = createServer();
    const port = await listening(free);
    await new Promise((resolve) => free.close(resolve));
    const config = kubeconfig(
      { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(ca.certPem) },
      { 'client-certificate-data': base64(certPem), 'client-key-data': base64(keyPem) },
    );
    const server = createTlsServer({ cert: impostor.certPem, key: impostor.keyPem, ca: other.certPem });
    onTestFinished(() => void server.close());

    const output = await outputOf(config, [
      /ECONNREFUSED/,
      () => server.listen(port, '127.0.0.1'),
      /self-signed certificate in certificate chain/,
    ]);

    expect(leaks(output, [...partsOf(keyPem), base64(keyPem)])).toEqual([]);
  });

  it('a client key that the server does not accept', async () => {
    const own = await ca.issue('api-server', { purpose: 'server' });
    const stranger = await (await TestCa.create()).issue('scheduler', { purpose: 'client' });
    const port = await listening(
      createTlsServer({
        cert: own.certPem,
        key: own.keyPem,
        ca: ca.certPem,
        requestCert: true,
        rejectUnauthorized: true,
      }),
    );
    const config = kubeconfig(
      { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(ca.certPem) },
      { 'client-certificate': file('cert', stranger.certPem), 'client-key': file('key', stranger.keyPem) },
    );

    const output = await outputOf(config, [/watch restarts/]);

    expect(leaks(output, partsOf(stranger.keyPem))).toEqual([]);
  });

  it('a client key that is none', async () => {
    const broken = `-----BEGIN PRIVATE KEY-----\n${base64(PASSWORD.repeat(5))}\n-----END PRIVATE KEY-----\n`;
    const { certPem } = await ca.issue('scheduler', { purpose: 'client' });
    const config = kubeconfig(
      { server: 'https://127.0.0.1:1' },
      { 'client-certificate-data': base64(certPem), 'client-key-data': base64(broken) },
    );

    const output = await outputOf(config, [/watch restarts/]);

    expect(leaks(output, [PASSWORD, ...partsOf(broken), base64(broken)])).toEqual([]);
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
