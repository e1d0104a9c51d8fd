import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Extender } from './harness.ts';
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
      want: 'the body is not UTF-8',
    },
    'JSON with a byte of no text in a name': {
      verb: 'bind',
      body: Buffer.from(JSON.stringify({ ...BIND, PodName: 'p?' }).replace('?', '\u00ff'), 'latin1'),
      want: 'the body is not UTF-8',
    },
    'with a byte order mark': {
      verb: 'bind',
      body: `\uFEFF${JSON.stringify(BIND)}`,
      want: 'the body is not JSON',
    },
    'JSON and then some more': {
      verb: 'bind',
      body: `${JSON.stringify(BIND)}{}`,
      want: 'the body is not JSON',
    },
    'with a NUL byte': { verb: 'bind', body: `${JSON.stringify(BIND)}\0`, want: 'the body is not JSON' },
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
    'with a PodName that leaves the path': {
      verb: 'bind',
      body: { ...BIND, PodName: '..' },
      want: 'PodName cannot be the name of an object',
    },
    'with a PodNamespace that leaves the path': {
      verb: 'bind',
      body: { ...BIND, PodNamespace: '../../nodes' },
      want: 'PodNamespace cannot be the name of an object',
    },
    'with a PodName that is a line of its own': {
      verb: 'bind',
      body: { ...BIND, PodName: 'p\n{"level":60}' },
      want: 'PodName cannot be the name of an object',
    },
    'with a Node of 254 characters': {
      verb: 'bind',
      body: { ...BIND, Node: 'n'.repeat(254) },
      want: 'Node cannot be the name of an object',
    },
    'with a PodUID of spaces': {
      verb: 'bind',
      body: { ...BIND, PodUID: ' ' },
      want: 'PodUID cannot be a UID',
    },
    'with a Pod whose namespace is a path': {
      verb: 'filter',
      body: { ...BODY, Pod: { metadata: { ...BODY.Pod.metadata, namespace: 'a/b' } } },
      want: 'Pod.metadata.namespace cannot be the name of an object',
    },
    'with NodeNames that holds a name too long for one': {
      verb: 'filter',
      body: { ...BODY, NodeNames: ['n'.repeat(254)] },
      want: 'NodeNames must be a list of node names',
    },
    'with __proto__ for Pod': {
      verb: 'filter',
      body: `{"__proto__":${JSON.stringify({ Pod: BODY.Pod })},"NodeNames":[]}`,
      want: 'Pod must be an object',
    },
  };

  const shapes: Record<string, { pod: object; want: string }> = {
    'labels that are a text': {
      pod: { metadata: { labels: 'app' } },
      want: 'metadata.labels must be an object',
    },
    'labels that are a list': {
      pod: { metadata: { labels: ['a'] } },
      want: 'metadata.labels must be an object',
    },
    'a label that is a number': {
      pod: { metadata: { labels: { app: 7 } } },
      want: 'metadata.labels.app must be a string',
    },
    'a label that is null': {
      pod: { metadata: { labels: { app: null } } },
      want: 'metadata.labels.app must not be null',
    },
    'an annotation that is an object': {
      pod: { metadata: { annotations: { a: {} } } },
      want: 'metadata.annotations.a must be a string',
    },
    'a creation time that is none': {
      pod: { metadata: { creationTimestamp: 'yesterday' } },
      want: 'metadata.creationTimestamp must be a time',
    },
    'a deletion time that is a number': {
      pod: { metadata: { deletionTimestamp: 0 } },
      want: 'metadata.deletionTimestamp must be a time',
    },
    'a node name that is null': { pod: { spec: { nodeName: null } }, want: 'spec.nodeName must be a string' },
    'a priority that no number holds': {
      pod: { spec: { priority: 2 ** 53 } },
      want: 'spec.priority must be a whole number',
    },
    'a priority that is infinite': {
      pod: { spec: { priority: '@1e999' } },
      want: 'spec.priority must be a whole number',
    },
    'containers that are an object': {
      pod: { spec: { containers: {} } },
      want: 'spec.containers must be a list',
    },
    'a container that is null': {
      pod: { spec: { containers: [null] } },
      want: 'spec.containers[0] must not be null',
    },
    'a request that is infinite': {
      pod: { spec: { containers: [{ resources: { requests: { cpu: '@1e999' } } }] } },
      want: 'spec.containers[0].resources.requests.cpu must be a quantity',
    },
    'conditions that are a text': {
      pod: { status: { conditions: 'PodScheduled' } },
      want: 'status.conditions must be a list',
    },
    'a spec that is null': { pod: { spec: null }, want: 'spec must be an object' },
    'a toleration that is a text': {
      pod: { spec: { tolerations: ['all'] } },
      want: 'spec.tolerations[0] must be an object',
    },
    'a node affinity of numbers': {
      pod: {
        spec: {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: [1] }] }],
              },
            },
          },
        },
      },
      want: 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0] must be a string',
    },
    'a volume that is null': { pod: { spec: { volumes: [null] } }, want: 'spec.volumes[0] must not be null' },
    'a status that is a list': { pod: { status: [] }, want: 'status must be an object' },
  };

  it.for(Object.entries(shapes))('with a Pod that has %s', async ([, { pod, want }]) => {
    const extender = await anExtender();
    const Pod = mergedPod(pod);

    const body = JSON.stringify({ ...BODY, Pod }).replace('"@1e999"', '1e999');
    const reply = await extender.post('/filter', body);

    expect(reply.json).toEqual({ Error: `resource-policy: Pod.${want}` });
    expect(reply.status).toBe(400);
    expect(extender.ledger.reservationCount).toBe(0);
  });

  it('is answered with a short text, and a short line in the log, however long its names are', async () => {
    const extender = await anExtender();
    const labels = { ['x'.repeat(100_000)]: 7 };

    const reply = await extender.post('/filter', { ...BODY, Pod: mergedPod({ metadata: { labels } }) });

    expect(reply.text.length).toBeLessThan(400);
    expect(JSON.stringify(extender.log).length).toBeLessThan(600);
  });

  it('is not quoted: the environment of a container is in it', async () => {
    const extender = await anExtender();

    const reply = await extender.post('/filter', '{"Pod": {"env": hunter2, "x": "hunter2"');

    expect(reply.status).toBe(400);
    expect(`${reply.text}${JSON.stringify(extender.log)}`).not.toContain('hunter2');
  });

  it.for(Object.entries(cases))('%s', async ([, { verb, body, want }]) => {
    const extender = await anExtender();

    const reply = await extender.post(`/${verb}`, body);

    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({ Error: `resource-policy: ${want}` });
    expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(reply.text)));
    expect(extender.log).toMatchObject([{ level: WARN, verb, msg: `${verb}: ${want}` }]);
    expect(extender.ledger.reservationCount).toBe(0);
    expect(extender.bindings).toEqual([]);
  });
});

const HEAD = 'POST /filter HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

describe('a body that cannot be read', () => {
  it('is refused with 413 when it is larger than the limit, and logged once', async () => {
    const extender = await anExtender(undefined, { bodyLimitBytes: 1_000 });

    const reply = await extender.post('/filter', 'x'.repeat(1_001));

    expect(reply.status).toBe(413);
    const msg = 'the body is over the limit of 1000 bytes; raise --body-limit-mb';
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

  it('may be short for /bind: four names are', async () => {
    const extender = await anExtender();

    const reply = await extender.post('/bind', { ...BIND, Comment: 'x'.repeat(16_384) });

    expect(reply.status).toBe(413);
    expect(extender.bindings).toEqual([]);
  });

  const unacceptable: Record<
    string,
    { headers: Record<string, string>; body?: Buffer; want: [number, string] }
  > = {
    'compressed: unpacked it may be any size': {
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync('x'.repeat(100_000)),
      want: [415, 'the body must not be compressed'],
    },
    'in an encoding that nobody knows': {
      headers: { 'content-encoding': 'lzw' },
      want: [415, 'the body must not be compressed'],
    },
    'of another type': {
      headers: { 'content-type': 'text/plain' },
      want: [415, 'the body must have Content-Type application/json'],
    },
    'of a type that only begins like JSON': {
      headers: { 'content-type': 'application/jsonp' },
      want: [415, 'the body must have Content-Type application/json'],
    },
    'of a length that is not said': {
      headers: { 'transfer-encoding': 'chunked' },
      want: [411, 'the body needs a Content-Length'],
    },
    'from a web page': { headers: { origin: 'null' }, want: [403, 'web pages have no business here'] },
    'from a web page of this host': {
      headers: { 'sec-fetch-site': 'same-origin' },
      want: [403, 'web pages have no business here'],
    },
  };

  it.for(Object.entries(unacceptable))('%s', async ([, { headers, body, want }]) => {
    const extender = await anExtender();
    const [status, message] = want;

    const reply = await extender.send('POST', '/bind', body ?? JSON.stringify(BIND), headers);

    expect(reply.status).toBe(status);
    expect(reply.json).toEqual({ Error: `resource-policy: ${message}` });
    expect(extender.log).toMatchObject([{ level: WARN, path: '/bind', msg: message }]);
    expect(extender.bindings).toEqual([]);
  });

  it('is read with parameters of its type, and when it says that it is not encoded', async () => {
    const extender = await anExtender();
    const headers = { 'content-type': 'Application/JSON; charset=utf-8', 'content-encoding': 'identity' };

    expect((await extender.send('POST', '/filter', JSON.stringify(BODY), headers)).status).toBe(200);
  });

  it('has no room while two of the largest size are being read, and has when one of them is done', async () => {
    const bodyLimitBytes = 10_000;
    const extender = await anExtender(undefined, { bodyLimitBytes });
    const [first, second] = [halfABody(extender, bodyLimitBytes), halfABody(extender, bodyLimitBytes)];
    await Promise.all([first.isBeingRead, second.isBeingRead]);

    const crowdedOut = await extender.filter();
    expect(crowdedOut.status).toBe(503);
    expect(crowdedOut.json).toEqual({
      Error: 'resource-policy: too many bodies are being read at once; try again',
    });
    expect((await extender.get('/metrics')).text).toContain(
      'resource_policy_calls_total{verb="filter",outcome="overloaded"} 1',
    );

    expect((await extender.bind()).status).toBe(200);

    first.breakOff();
    await vi.waitFor(async () => expect((await extender.filter()).status).toBe(200));
  });

  it('is logged once when the connection breaks before its end, and the next call is answered', async () => {
    const extender = await anExtender();
    const socket = connect(extender.server.port, extender.server.host);
    socket.on('error', () => undefined);

    socket.write(`${HEAD}Content-Length: 100\r\n\r\n{"Pod"`, () => socket.destroy());

    await vi.waitFor(() => expect(extender.log).not.toEqual([]), { timeout: 10_000 });
    expect((await extender.filter()).status).toBe(200);
    expect(extender.log.filter(({ level }) => level >= WARN)).toMatchObject([
      { level: WARN, path: '/filter', msg: 'request aborted' },
    ]);
  });
});

describe('a body with keys that stand twice', () => {
  it('means the last of them, as Go’s JSON does: who reads it after us reads the same', async () => {
    const extender = await anExtender();
    const named = (name: string): string => JSON.stringify({ ...BIND, PodName: name }).slice(1, -1);
    const pod = { metadata: { ...BODY.Pod.metadata, uid: BIND.PodUID, name: 'second' } };
    extender.podsInApi.set(`${BIND.PodNamespace}/second`, pod);

    const reply = await extender.post('/bind', `{${named('first')},${named('second')}}`);

    expect(reply.json).toEqual({ Error: '' });
    expect(extender.bindings).toMatchObject([{ name: 'second' }]);
  });

  it('gets no say over the prototype of anything', async () => {
    const extender = await anExtender();
    const polluting =
      '"__proto__":{"NodeNames":[],"polluted":true},"constructor":{"prototype":{"polluted":true}}';
    const text = JSON.stringify(BODY);

    const reply = await extender.post('/filter', `{${polluting},${text.slice(1, -1)},${polluting}}`);

    expect(Object(reply.json).NodeNames).toHaveLength(2);
    expect(Object({}).polluted).toBeUndefined();
  });
});

describe('a body that is nested deeply', () => {
  it('is answered when what is nested does not matter', async () => {
    const extender = await anExtender();

    expect((await extender.post('/filter', withExtra(deep(1_000)))).status).toBe(200);
  });

  it('is handed back when it is in a node', async () => {
    const extender = await anExtender();
    const node = `{"metadata":{"name":"cn-beijing.192.168.0.11"},"spec":${deep(9_990)}}`;
    const text = JSON.stringify({ Pod: BODY.Pod, Nodes: { items: [0] } }).replace('[0]', `[${node}]`);

    const reply = await extender.post('/filter', text);

    // Compared as a whole: a difference of a hundred kilobytes helps nobody.
    expect(reply.text === `{"Nodes":{"items":[${node}]}}`).toBe(true);
  });

  const tooDeep: Record<string, string> = {
    'in objects': deep(10_001),
    'in lists': `${'['.repeat(10_001)}${']'.repeat(10_001)}`,
    'and not closed': '[{"a":'.repeat(5_001),
    'between other values': `[${'{"a":[]},'.repeat(10_000)}${deep(10_000)}]`,
    'behind texts with quotes and backslashes': `["\\\\", "\\"", ${deep(10_000)}]`,
  };

  it.for(Object.entries(tooDeep))('is refused when it is too deep, %s', async ([, text]) => {
    const extender = await anExtender();

    const reply = await extender.post('/filter', text);

    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({
      Error: 'resource-policy: the body is nested more than 10000 levels deep',
    });
  });

  it('is answered when there are many brackets side by side, or in texts', async () => {
    const extender = await anExtender();
    const harmless = `[${'{"a":[]},'.repeat(20_000)}"${'[{\\"'.repeat(20_000)}"]`;

    expect((await extender.post('/filter', withExtra(harmless))).status).toBe(200);
  });

  it('costs neither time nor memory when it is as large as a body may be, and all brackets', async () => {
    const extender = await anExtender(undefined, { bodyLimitBytes: 64_000_000 });
    const before = process.resourceUsage().maxRSS;
    const startMs = performance.now();

    const reply = await extender.post('/filter', Buffer.alloc(64_000_000, '['));

    expect(reply.status).toBe(400);
    // Parsed, it takes 2.6 GB and the better part of a minute.
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(600);
    expect(performance.now() - startMs).toBeLessThan(4_000);
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

/** The captured pod with other fields. */
function mergedPod(change: object): object {
  const changes = Object.entries(change).map(([field, value]: [string, unknown]) => {
    const own = Object(BODY.Pod)[field] as object;
    return [field, Array.isArray(value) || value === null ? value : { ...own, ...Object(value) }];
  });
  return { ...BODY.Pod, ...Object.fromEntries(changes) };
}

/** A body of this length of which the second half does not come. */
function halfABody(
  extender: Extender,
  bytes: number,
): { isBeingRead: Promise<unknown>; breakOff: () => void } {
  const socket = connect(extender.server.port, extender.server.host);
  onTestFinished(() => void socket.destroy());
  // The server says so once it has read the headers.
  const isBeingRead = once(socket, 'data');
  socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`);
  return { isBeingRead, breakOff: () => void socket.destroy() };
}
