import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { request as httpRequest } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { anExtender, captured, capturedBind } from './harness.ts';

const BODY = captured('filter-names');
const BIND = capturedBind();
const WARN = 40;

const without = (body: object, field: string): object => ({ ...body, [field]: undefined });

describe('a body that is not what kube-scheduler sends: 400, the field by name, one line in the log', () => {
  const cases: Record<string, { verb: 'filter' | 'prioritize' | 'bind'; body: unknown; want: string }> = {
    empty: { verb: 'filter', body: '', want: 'the body is empty; POST the JSON that kube-scheduler sends' },
    'empty, to prioritize': {
      verb: 'prioritize',
      body: '',
      want: 'the body is empty; POST the JSON that kube-scheduler sends',
    },
    'empty, to bind': {
      verb: 'bind',
      body: '',
      want: 'the body is empty; POST the JSON that kube-scheduler sends',
    },
    'cut off': { verb: 'filter', body: '{"Pod":{', want: 'the body is not JSON' },
    'no JSON': { verb: 'bind', body: 'PodName=p', want: 'the body is not JSON' },
    'bytes of no text': {
      verb: 'filter',
      body: Buffer.from([0xff, 0xfe, 0]),
      want: 'the body is not JSON',
    },
    'a list': { verb: 'filter', body: [], want: 'the body must be an object' },
    null: { verb: 'bind', body: 'null', want: 'the body must be an object' },
    'a word': { verb: 'prioritize', body: '"Pod"', want: 'the body must be an object' },
    'without Pod': { verb: 'filter', body: without(BODY, 'Pod'), want: 'Pod must be an object' },
    'in lower case': {
      verb: 'filter',
      body: { pod: BODY.Pod, nodeNames: BODY.NodeNames },
      want: 'Pod must be an object',
    },
    'with a Pod that is a name': {
      verb: 'filter',
      body: { ...BODY, Pod: 'p' },
      want: 'Pod must be an object',
    },
    'with a Pod without metadata': {
      verb: 'filter',
      body: { ...BODY, Pod: {} },
      want: 'Pod: metadata.uid is missing or empty',
    },
    'with a Pod without uid': {
      verb: 'filter',
      body: { ...BODY, Pod: { metadata: without(BODY.Pod.metadata ?? {}, 'uid') } },
      want: 'Pod: metadata.uid is missing or empty',
    },
    'with a Pod without name': {
      verb: 'prioritize',
      body: { ...BODY, Pod: { metadata: without(BODY.Pod.metadata ?? {}, 'name') } },
      want: 'Pod: metadata.name is missing or empty',
    },
    'with a Pod of no namespace': {
      verb: 'filter',
      body: { ...BODY, Pod: { metadata: { ...BODY.Pod.metadata, namespace: '' } } },
      want: 'Pod: metadata.namespace is missing or empty',
    },
    'with a Pod whose uid is a number': {
      verb: 'filter',
      body: { ...BODY, Pod: { metadata: { ...BODY.Pod.metadata, uid: 7 } } },
      want: 'Pod: metadata.uid is missing or empty',
    },
    'without nodes in either form': {
      verb: 'filter',
      body: without(BODY, 'NodeNames'),
      want: 'NodeNames or Nodes must be an object',
    },
    'with NodeNames that is one name': {
      verb: 'filter',
      body: { ...BODY, NodeNames: 'n1' },
      want: 'NodeNames must be a list of node names',
    },
    'with NodeNames that holds numbers': {
      verb: 'prioritize',
      body: { ...BODY, NodeNames: ['n1', 2] },
      want: 'NodeNames must be a list of node names',
    },
    'with Nodes without items': {
      verb: 'filter',
      body: { ...BODY, NodeNames: null, Nodes: {} },
      want: 'Nodes.items must be a list of nodes with metadata.name',
    },
    'with a node without a name': {
      verb: 'filter',
      body: { ...BODY, NodeNames: null, Nodes: { items: [{ metadata: {} }] } },
      want: 'Nodes.items must be a list of nodes with metadata.name',
    },
    'with a node that is null': {
      verb: 'prioritize',
      body: { ...BODY, NodeNames: null, Nodes: { items: [null] } },
      want: 'Nodes.items must be a list of nodes with metadata.name',
    },
    'without PodName': { verb: 'bind', body: without(BIND, 'PodName'), want: 'PodName is missing or empty' },
    'without PodNamespace': {
      verb: 'bind',
      body: without(BIND, 'PodNamespace'),
      want: 'PodNamespace is missing or empty',
    },
    'without PodUID': { verb: 'bind', body: without(BIND, 'PodUID'), want: 'PodUID is missing or empty' },
    'without Node': { verb: 'bind', body: without(BIND, 'Node'), want: 'Node is missing or empty' },
    'with an empty Node': { verb: 'bind', body: { ...BIND, Node: '' }, want: 'Node is missing or empty' },
    'with a PodUID that is a number': {
      verb: 'bind',
      body: { ...BIND, PodUID: 5 },
      want: 'PodUID is missing or empty',
    },
    'with __proto__ for Pod': {
      verb: 'filter',
      body: `{"__proto__":${JSON.stringify({ Pod: BODY.Pod })},"NodeNames":[]}`,
      want: 'Pod must be an object',
    },
  };

  it.for(Object.entries(cases))('%s', async ([, { verb, body, want }]) => {
    const extender = await anExtender();

    const reply = await extender.post(`/${verb}`, body);

    const message = String(Object(reply.json).Error).replace(/^resource-policy: /, '');
    // What follows is the JavaScript engine's wording.
    const [ours] = message.split(/(?<=not JSON): /);
    expect(reply.status).toBe(400);
    expect(ours).toBe(want);
    expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(reply.text)));
    expect(extender.log).toMatchObject([{ level: WARN, verb, msg: `${verb}: ${message}` }]);
    expect(extender.ledger.reservationCount).toBe(0);
    expect(extender.bindings).toEqual([]);
  });
});

describe('a body that cannot be read', () => {
  it('is refused with 413 when it is larger than the limit, and logged once', async () => {
    const extender = await anExtender(undefined, { bodyLimitBytes: 1_000 });

    const reply = await extender.post('/filter', 'x'.repeat(1_001));

    expect(reply.status).toBe(413);
    const msg = 'the body is over the limit; raise --body-limit-mb';
    expect(reply.json).toEqual({ Error: `resource-policy: ${msg}` });
    expect(extender.log).toMatchObject([{ level: WARN, path: '/filter', msg }]);
    expect(await (await fetch(`${extender.url}/metrics`)).text()).toContain(
      'resource_policy_calls_total{verb="filter",outcome="bad-request"} 1',
    );
  });

  it('is read up to the limit, the last byte included', async () => {
    const text = JSON.stringify(captured('filter-names'));
    const extender = await anExtender(undefined, { bodyLimitBytes: Buffer.byteLength(text) });

    expect((await extender.post('/filter', text)).status).toBe(200);
    expect((await extender.post('/filter', `${text} `)).status).toBe(413);
  });

  it('is refused when it says that it is compressed and is not', async () => {
    const extender = await anExtender();

    expect(await postEncoded(extender.url, 'gzip', Buffer.from('{}'))).toBe(400);
    expect(extender.log).toHaveLength(1);
  });

  it('is held against the limit after it was unpacked', async () => {
    const extender = await anExtender(undefined, { bodyLimitBytes: 10_000 });

    expect(await postEncoded(extender.url, 'gzip', gzipSync('x'.repeat(100_000)))).toBe(413);
    expect(extender.log).toHaveLength(1);
  });

  it('is refused in an encoding that nobody knows', async () => {
    const extender = await anExtender();

    expect(await postEncoded(extender.url, 'lzw', Buffer.from('{}'))).toBe(415);
    expect(extender.log).toHaveLength(1);
  });

  it('is logged once when the connection breaks before its end, and the next call is answered', async () => {
    const extender = await anExtender();
    const socket = connect(extender.server.port, extender.server.host);
    socket.on('error', () => undefined);

    socket.write('POST /filter HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"Pod"', () =>
      socket.destroy(),
    );

    await vi.waitFor(() => expect(extender.log).not.toEqual([]), { timeout: 10_000 });
    expect((await extender.filter()).status).toBe(200);
    expect(extender.log.filter(({ level }) => level >= WARN)).toMatchObject([
      { level: WARN, path: '/filter', msg: 'request aborted' },
    ]);
  });
});

describe('a body that is nested deeply', () => {
  it('is answered when what is nested does not matter', async () => {
    const extender = await anExtender();

    expect((await extender.post('/filter', withExtra(deep(1_000)))).status).toBe(200);
  });

  it('is handed back when it is in a node', async () => {
    const extender = await anExtender();
    const node = `{"metadata":{"name":"cn-beijing.192.168.0.11"},"spec":${deep(100_000)}}`;
    const text = JSON.stringify({ Pod: BODY.Pod, Nodes: { items: [0] } }).replace('[0]', `[${node}]`);

    const reply = await extender.post('/filter', text);

    // Compared as a whole: a difference of a megabyte helps nobody.
    expect(reply.text === `{"Nodes":{"items":[${node}]}}`).toBe(true);
  });
});

/** An object in an object in an object… */
function deep(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

/** The captured body with one more field. */
function withExtra(json: string): string {
  return JSON.stringify({ ...captured('filter-nodes'), Extra: 0 }).replace('"Extra":0', `"Extra":${json}`);
}

async function postEncoded(url: string, encoding: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-encoding': encoding };
    const request = httpRequest(`${url}/filter`, { method: 'POST', agent: false, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(body);
  });
}
