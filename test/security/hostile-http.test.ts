/** Requests that no HTTP library sends, to the extender as it is, over TCP. */
import { describe, expect, it } from 'vitest';
import { anExtender, capturedBind } from '../extender/harness.ts';
import { answerTo } from '../http/raw.ts';

const BIND = JSON.stringify(capturedBind());
const LENGTH = Buffer.byteLength(BIND);
const JSON_TYPE = 'Content-Type: application/json';
/** Bound to its connection, so that whatever follows is seen as a request of its own, if it is. */
const LAST = 'Connection: close';

/** A whole call that would bind, as it would be smuggled. */
const SMUGGLED = post([`Content-Length: ${LENGTH}`], BIND);

function post(headers: readonly string[], body: string, line = 'POST /bind HTTP/1.1'): string {
  return [line, 'Host: x', JSON_TYPE, ...headers, '', body].join('\r\n');
}

describe('a request with two meanings is answered with 400, and the connection ends', () => {
  const requests: Record<string, string> = {
    'a length and chunks': post([`Content-Length: ${LENGTH}`, 'Transfer-Encoding: chunked'], BIND),
    'chunks and a length': post(['Transfer-Encoding: chunked', 'Content-Length: 4'], `0\r\n\r\n${SMUGGLED}`),
    'two lengths': post([`Content-Length: ${LENGTH}`, 'Content-Length: 4'], BIND),
    'twice the same length': post([`Content-Length: ${LENGTH}`, `Content-Length: ${LENGTH}`], BIND),
    'a list of lengths': post([`Content-Length: ${LENGTH}, ${LENGTH}`], BIND),
    'a length with a sign': post([`Content-Length: +${LENGTH}`], BIND),
    'a negative length': post(['Content-Length: -1'], BIND),
    'a hexadecimal length': post([`Content-Length: 0x${LENGTH.toString(16)}`], BIND),
    'a length beyond 64 bits': post(['Content-Length: 18446744073709551617'], BIND),
    'a space before the colon': post([`Content-Length : ${LENGTH}`], BIND),
    'a header on two lines': post(
      [`X: a\r\n Content-Length: ${LENGTH}`, 'Transfer-Encoding\r\n : chunked'],
      BIND,
    ),
    'a header without a name': post([`: ${LENGTH}`], BIND),
    'a header with a NUL': post([`X: a\0b`, `Content-Length: ${LENGTH}`], BIND),
    'a header with a CR': post([`X: a\rb`, `Content-Length: ${LENGTH}`], BIND),
    'lines that end in LF alone': SMUGGLED.replaceAll('\r\n', '\n'),
    'chunks that are not last': post(['Transfer-Encoding: chunked, identity'], BIND),
    'chunks twice': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], BIND),
    'no host': SMUGGLED.replace('Host: x\r\n', ''),
    'a line of its own in the path': post([`Content-Length: ${LENGTH}`], BIND, 'POST /bind\n HTTP/1.1'),
    'a version that is none': post([`Content-Length: ${LENGTH}`], BIND, 'POST /bind HTTP/9.9'),
    'a method that is none': post([`Content-Length: ${LENGTH}`], BIND, 'P\x01ST /bind HTTP/1.1'),
    'the beginning of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
    'the beginning of TLS': '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
    'nothing but NUL': '\0'.repeat(1_000),
  };

  it.for(Object.entries(requests))('%s', async ([, request]) => {
    const extender = await anExtender();

    const said = await answerTo(extender.server.port, Buffer.from(request, 'latin1'));

    expect(said).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n/);
    expect(said.match(/HTTP/g)).toHaveLength(1);
    expect(extender.bindings).toEqual([]);
    expect(extender.log).toEqual([]);
    expect((await extender.filter()).status).toBe(200);
  });
});

describe('what follows a request is not taken for one', () => {
  const requests: Record<string, { request: string; status: number }> = {
    'behind a body that is longer than it says': {
      request: post(['Content-Length: 2'], `{}${SMUGGLED}`),
      status: 400,
    },
    'within chunks': {
      request: post(
        ['Transfer-Encoding: chunked', LAST],
        `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
      ),
      status: 411,
    },
    'behind an encoding that only ends like chunks': {
      request: post(['Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`),
      status: 411,
    },
    'behind a line without a version': { request: `POST /bind\r\n\r\n${SMUGGLED}`, status: 415 },
    'behind chunks': { request: post(['Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`), status: 411 },
    'in a chunk of a size that is none': {
      request: post(['Transfer-Encoding: chunked'], `zz\r\n${SMUGGLED}`),
      status: 411,
    },
    'in a chunk of a size beyond 64 bits': {
      request: post(['Transfer-Encoding: chunked'], `10000000000000000\r\n${SMUGGLED}`),
      status: 411,
    },
    'in the body of a page': {
      request: post([`Content-Length: ${SMUGGLED.length}`, LAST], SMUGGLED, 'GET /healthz HTTP/1.1'),
      status: 200,
    },
    'behind a wish for another protocol': {
      request: post(['Upgrade: h2c', 'Connection: Upgrade, close'], SMUGGLED, 'GET /healthz HTTP/1.1'),
      status: 200,
    },
  };

  it.for(Object.entries(requests))('%s', async ([, { request, status }]) => {
    const extender = await anExtender();

    const said = await answerTo(extender.server.port, Buffer.from(request, 'latin1'));

    expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(extender.bindings).toEqual([]);
    expect((await extender.filter()).status).toBe(200);
  });
});

describe('a verb has one path', () => {
  it.for(['/BIND', '/bind/', '//bind', '/%62ind', '/./bind', '/filter/../bind', '/bind;a', '/bind%00'])(
    'which is not %s',
    async (path) => {
      const extender = await anExtender();

      const said = await answerTo(
        extender.server.port,
        post([`Content-Length: ${LENGTH}`, LAST], BIND, `POST ${path} HTTP/1.1`),
      );

      expect(said).toMatch(/^HTTP\/1\.1 404 /);
      expect(extender.bindings).toEqual([]);
    },
  );

  it('and one method', async () => {
    const extender = await anExtender();

    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      expect((await extender.send(method, '/bind', BIND)).status).toBe(404);
    }
    expect(extender.bindings).toEqual([]);
  });

  it('through no tunnel', async () => {
    const extender = await anExtender();

    expect(await answerTo(extender.server.port, 'CONNECT /bind HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
    expect((await extender.filter()).status).toBe(200);
  });
});
