import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Servers } from '../../src/cli/servers.ts';
import { openServers } from '../../src/cli/servers.ts';
import type { PageSettings } from '../../src/cli/page-settings.ts';
import type { TlsSettings } from '../../src/cli/tls-settings.ts';
import type { Identity } from '../support/pki.ts';
import { TestCa } from '../support/pki.ts';

const FREE = { host: '127.0.0.1', port: 0 };
const LOOK_MS = 10_000;

let ca: TestCa;
let first: Identity;
let second: Identity;
let client: Identity;
let directory: string;
let log: { readonly level: number; readonly msg: string }[];

beforeAll(async () => {
  ca = await TestCa.create();
  [first, second, client] = await Promise.all([
    ca.issue('first', { purpose: 'server' }),
    ca.issue('second', { purpose: 'server' }),
    ca.issue('kube-scheduler', { purpose: 'client' }),
  ]);
});

beforeEach(() => {
  log = [];
  certificates = [];
  directory = mkdtempSync(join(tmpdir(), 'servers-'));
  writeFileSync(at('ca'), ca.certPem);
  write(first);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  return () => {
    vi.useRealTimers();
    rmSync(directory, { recursive: true });
  };
});

const at = (name: string): string => join(directory, name);

function write({ certPem, keyPem }: Identity): void {
  writeFileSync(at('cert'), certPem);
  writeFileSync(at('key'), keyPem);
}

/** When the certificates end that were shown, in order. */
let certificates: Date[] = [];

const portOf = ({ url }: Servers): number => Number(new URL(url).port);

const says =
  (what: string): RequestListener =>
  (_request, response) =>
    void response.end(what);

async function open(settings: Partial<PageSettings & TlsSettings> = {}): Promise<Servers> {
  const servers = await openServers(
    {
      app: says('verbs'),
      probes: says('pages'),
      page: says('page'),
      certificateEnds: (end) => void certificates.push(end),
    },
    {
      listen: FREE,
      tlsCert: undefined,
      tlsKey: undefined,
      clientCa: undefined,
      probes: undefined,
      page: undefined,
      ...settings,
    },
    pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) }),
  );
  onTestFinished(async () => {
    await Promise.all([servers.closeVerbs(0), servers.closePages()]);
  });
  return servers;
}

const withTls = (): Partial<TlsSettings> => ({ tlsCert: at('cert'), tlsKey: at('key'), clientCa: at('ca') });

async function get(url: string, identity?: Identity): Promise<{ text: string; server: string }> {
  return new Promise((resolve, reject) => {
    const own = identity === undefined ? {} : { cert: identity.certPem, key: identity.keyPem };
    httpsRequest(url, { ca: ca.certPem, agent: false, ...own }, (response) => {
      const server = (response.socket as TLSSocket).getPeerCertificate().subject.CN as string;
      text(response).then((all) => resolve({ text: all, server }), reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('the servers', () => {
  it('speak plain HTTP without files', async () => {
    const { url, probesUrl } = await open();

    expect(await (await fetch(url)).text()).toBe('verbs');
    expect(probesUrl).toBeUndefined();
  });

  it('answer the verbs to clients with a certificate, and the pages to everybody', async () => {
    const { url, probesUrl } = await open({ ...withTls(), probes: FREE });

    expect(await get(url, client)).toEqual({ text: 'verbs', server: 'first' });
    await expect(get(url)).rejects.toThrow(/ECONNRESET|certificate required|EPIPE/);
    expect(await (await fetch(probesUrl!)).text()).toBe('pages');
    await vi.waitFor(() =>
      expect(log).toMatchObject([
        {
          level: 40,
          msg: 'connections were turned away',
          reasons: { ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 1 },
        },
      ]),
    );
  });

  it('do not start with files of no use', async () => {
    writeFileSync(at('key'), second.keyPem);

    await expect(open(withTls())).rejects.toThrow(
      `TLS key ${at('key')}: it is not the key of the certificate ${at('cert')}`,
    );
  });

  it('leave nothing behind when the address for probes is taken', async () => {
    const taken = await open();
    const freed = await open();
    await freed.closeVerbs(0);
    const listen = { ...FREE, port: portOf(freed) };

    await expect(open({ listen, probes: { ...FREE, port: portOf(taken) } })).rejects.toThrow('EADDRINUSE');

    await expect(open({ listen })).resolves.toBeDefined();
  });

  it('close the verbs first: the pages tell that they do', async () => {
    const servers = await open({ probes: FREE });
    const { url, probesUrl } = servers;

    await servers.closeVerbs(0);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    expect((await fetch(probesUrl!)).status).toBe(200);

    await servers.closePages();
    await expect(fetch(probesUrl!)).rejects.toThrow('fetch failed');
  });

  it('show the page by plain HTTP on loopback, also beside TLS', async () => {
    const { pageUrl } = await open({ ...withTls(), page: FREE });

    expect(pageUrl).toMatch(/^http:/);
    expect(await (await fetch(pageUrl!)).text()).toBe('page');
  });

  it('show the page elsewhere to clients with a certificate only', async () => {
    const { pageUrl } = await open({ ...withTls(), page: { host: '0.0.0.0', port: 0 } });
    const url = pageUrl!.replace('0.0.0.0', '127.0.0.1');

    expect(await get(url, client)).toEqual({ text: 'page', server: 'first' });
    await expect(get(url)).rejects.toThrow(/ECONNRESET|certificate required|EPIPE/);
  });

  it('leave nothing behind when the address for the page is taken', async () => {
    const taken = await open();
    const freed = await open({ probes: FREE });
    await Promise.all([freed.closeVerbs(0), freed.closePages()]);
    const again = {
      listen: { ...FREE, port: portOf(freed) },
      probes: { ...FREE, port: Number(new URL(freed.probesUrl!).port) },
    };

    await expect(open({ ...again, page: { ...FREE, port: portOf(taken) } })).rejects.toThrow('EADDRINUSE');

    await expect(open(again)).resolves.toBeDefined();
  });

  it('close the page at the end: it tells that they stop', async () => {
    const servers = await open({ page: FREE });

    await servers.closeVerbs(0);
    expect((await fetch(servers.pageUrl!)).status).toBe(200);

    await servers.closePages();
    await expect(fetch(servers.pageUrl!)).rejects.toThrow('fetch failed');
  });
});

describe('files that rotate', () => {
  it('are in use ten seconds later', async () => {
    const { url, pageUrl } = await open({ ...withTls(), page: { host: '0.0.0.0', port: 0 } });
    write(second);

    vi.advanceTimersByTime(LOOK_MS);

    await vi.waitFor(async () => expect(await get(url, client)).toMatchObject({ server: 'second' }));
    const page = pageUrl!.replace('0.0.0.0', '127.0.0.1');
    expect(await get(page, client)).toMatchObject({ server: 'second' });
    expect(certificates).toEqual(
      [first, second].map(({ certPem }) => new X509Certificate(certPem).validToDate),
    );
    expect(log).toMatchObject([{ level: 30, msg: 'TLS files were read again and are in use' }]);
  });

  it('that are broken leave the old ones in use, and are logged', async () => {
    const { url } = await open(withTls());
    writeFileSync(at('key'), 'broken');

    await vi.waitFor(() => {
      vi.advanceTimersByTime(LOOK_MS);
      expect(log).toMatchObject([{ level: 50, msg: expect.stringContaining(`TLS key ${at('key')}`) }]);
    });

    expect(await get(url, client)).toMatchObject({ text: 'verbs', server: 'first' });
  });

  it('are not looked at any more once the verbs are closed', async () => {
    const servers = await open(withTls());

    await servers.closeVerbs(0);

    expect(vi.getTimerCount()).toBe(0);
  });
});
