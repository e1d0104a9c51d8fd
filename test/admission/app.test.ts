import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { PINNED_ANNOTATION, WAITING_ROOM_GATE } from '../../src/facts/annotations.ts';
import type { Arrival, Newcomer } from '../../src/scheduling/arrivals.ts';
import { aPolicy, SELECTED } from '../support/builders.ts';
import { aCertificate, aWebhook, review } from './webhook.ts';

const SPILLS = aPolicy('spills').unit({ resource: 'eci' });
const WARN = 40;
const ERROR = 50;

const SELECTED_POD = { metadata: { generateName: 'a-', labels: SELECTED }, spec: {} };

const UNCHANGED = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: 'review-1', allowed: true },
};

/** The JSON patch of an answer. */
function patchOf(json: unknown): unknown {
  const { response } = Object(json);
  expect(response.patchType).toBe('JSONPatch');
  return JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8'));
}

describe('a review', () => {
  it('of a selected pod is answered with a patch', async () => {
    const webhook = await aWebhook([SPILLS]);

    const reply = await webhook.post(review(SELECTED_POD));

    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject(UNCHANGED);
    expect(patchOf(reply.json)).toEqual([
      { op: 'add', path: '/spec/tolerations', value: [] },
      {
        op: 'add',
        path: '/spec/tolerations/-',
        value: { key: 'virtual-kubelet.io/provider', operator: 'Exists', effect: 'NoSchedule' },
      },
    ]);
    expect(await webhook.metrics()).toContain('admission_reviews_total{outcome="changed"} 1');
  });

  it('gives the scheduler that is set', async () => {
    const webhook = await aWebhook([aPolicy('stays').unit({ resource: 'ecs' })], {
      settings: { schedulerName: 'dedicated' },
    });

    const reply = await webhook.post(review(SELECTED_POD));

    expect(patchOf(reply.json)).toEqual([{ op: 'add', path: '/spec/schedulerName', value: 'dedicated' }]);
  });

  it.for<[string, object, object?]>([
    ['no labels', { metadata: {}, spec: {} }],
    ['null for labels', { metadata: { labels: null }, spec: {} }],
    ['other labels', { metadata: { labels: { app: 'web' } }, spec: {} }],
    ['another namespace', SELECTED_POD, { namespace: 'other' }],
    ['no namespace', SELECTED_POD, { namespace: undefined }],
    ['a node', { ...SELECTED_POD, spec: { nodeName: 'n' } }],
    ['nothing that is expected', { metadata: 7, spec: 'x' }],
    ['an update', SELECTED_POD, { operation: 'UPDATE' }],
    ['a subresource', SELECTED_POD, { subResource: 'binding' }],
    ['another kind', SELECTED_POD, { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } }],
    ['a deletion', SELECTED_POD, { operation: 'DELETE', object: null }],
  ])('of a pod with %s is answered without one', async ([, pod, request]) => {
    const webhook = await aWebhook([SPILLS]);

    const reply = await webhook.post(review(pod, request));

    expect(reply).toMatchObject({ status: 200 });
    expect(reply.json).toEqual(UNCHANGED);
    expect(await webhook.metrics()).toContain('admission_reviews_total{outcome="unchanged"} 1');
  });

  it('asks for the pod’s place in the line, once', async () => {
    const asked: boolean[] = [];
    const arrives = (_pod: Newcomer, isReal: boolean): Arrival => {
      asked.push(isReal);
      return { kind: 'held' };
    };
    const webhook = await aWebhook([aPolicy('stays').unit({ resource: 'ecs', max: 1 })], { arrives });
    const held = { ...SELECTED_POD, spec: { schedulingGates: [{ name: WAITING_ROOM_GATE }] } };
    const pinned = {
      ...SELECTED_POD,
      metadata: { ...SELECTED_POD.metadata, annotations: { [PINNED_ANNOTATION]: 'eci' } },
    };

    expect(patchOf((await webhook.post(review(SELECTED_POD))).json)).toEqual([
      { op: 'add', path: '/spec/schedulingGates', value: [{ name: WAITING_ROOM_GATE }] },
    ]);
    for (const again of [held, pinned]) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await webhook.post(review(again))).json).toEqual(UNCHANGED);
    }
    await webhook.post(review(SELECTED_POD, { dryRun: true }));
    expect(asked).toEqual([true, false]);
  });

  it.for<[string, object, string | undefined]>([
    ['of another scheduler', { schedulerName: 'volcano' }, undefined],
    ['of the default scheduler, which is not ours', { schedulerName: 'volcano' }, 'dedicated'],
  ])('leaves pods %s in their line', async ([, spec, schedulerName]) => {
    const webhook = await aWebhook([aPolicy('stays').unit({ resource: 'ecs', max: 1 })], {
      settings: { schedulerName },
      arrives: () => ({ kind: 'held' }),
    });
    expect((await webhook.post(review({ ...SELECTED_POD, spec }))).json).toEqual(UNCHANGED);
  });

  it('sees a pod with what it asks for, and the toleration that it gets', async () => {
    const seen: Newcomer[] = [];
    const webhook = await aWebhook([SPILLS], {
      arrives: (pod) => {
        seen.push(pod);
        return { kind: 'queued' };
      },
    });
    const spec = {
      priority: 7,
      preemptionPolicy: 'Never',
      containers: [{ name: 'c', resources: { requests: { cpu: '500m' } } }],
    };
    await webhook.post(review({ ...SELECTED_POD, spec }));
    expect(seen).toMatchObject([
      {
        namespace: 'default',
        labels: SELECTED,
        requests: { cpu: 500, pods: 1 },
        priority: 7,
        canPreempt: false,
        constraints: { tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }] },
      },
    ]);
  });

  it('never refuses a pod, also when the error is ours', async () => {
    const webhook = await aWebhook([], {
      policiesOf: () => {
        throw new Error('broken');
      },
    });

    const reply = await webhook.post(review(SELECTED_POD));

    expect(reply.json).toEqual(UNCHANGED);
    expect(webhook.log).toMatchObject([{ level: ERROR, err: { message: 'broken' } }]);
    expect(await webhook.metrics()).toContain('admission_reviews_total{outcome="internal-error"} 1');
  });
});

describe('a body that is no review is answered with 400 and what is wrong, and one line in the log', () => {
  const without = (field: string): object => {
    const whole = review(SELECTED_POD);
    return { ...whole, request: { ...Object(whole).request, [field]: undefined } };
  };
  it.for<[string, unknown, string]>([
    ['empty', '', 'the body is empty; POST the AdmissionReview that the API server sends'],
    ['cut off', '{"apiVersion":', 'the body is not JSON'],
    ['a list', [], 'the body must be an object'],
    [
      'a pod',
      { apiVersion: 'v1', kind: 'Pod' },
      'apiVersion and kind must be admission.k8s.io/v1 and AdmissionReview',
    ],
    [
      'an old review',
      { ...review(SELECTED_POD), apiVersion: 'admission.k8s.io/v1beta1' },
      'apiVersion and kind must be admission.k8s.io/v1 and AdmissionReview',
    ],
    ['an answer', { ...review({}), request: undefined }, 'request must be an object'],
    ['without uid', without('uid'), 'request.uid is missing or empty'],
    ['with a uid that is a number', review({}, { uid: 7 }), 'request.uid is missing or empty'],
    ['without the pod', without('object'), 'request.object must be an object'],
  ])('%s', async ([, body, want]) => {
    const webhook = await aWebhook([SPILLS]);

    const reply = await webhook.post(body);

    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({ error: `resource-policy: ${want}` });
    expect(webhook.log).toMatchObject([{ level: WARN, msg: expect.stringContaining(want) }]);
    expect(await webhook.metrics()).toContain('admission_reviews_total{outcome="bad-request"} 1');
  });

  it('larger than any pod: 413', async () => {
    const webhook = await aWebhook([SPILLS]);

    const reply = await webhook.post(Buffer.alloc(8 * 1024 * 1024 + 1, 'x'));

    expect(reply.status).toBe(413);
  });

  it('nested so deeply that it would take a parser seconds, and memory without end', async () => {
    const webhook = await aWebhook([SPILLS]);
    const startMs = performance.now();

    const reply = await webhook.post(Buffer.alloc(8 * 1024 * 1024, '['));

    expect(reply).toMatchObject({
      status: 400,
      json: { error: 'resource-policy: the body is nested more than 10000 levels deep' },
    });
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it.for([
    [415, { 'content-encoding': 'gzip' }],
    [415, { 'content-type': 'text/plain' }],
    [411, { 'transfer-encoding': 'chunked' }],
    [403, { origin: 'https://example.com' }],
  ] as const)('%i: not as the API server sends it', async ([status, headers]) => {
    const webhook = await aWebhook([SPILLS]);
    const body = JSON.stringify(review(SELECTED_POD));

    const reply = await webhook.send('POST', '/mutate-pods', body, headers);

    expect(reply.status).toBe(status);
    expect(webhook.log).toHaveLength(1);
  });
});

it('a path that is not served says what is', async () => {
  const webhook = await aWebhook([SPILLS]);

  for (const [method, path] of [
    ['GET', '/mutate-pods'],
    ['POST', '/bind'],
  ] as const) {
    const reply = await webhook.send(method, path);
    expect(reply).toMatchObject({
      status: 404,
      json: { error: `no ${method} ${path} here; there is POST /mutate-pods` },
    });
  }
});

describe('the server', () => {
  it('speaks TLS 1.3 and nothing older', async () => {
    const { server, certificate } = await aWebhook([]);
    const to = { host: '127.0.0.1', port: server.port, ca: certificate.certPem };

    await expect(handshake({ ...to, maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/i);
    expect((await handshake(to)).protocol).toBe('TLSv1.3');
  });

  it('shows a new certificate without a break', async () => {
    const webhook = await aWebhook([SPILLS]);
    const { server, certificate } = webhook;
    const next = await aCertificate();
    const to = { host: '127.0.0.1', port: server.port };
    const standing = await open({ ...to, ca: certificate.certPem });

    server.show(next);

    await expect(webhook.post(review(SELECTED_POD))).rejects.toThrow(/certificate/);
    expect((await handshake({ ...to, ca: next.certPem })).protocol).toBe('TLSv1.3');
    await expect(handshake({ ...to, ca: next.certPem, maxVersion: 'TLSv1.2' })).rejects.toThrow(
      /protocol version/i,
    );
    expect(standing.destroyed).toBe(false);
    standing.destroy();
  });

  it('ends although connections stand', async () => {
    const { server, certificate } = await aWebhook([]);
    const socket = await open({ host: '127.0.0.1', port: server.port, ca: certificate.certPem });

    await server.close();

    await expect.poll(() => socket.closed).toBe(true);
  });
});

async function open(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect(options, () => resolve(socket));
    socket.once('error', reject);
    socket.resume();
  });
}

async function handshake(options: ConnectionOptions): Promise<{ protocol: string | null }> {
  const socket = await open(options);
  const protocol = socket.getProtocol();
  socket.destroy();
  return { protocol };
}
