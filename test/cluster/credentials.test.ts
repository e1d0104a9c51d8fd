import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';

import { Credentials, CredentialsError } from '../../src/cluster/credentials.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'credentials-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function write(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

interface Parts {
  readonly server?: string;
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly rest?: object;
}

function kubeconfig({ server = 'https://one:6443', cluster, user, context, rest }: Parts = {}): string {
  return stringify({
    'current-context': 'main',
    contexts: [{ name: 'main', context: context ?? { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user: user ?? { token: 'secret' } }],
    ...rest,
  });
}

/** Credentials of a kubeconfig, with a clock to move. */
async function ofKubeconfig(
  text: string,
): Promise<{ credentials: Credentials; file: string; directory: string; clock: { nowMs: number } }> {
  const directory = await aDirectory();
  const file = await write(join(directory, 'config'), text);
  const clock = { nowMs: 0 };
  const credentials = Credentials.load({ kubeconfigPath: file, now: () => clock.nowMs });
  return { credentials, file, directory, clock };
}

describe('where credentials come from', () => {
  it('is the given file before $KUBECONFIG', async () => {
    const directory = await aDirectory();
    const given = await write(join(directory, 'given'), kubeconfig({ server: 'https://given:1' }));
    const other = await write(join(directory, 'other'), kubeconfig({ server: 'https://other:1' }));
    expect(Credentials.load({ kubeconfigPath: given, env: { KUBECONFIG: other } }).server.host).toBe(
      'given:1',
    );
  });

  it('is $KUBECONFIG before the home directory; of its files the first that says something wins', async () => {
    const directory = await aDirectory();
    await write(join(directory, '.kube', 'config'), kubeconfig({ server: 'https://home:1' }));
    const first = await write(join(directory, 'first'), kubeconfig({ rest: { 'current-context': '' } }));
    const second = await write(
      join(directory, 'second'),
      kubeconfig({ server: 'https://second:1', rest: { 'current-context': 'main' } }),
    );
    const list = [join(directory, 'missing'), first, second].join(delimiter);
    expect(Credentials.load({ env: { KUBECONFIG: list, HOME: directory } }).server.host).toBe('one:6443');
    expect(Credentials.load({ env: { HOME: directory } }).server.host).toBe('home:1');
  });

  it('is the service account in a pod, whose token is read again', async () => {
    const root = await aDirectory();
    const token = await write(`${root}${SERVICE_ACCOUNT}/token`, 'first\n');
    await write(`${root}${SERVICE_ACCOUNT}/ca.crt`, 'authority');
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', '443');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const credentials = Credentials.load({
      env: { HOME: root, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      rootDirectory: root,
    });
    const access = await credentials.access();
    expect(access).toMatchObject({ headers: { authorization: 'Bearer first' }, epoch: 0 });
    expect([access.server.host, String(access.tls.ca)]).toEqual(['10.0.0.1', 'authority']);
    await write(token, 'second');
    await credentials.renew(access);
    await expect(credentials.access()).resolves.toMatchObject({
      headers: { authorization: 'Bearer second' },
      epoch: 1,
    });
  });

  it('tells the namespace of the pod, and none outside of a cluster', async () => {
    const root = await aDirectory();
    await write(`${root}${SERVICE_ACCOUNT}/token`, 'first');
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1');
    vi.stubEnv('KUBERNETES_SERVICE_PORT', '443');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const inCluster = { env: { HOME: root, KUBERNETES_SERVICE_HOST: '10.0.0.1' }, rootDirectory: root };
    expect(Credentials.load(inCluster).podNamespace).toBeUndefined();
    await write(`${root}${SERVICE_ACCOUNT}/namespace`, 'spark-system\n');
    expect(Credentials.load(inCluster).podNamespace).toBe('spark-system');
    const file = await write(join(root, 'config'), kubeconfig());
    expect(Credentials.load({ kubeconfigPath: file }).podNamespace).toBeUndefined();
  });

  it('tells the namespace that kubectl would use', async () => {
    const { credentials } = await ofKubeconfig(kubeconfig());
    expect(credentials.namespace).toBe('default');
    const context = { cluster: 'c', user: 'u', namespace: 'batch' };
    expect((await ofKubeconfig(kubeconfig({ context }))).credentials.namespace).toBe('batch');
  });

  it('is told when there is nothing', async () => {
    const home = await aDirectory();
    expect(() => Credentials.load({ env: { HOME: home }, rootDirectory: home })).toThrow(CredentialsError);
    expect(() => Credentials.load({ env: { HOME: home }, rootDirectory: home })).toThrow(
      `$KUBECONFIG is not set, ${home}/.kube/config does not exist`,
    );
  });
});

describe('a configuration that cannot work is refused at once', () => {
  it.each([
    {
      title: 'no current-context',
      text: kubeconfig({ rest: { 'current-context': '' } }),
      want: 'no current-context',
    },
    {
      title: 'an unknown context',
      text: kubeconfig({ rest: { 'current-context': 'x' } }),
      want: 'current-context x does not exist',
    },
    {
      title: 'an unknown cluster',
      text: kubeconfig({ context: { cluster: 'x', user: 'u' } }),
      want: 'names the cluster x, which is missing',
    },
    {
      title: 'an unknown user',
      text: kubeconfig({ context: { cluster: 'c', user: 'x' } }),
      want: 'names the user x, which is missing',
    },
    { title: 'plain http', text: kubeconfig({ server: 'http://one' }), want: 'insecure-skip-tls-verify' },
    { title: 'a server that is no URL', text: kubeconfig({ server: 'one:6443' }), want: 'is no http(s) URL' },
    { title: 'a proxy', text: kubeconfig({ cluster: { 'proxy-url': 'http://p' } }), want: 'proxy-url' },
    { title: 'no YAML', text: 'a: b\nclusters: [', want: 'line 2 is no YAML. Correct the file' },
    {
      title: 'a server with a password',
      text: kubeconfig({ server: 'https://u:hunter2@one:6443' }),
      want: 'the server of cluster c has a user name or password in it',
    },
    {
      title: 'a cluster without server',
      text: kubeconfig({ server: '' }),
      want: 'clusters[0].cluster.server is missing',
    },
    { title: 'nothing in it', text: '{}', want: 'no current-context' },
  ])('$title', async ({ text, want }) => {
    const file = await write(join(await aDirectory(), 'config'), text);
    expect(() => Credentials.load({ kubeconfigPath: file })).toThrow(CredentialsError);
    expect(() => Credentials.load({ kubeconfigPath: file })).toThrow(want);
    expect(() => Credentials.load({ kubeconfigPath: file })).toThrow(file);
  });

  it.each([
    { title: 'a file that is not there', options: { kubeconfigPath: '/none/config' }, want: '/none/config' },
    {
      title: 'a list without files',
      options: { env: { KUBECONFIG: '/none/config' } },
      want: '$KUBECONFIG (/none/config)',
    },
  ])('$title', ({ options, want }) => {
    expect(() => Credentials.load(options)).toThrow(CredentialsError);
    expect(() => Credentials.load(options)).toThrow(want);
  });
});

describe('a kubeconfig that is no YAML is not quoted', () => {
  it.each([
    'users:\n- user:\n    token: hunter2\n   broken: [\n',
    'users:\n- user:\n    token: *hunter2\n',
    'users:\n- user:\n    token: "hunter2\n',
    'users:\n- user:\n    token: !hunter2 x\n',
    '%hunter2\n',
    'hunter2\n---\nhunter2\n',
    'users: hunter2',
    'users: [{name: u, user: hunter2}]',
  ])('%j', async (text) => {
    const file = await write(join(await aDirectory(), 'config'), text);
    const error = (() => {
      try {
        return Credentials.load({ kubeconfigPath: file });
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).not.toContain('hunter2');
    expect((error as Error).cause).toBeUndefined();
  });
});

describe('what a kubeconfig gives', () => {
  it('certificates and names of TLS', async () => {
    const { credentials } = await ofKubeconfig(
      kubeconfig({
        cluster: { 'certificate-authority-data': base64('ca'), 'tls-server-name': 'kube' },
        user: { 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') },
      }),
    );
    const { tls, headers } = await credentials.access();
    expect([tls.ca, tls.cert, tls.key].map(String)).toEqual(['ca', 'cert', 'key']);
    expect([tls.servername, tls.rejectUnauthorized, headers]).toEqual(['kube', undefined, {}]);
  });

  it('no verification, where that is wished', async () => {
    const { credentials } = await ofKubeconfig(kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }));
    expect((await credentials.access()).tls.rejectUnauthorized).toBe(false);
  });

  it.each([
    { user: { token: 'secret' }, want: { authorization: 'Bearer secret' } },
    { user: { username: 'me', password: 'pw' }, want: { authorization: 'Basic bWU6cHc=' } },
    {
      user: { token: 't', as: 'somebody' },
      want: { authorization: 'Bearer t', 'impersonate-user': 'somebody' },
    },
    { user: {}, want: {} },
  ])('headers $want', async ({ user, want }) => {
    const { credentials } = await ofKubeconfig(kubeconfig({ user }));
    expect((await credentials.access()).headers).toEqual(want);
  });

  it('the content of tokenFile, which rotates', async () => {
    const directory = await aDirectory();
    const token = await write(join(directory, 'token'), 'first\n');
    const file = await write(
      join(directory, 'config'),
      kubeconfig({ user: { tokenFile: 'token', token: 'unused' } }),
    );
    const credentials = Credentials.load({ kubeconfigPath: file });
    const access = await credentials.access();
    expect(access.headers).toEqual({ authorization: 'Bearer first' });
    await write(token, 'second\n');
    await credentials.renew(access);
    expect((await credentials.access()).headers).toEqual({ authorization: 'Bearer second' });
  });
});

describe('rotation', () => {
  it('of a certificate authority on disk gives new connections within 10 s', async () => {
    const { credentials, directory, clock } = await ofKubeconfig(
      kubeconfig({ cluster: { 'certificate-authority': 'ca' } }),
    );
    await write(join(directory, 'ca'), 'old');
    expect(String((await credentials.access()).tls.ca)).toBe('old');
    await write(join(directory, 'ca'), 'new');
    clock.nowMs = 9_999;
    expect(await credentials.access()).toMatchObject({ epoch: 0 });
    clock.nowMs = 10_000;
    const access = await credentials.access();
    expect([access.epoch, String(access.tls.ca)]).toEqual([1, 'new']);
    clock.nowMs = 30_000;
    expect(await credentials.access()).toMatchObject({ epoch: 1 });
  });

  it('of the kubeconfig itself is noticed; one that is being written is not', async () => {
    const { credentials, file, clock } = await ofKubeconfig(kubeconfig());
    await credentials.access();
    await write(file, 'clusters: [');
    clock.nowMs = 10_000;
    expect(await credentials.access()).toMatchObject({
      epoch: 0,
      headers: { authorization: 'Bearer secret' },
    });
    await write(file, kubeconfig({ server: 'https://two:6443', user: { token: 'other' } }));
    clock.nowMs = 20_000;
    const access = await credentials.access();
    expect(access).toMatchObject({ epoch: 1, headers: { authorization: 'Bearer other' } });
    expect([access.server.host, credentials.server.host]).toEqual(['two:6443', 'two:6443']);
  });

  it('on 401 happens once for all that got it, and at most once a second', async () => {
    const { credentials, clock } = await ofKubeconfig(kubeconfig());
    const first = await credentials.access();
    await Promise.all([credentials.renew(first), credentials.renew(first), credentials.renew(first)]);
    const second = await credentials.access();
    expect(second.epoch).toBe(1);
    clock.nowMs = 999;
    await credentials.renew(second);
    expect(await credentials.access()).toMatchObject({ epoch: 1 });
    clock.nowMs = 1_000;
    await credentials.renew(first);
    expect(await credentials.access()).toMatchObject({ epoch: 1 });
    await credentials.renew(second);
    expect(await credentials.access()).toMatchObject({ epoch: 2 });
  });

  it('of a file that is missing for a moment is an error of that moment', async () => {
    const { credentials, directory } = await ofKubeconfig(
      kubeconfig({ cluster: { 'certificate-authority': 'ca' } }),
    );
    await expect(credentials.access()).rejects.toThrow(CredentialsError);
    await write(join(directory, 'ca'), 'there');
    expect(String((await credentials.access()).tls.ca)).toBe('there');
  });
});

describe('an exec plugin', () => {
  it('runs once for many requests, and again after a 401', async () => {
    const directory = await aDirectory();
    const runs = join(directory, 'runs');
    const script = `
      require('fs').appendFileSync(${JSON.stringify(runs)}, 'x');
      const token = 'token-' + require('fs').readFileSync(${JSON.stringify(runs)}, 'utf8').length;
      console.log(JSON.stringify({ status: { token } }));`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
    };
    const file = await write(join(directory, 'config'), kubeconfig({ user: { exec } }));
    const credentials = Credentials.load({ kubeconfigPath: file });
    const [access] = await Promise.all([credentials.access(), credentials.access(), credentials.access()]);
    expect(access.headers).toEqual({ authorization: 'Bearer token-1' });
    await credentials.renew(access);
    expect((await credentials.access()).headers).toEqual({ authorization: 'Bearer token-2' });
    await expect(readFile(runs, 'utf8')).resolves.toBe('xx');
  });

  it('that prints no JSON says so, and not what it printed: a token may be in it', async () => {
    const exec = { command: process.execPath, args: ['-e', 'console.log("hunter2")'] };
    const { credentials, file } = await ofKubeconfig(kubeconfig({ user: { exec } }));
    const error: unknown = await credentials.access().catch((reason: unknown) => reason);
    expect(error).toEqual(
      new CredentialsError(`kubeconfig ${file}: what the credential plugin printed is no JSON`),
    );
    expect((error as Error).cause).toBeUndefined();
  });

  it('that fails says so, with its file', async () => {
    const exec = {
      command: process.execPath,
      args: ['-e', 'console.error("log in first"); process.exit(1)'],
    };
    const { credentials, file } = await ofKubeconfig(kubeconfig({ user: { exec } }));
    await expect(credentials.access()).rejects.toThrow(`kubeconfig ${file}: log in first`);
  });
});
