import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SCHEDULER_LIMITS } from '../../src/http/limits.ts';
import type { RunningServer } from '../../src/http/server.ts';
import { listen } from '../../src/http/server.ts';
import type { TlsMaterial } from '../../src/http/tls-files.ts';
import type { Identity } from '../support/pki.ts';
import { TestCa } from '../support/pki.ts';
import { answerTo, rawConnection } from './raw.ts';

const HOUR_MS = 3_600_000;

let serverCa: TestCa;
let clientCa: TestCa;
let otherCa: TestCa;
let own: Identity;
let client: Identity;

beforeAll(async () => {
  [serverCa, clientCa, otherCa] = await Promise.all([TestCa.create(), TestCa.create(), TestCa.create()]);
  own = await serverCa.issue('resource-policy', { purpose: 'server' });
  client = await clientCa.issue('kube-scheduler', { purpose: 'client' });
});

function material(identity: Identity, ca: TestCa): TlsMaterial {
  return { cert: identity.certPem, key: identity.keyPem, clientCa: ca.certPem, notAfter: new Date() };
}

interface Watched {
  readonly server: RunningServer;
  readonly asked: readonly string[];
  readonly turnedAway: readonly string[];
}

async function aServer({
  answer = (_request, response) => void response.end('ok'),
  handshakeMs = SCHEDULER_LIMITS.handshakeMs,
}: { answer?: RequestListener; handshakeMs?: number } = {}): Promise<Watched> {
  const asked: string[] = [];
  const turnedAway: string[] = [];
  const server = await listen(
    (request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    },
    { host: '127.0.0.1', port: 0 },
    {
      tls: material(own, clientCa),
      limits: { ...SCHEDULER_LIMITS, handshakeMs },
      turnedAway: (why) => void turnedAway.push(why),
    },
  );
  onTestFinished(() => server.close(0));
  return { server, asked, turnedAway };
}

const as = ({ certPem, keyPem }: Identity): ConnectionOptions => ({ cert: certPem, key: keyPem });

/** What a client meets that is turned away. */
const BROKEN_OFF = { code: expect.stringMatching(/^(ECONNRESET|EPIPE|EPROTO|ERR_SSL_\w+)$/) };

interface Answer {
  readonly text: string;
  readonly protocol: string | null;
  /** The name on the server's certificate. */
  readonly serverName: string | undefined;
}

/** GETs / over the agent's connection, or over one of its own. */
async function get(
  { port }: RunningServer,
  options: ConnectionOptions & { agent?: Agent | false; headers?: Record<string, string> },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = { host: '127.0.0.1', port, ca: serverCa.certPem, agent: false as const, ...options };
    httpsRequest(call, (response) => {
      const socket = response.socket as TLSSocket;
      const serverName = String(socket.getPeerCertificate().subject.CN);
      const protocol = socket.getProtocol();
      text(response).then((all) => resolve({ text: all, protocol, serverName }), reject);
    })
      .on('error', reject)
      .end();
  });
}

/** Connections that stay open; they go with the test. */
function anAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
}

describe('mutual TLS', () => {
  it('answers a client that has a certificate of the client CA, by TLS 1.3', async () => {
    const { server, turnedAway } = await aServer();

    const answer = await get(server, as(client));

    expect(answer).toEqual({ text: 'ok', protocol: 'TLSv1.3', serverName: 'resource-policy' });
    expect(turnedAway).toEqual([]);
  });

  const strangers: Record<string, { options: () => Promise<ConnectionOptions>; why: string }> = {
    'without a certificate': {
      options: async () => ({}),
      why: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    },
    'with a certificate of another CA': {
      options: async () => as(await otherCa.issue('kube-scheduler', { purpose: 'client' })),
      why: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    'with a certificate of the CA of our own certificate': {
      options: async () => as(await serverCa.issue('kube-scheduler', { purpose: 'client' })),
      why: 'SELF_SIGNED_CERT_IN_CHAIN',
    },
    'with a certificate of another CA of the same name': {
      options: async () => {
        const namesake = await TestCa.create(clientCa.name);
        return as(await namesake.issue('kube-scheduler', { purpose: 'client' }));
      },
      why: 'CERT_SIGNATURE_FAILURE',
    },
    'with a certificate that has ended': {
      options: async () =>
        as(
          await clientCa.issue('kube-scheduler', { purpose: 'client', notAfterMs: Date.now() - HOUR_MS / 2 }),
        ),
      why: 'CERT_HAS_EXPIRED',
    },
    'with a certificate for servers': {
      options: async () => as(await clientCa.issue('kube-scheduler', { purpose: 'server' })),
      why: 'INVALID_PURPOSE',
    },
    'that speaks TLS 1.2 at most': {
      options: async () => ({ ...as(client), maxVersion: 'TLSv1.2' }),
      why: 'ERR_SSL_UNSUPPORTED_PROTOCOL',
    },
  };

  it.for(Object.entries(strangers))('turns away a client %s', async ([, { options, why }]) => {
    const { server, asked, turnedAway } = await aServer();

    await expect(get(server, await options())).rejects.toMatchObject(BROKEN_OFF);

    await expect.poll(() => turnedAway).toEqual([why]);
    expect(asked).toEqual([]);
    expect((await get(server, as(client))).text).toBe('ok');
  });

  it('turns away a client that speaks plain HTTP', async () => {
    const { server, asked, turnedAway } = await aServer();

    expect(await answerTo(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).not.toContain('HTTP');
    expect(turnedAway).toEqual(['ERR_SSL_HTTP_REQUEST']);
    expect(asked).toEqual([]);
  });

  it('ends a connection whose handshake does not come', async () => {
    const { server, turnedAway } = await aServer({ handshakeMs: 100 });

    expect(await (await rawConnection(server.port)).closed).toBe('');
    expect(turnedAway).toEqual(['ERR_TLS_HANDSHAKE_TIMEOUT']);
  });
});

describe('new files', () => {
  it('are shown to new connections; those that stand go on while the client CA is the same', async () => {
    const { server } = await aServer();
    const agent = anAgent();
    await get(server, { agent, ...as(client) });
    const renewed = await serverCa.issue('renewed', { purpose: 'server' });

    server.show(material(renewed, clientCa));

    expect(await get(server, { agent, ...as(client) })).toMatchObject({ serverName: 'resource-policy' });
    expect(await get(server, as(client))).toMatchObject({ text: 'ok', serverName: 'renewed' });
  });

  it('with another client CA end idle connections, used or not, and connections within their handshake', async () => {
    const { server } = await aServer({ handshakeMs: 600_000 });
    // The first, so that the server has it by the time it has shaken hands with the others.
    const { closed: unshaken } = await rawConnection(server.port);
    const idle = await aConnection(server);
    idle.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const unused = await aConnection(server);
    const ends = [once(idle, 'close'), once(unused, 'close'), unshaken];

    server.show(material(own, otherCa));

    await expect(Promise.all(ends)).resolves.toBeDefined();
  });

  it('with another client CA let the answer under way arrive whole, as the last of its connection', async () => {
    const asked = Promise.withResolvers<() => void>();
    const whole = 'all of it '.repeat(100_000);
    const { server } = await aServer({
      answer: (_request, response) => asked.resolve(() => void response.end(whole)),
    });
    const socket = await aConnection(server);
    const said = text(socket);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await asked.promise;

    server.show(material(own, otherCa));
    answer();

    expect(await said).toMatch(/\r\nconnection: close\r\n[^]*all of it $/);
  });

  it('with another client CA read nothing that follows an answer which had begun', async () => {
    const asked = Promise.withResolvers<() => void>();
    const { server, asked: questions } = await aServer({
      answer: (_request, response) => {
        response.write('begun ');
        asked.resolve(() => void response.end('ended'));
      },
    });
    const socket = await aConnection(server);
    const closed = once(socket.resume(), 'close');
    socket.write('GET /first HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await asked.promise;

    server.show(material(own, otherCa));
    socket.write('GET /second HTTP/1.1\r\nHost: x\r\n\r\n');
    answer();

    await closed;
    expect(questions).toEqual(['/first']);
  });

  it('with another client CA turn away clients of the one before, also with a session from then', async () => {
    const { server, turnedAway } = await aServer();
    const session = await sessionOf(server);
    server.show(material(own, otherCa));

    await expect(get(server, as(client))).rejects.toMatchObject(BROKEN_OFF);
    await expect(get(server, { ...as(client), session })).rejects.toMatchObject(BROKEN_OFF);

    await expect.poll(() => turnedAway).toEqual(Array(2).fill('UNABLE_TO_VERIFY_LEAF_SIGNATURE'));
    const accepted = await otherCa.issue('kube-scheduler', { purpose: 'client' });
    expect((await get(server, as(accepted))).text).toBe('ok');
  });
});

/** A client's TLS connection, authenticated. */
async function aConnection({ port }: RunningServer, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, ca: serverCa.certPem, ...as(client), ...options });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** What a client keeps to skip most of the next handshake. */
async function sessionOf(server: RunningServer): Promise<Buffer> {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca: serverCa.certPem, ...as(client) });
  onTestFinished(() => void socket.destroy());
  const [session]: Buffer[] = await once(socket, 'session');
  return session!;
}
