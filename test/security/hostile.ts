/**
 * Requests that the extender should never have been sent, for fast-check: real ones with some things changed, and bytes.
 *
 * @module
 */
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import type { BindBody, FilterBody } from '../extender/harness.ts';
import { captured, capturedBind } from '../extender/harness.ts';
import type { Change, Tree } from './json-text.ts';
import { changed, textOf, treeOf } from './json-text.ts';

/** A request as a client sends it. */
export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A namespace in which a policy selects every pod. */
export const OTHER_NAMESPACE = 'other';

const VERBS = ['/filter', '/prioritize', '/preempt', '/bind'] as const;

const FILTER = captured('filter-names');
const POD = FILTER.Pod;
const VICTIMS = { Pods: [{ UID: 'uid-victim' }], NumPDBViolations: 0 };
const PREEMPT = {
  Pod: { ...POD, spec: { ...POD.spec, priority: 100 } },
  NodeNameToVictims: null,
  NodeNameToMetaVictims: { 'cn-beijing.192.168.0.11': VICTIMS, 'cn-beijing.192.168.0.12': VICTIMS },
};
const PREEMPT_WHOLE = {
  Pod: PREEMPT.Pod,
  NodeNameToVictims: { 'cn-beijing.192.168.0.11': { Pods: [POD], NumPDBViolations: 1 } },
};
/** A Pod in which every field that is read is set. */
const RICH: FilterBody = {
  ...FILTER,
  Pod: {
    metadata: {
      ...POD.metadata,
      annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-100', a: 'b' },
      deletionTimestamp: null,
    },
    spec: {
      nodeName: '',
      priority: 0,
      preemptionPolicy: 'Never',
      overhead: { cpu: '250m' },
      resources: { requests: { cpu: '2', memory: '1Gi' } },
      initContainers: [{ name: 'i', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }],
      containers: [{ name: 'c', resources: { requests: { cpu: 1, memory: '64Mi', 'nvidia.com/gpu': '1' } } }],
    },
    status: {
      phase: 'Pending',
      nominatedNodeName: 'cn-beijing.192.168.0.11',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/4' }],
      containerStatuses: [{ name: 'c', allocatedResources: { cpu: '1' }, resources: { requests: {} } }],
    },
  },
};
const BIND: BindBody = capturedBind();

const BODIES: readonly (readonly [path: string, body: Tree])[] = (
  [
    ['/filter', FILTER],
    ['/filter', RICH],
    ['/filter', captured('filter-nodes')],
    ['/prioritize', captured('prioritize-names')],
    ['/prioritize', captured('prioritize-nodes')],
    ['/preempt', PREEMPT],
    ['/preempt', PREEMPT_WHOLE],
    ['/bind', BIND],
  ] as const
).map(([path, body]) => [path, treeOf(body)]);

const words = fc.constantFrom(
  '',
  ' ',
  '.',
  '..',
  '../../nodes',
  'a/b',
  '%2e%2e',
  '\0',
  '\r\nX: y',
  '\u001b[2J',
  '\u2028',
  '\uD800',
  '\uFEFF',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '${7*7}',
  '(a+)+$',
  '-0',
  'NaN',
  '9'.repeat(2_000),
  '1e999999999',
  '1Ki',
  '2026-11-21T15:06:29Z',
  'Pod',
  'NodeNames',
  'Nodes',
  'items',
  'metadata',
  'labels',
  'uid',
  'default',
  OTHER_NAMESPACE,
  'cn-beijing.192.168.0.11',
  'x'.repeat(254),
);
const text = fc.oneof(
  { weight: 6, arbitrary: words },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.nat({ max: 50_000 }).map((length) => 'é'.repeat(length)) },
);
const uid = fc.nat().map((n) => JSON.stringify(`uid-${n}`));

/** Written as they are, so that they are as large and as wrong as can be. */
const literals = fc.constantFrom(
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '0.5',
  '1e21',
  '1e308',
  '1e999',
  '-1e999',
  '9007199254740993',
  '1'.repeat(400),
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  'undefined',
  'NaN',
  '01',
  '+1',
  "'a'",
  '"\\u0000"',
  '"\\ud800"',
  '"\\x"',
  '"\t"',
  ',',
  '',
);
const nested = fc
  .record({ depth: fc.constantFrom(10, 1_000, 9_000, 11_000), open: fc.constantFrom('[', '{"a":') })
  .map(({ depth, open }) => `${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}`);
const many = fc
  .record({ count: fc.nat({ max: 3_000 }), item: fc.constantFrom('0', 'null', '""', '"n"', '{}') })
  .map(({ count, item }) => `[${Array.from({ length: count }, () => item).join(',')}]`);
const value: fc.Arbitrary<Tree> = fc.oneof(
  { weight: 8, arbitrary: literals },
  { weight: 6, arbitrary: text.map((word) => JSON.stringify(word)) },
  { weight: 2, arbitrary: uid },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }).map(treeOf) },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: many },
  { weight: 1, arbitrary: fc.constantFrom(...BODIES).map(([, body]) => body) },
);

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: value.map((by): Change => ({ kind: 'replace', by })) },
  { weight: 2, arbitrary: fc.constant<Change>({ kind: 'remove' }) },
  { weight: 2, arbitrary: text.map((key): Change => ({ kind: 'rename', key })) },
  { weight: 1, arbitrary: value.map((again): Change => ({ kind: 'repeat', value: again })) },
  {
    weight: 2,
    arbitrary: fc.tuple(text, value).map(([key, added]): Change => ({ kind: 'add', key, value: added })),
  },
);

/** A real body with one to four changes; a fresh UID half of the time, so that pods are not all the same. */
const changedBody = fc
  .record({
    base: fc.constantFrom(...BODIES),
    changes: fc.array(fc.tuple(fc.nat(), change), { minLength: 0, maxLength: 4 }),
    fresh: fc.option(fc.nat({ max: 1_000_000 })),
    path: fc.option(fc.constantFrom(...VERBS), { freq: 8 }),
  })
  .map(({ base: [own, body], changes, fresh, path }) => {
    const tree = changes.reduce((result, [place, next]) => changed(result, place, next), body);
    const written = textOf(tree);
    const whole = fresh === null ? written : written.replaceAll(POD.metadata!.uid!, `uid-${fresh}`);
    return { path: path ?? own, body: Buffer.from(whole) };
  });

const BYTES = [0x00, 0x22, 0x5b, 0x5c, 0x7b, 0x7d, 0x80, 0xc0, 0xed, 0xf5, 0xfe, 0xff];

/** Bytes of a body damaged: changed, cut off, doubled, put before or behind. */
const damage: fc.Arbitrary<(body: Buffer) => Buffer> = fc.oneof(
  fc.tuple(fc.nat(), fc.constantFrom(...BYTES)).map(([at, byte]) => (body: Buffer) => {
    const copy = Buffer.from(body);
    if (copy.length > 0) copy[at % copy.length] = byte;
    return copy;
  }),
  fc.nat().map((at) => (body: Buffer) => body.subarray(0, at % (body.length + 1))),
  fc.constant((body: Buffer) => Buffer.concat([body, body])),
  fc.uint8Array({ maxLength: 8 }).map((more) => (body: Buffer) => Buffer.concat([more, body])),
  fc.uint8Array({ maxLength: 8 }).map((more) => (body: Buffer) => Buffer.concat([body, more])),
  fc.constant((body: Buffer) => Buffer.from(`\uFEFF${body.toString()}`, 'utf16le')),
);

const noBody = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('[', '{"a":', '"', '\\', '{"Pod":')
    .chain((open) => fc.nat({ max: 60_000 }).map((count) => Buffer.from(open.repeat(count)))),
  fc.nat({ max: 1_100_000 }).map((size) => Buffer.alloc(size, ' ')),
);

const JSON_TYPE = { 'content-type': 'application/json' };

const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc.constantFrom<Record<string, string>>(
  {},
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': '\\' },
  { ...JSON_TYPE, 'content-encoding': 'gzip' },
  { ...JSON_TYPE, 'content-encoding': 'br, gzip' },
  { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
  { ...JSON_TYPE, origin: 'https://example.com' },
  { ...JSON_TYPE, expect: '100-continue' },
  { ...JSON_TYPE, expect: 'wonders' },
  { ...JSON_TYPE, 'x-large': 'x'.repeat(9_000) },
  { ...JSON_TYPE, upgrade: 'h2c', connection: 'upgrade' },
);

const target = fc.record({
  method: fc.constantFrom('POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'),
  path: fc.oneof(
    fc.constantFrom(
      ...VERBS,
      '/healthz',
      '/readyz',
      '/metrics',
      '/',
      '*',
      '/%',
      '/%00',
      '//filter',
      '/filter?a=b',
    ),
    fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
  ),
});

/** One hostile request; most are well-formed HTTP with a body that is not. */
export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.oneof(
  {
    weight: 12,
    arbitrary: changedBody.map((call) => ({ method: 'POST', headers: JSON_TYPE, ...call })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(changedBody, damage).map(([{ path, body }, damaged]) => ({
      method: 'POST',
      headers: JSON_TYPE,
      path,
      body: damaged(body),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constant('POST'),
      headers: fc.constant(JSON_TYPE),
      path: fc.constantFrom(...VERBS),
      body: noBody,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(target, headers, changedBody).map(([{ method, path }, sent, { body }]) => ({
      method,
      path,
      headers: sent,
      body: sent['content-encoding'] === 'gzip' ? gzipSync(body) : body,
    })),
  },
);
