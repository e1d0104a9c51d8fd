/**
 * Names, labels and annotations are values: they are compared, kept and handed on, and never become part of a pattern, a
 * path or a line of the log.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Binder } from '../../src/cluster/binder.ts';
import { Patcher } from '../../src/cluster/patcher.ts';
import * as paths from '../../src/cluster/paths.ts';
import { PodReader } from '../../src/cluster/pod-reader.ts';
import { ApiClient } from '../../src/cluster/api-client.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { anExtender, captured } from '../extender/harness.ts';
import { aPolicy } from '../support/builders.ts';

/** What would have another meaning in a path, a query, a pattern, HTML, a shell or a terminal. */
const ODD = [
  'a/b',
  '../../nodes/n1',
  'a?watch=1',
  'a#b',
  'a%2f..%2fb',
  'a b',
  'a;b',
  'a&b=c',
  '.*',
  '(a+)+$',
  '[z-a]',
  '\\',
  '$&',
  "'; DROP TABLE pods; --",
  '<script>',
  '$(reboot)',
  '\u001b[2J',
  'a\r\nInjected: yes',
  '\u2028',
  '漢字',
  '__proto__',
  'constructor',
];

/** An API server that does nothing but write down what it is asked, as it stands on the wire. */
async function aListener(): Promise<{ client: ApiClient; asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end('{"kind":"Pod","metadata":{"name":"p","namespace":"n","uid":"u"}}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const access = { epoch: 0, server: new URL(`http://127.0.0.1:${port}`), tls: {}, headers: {} };
  const client = new ApiClient({
    credentials: { access: async () => access, renew: async () => undefined },
  });
  onTestFinished(() => client.close());
  return { client, asked };
}

describe('in the path of a request to the API server', () => {
  it.for(ODD)('%j is one segment', async (name) => {
    const { client, asked } = await aListener();
    const reader = new PodReader(client);
    const version = { bindingCarriesLabels: async () => true };
    const binder = new Binder(client, reader, version, () => true);
    const pod = { namespace: name, name, uid: 'u' };

    await reader.readPod(name, name);
    await new Patcher(client).annotatePod(pod, { a: name });
    await new Patcher(client).writePolicyStatus(pod, {});
    await binder.bind({ ...pod, nodeName: name });

    const segments = asked.map((line) => new URL(line.split(' ')[1]!, 'http://x').pathname.split('/'));
    const odd = segments.map((path) => path.map(decodeURIComponent).filter((part) => part === name));
    expect(odd).toEqual(asked.map(() => [name, name]));
    expect(asked.map((line) => line.replaceAll(encodeURIComponent(name), 'NAME'))).toEqual([
      expect.stringMatching(/^GET \/api\/v1\/namespaces\/NAME\/pods\/NAME\?timeout=\d+ms$/),
      expect.stringMatching(/^PATCH \/api\/v1\/namespaces\/NAME\/pods\/NAME\?timeout=\d+ms$/),
      expect.stringMatching(
        /^PATCH \/apis\/[^?]+\/namespaces\/NAME\/resourcepolicies\/NAME\/status\?timeout/,
      ),
      expect.stringMatching(/^POST \/api\/v1\/namespaces\/NAME\/pods\/NAME\/binding\?timeout=\d+ms$/),
    ]);
  });

  const builders: Record<string, (name: string) => string> = {
    pod: (name) => paths.podPath({ namespace: 'n', name }),
    'namespace of a pod': (namespace) => paths.podPath({ namespace, name: 'n' }),
    policy: (name) => paths.policyPath({ namespace: 'n', name }),
    'namespace of a policy': (namespace) => paths.policyPath({ namespace, name: 'n' }),
    'namespace of policies': paths.policiesPath,
    lease: (name) => paths.leasePath({ namespace: 'n', name }),
    'namespace of leases': paths.leasesPath,
    event: (name) => paths.eventPath({ namespace: 'n', name }),
    'namespace of events': paths.eventsPath,
    webhook: paths.webhookConfigurationPath,
  };

  it.for(Object.entries(builders))('a step is not the name of a %s', ([, path]) => {
    for (const step of ['..', '.', ''])
      expect(() => path(step)).toThrow(`"${step}" cannot be the name of an object`);
  });
});

describe('in labels and annotations', () => {
  it.for(ODD)('%j is compared by its characters, and handed back as it is', async (odd) => {
    const extender = await anExtender([
      aPolicy('odd')
        .selecting({ [odd]: odd })
        .spec({ matchLabelKeys: [odd] })
        .unit({ max: 1, podLabels: { [odd]: odd }, podAnnotations: { [odd]: odd } }),
    ]);
    const { metadata } = captured('filter-names').Pod;
    const pod = (name: string, labels: Readonly<Record<string, string>>) => ({
      Pod: { metadata: { ...metadata, uid: `uid-${name}`, name, labels } },
    });

    const none = await extender.filter(pod('none', { [odd]: `${odd}x`, [`${odd}x`]: odd }));
    const first = await extender.filter(pod('first', { [odd]: odd }));
    const second = await extender.filter(pod('second', { [odd]: odd }));

    expect(none.json).toEqual({ NodeNames: captured('filter-names').NodeNames });
    expect(Object(first.json).NodeNames).not.toEqual([]);
    const [reason] = Object.values(Object(second.json).FailedAndUnresolvableNodes);
    expect(reason).toBe(`ResourcePolicy odd: unit 1 any is at max 1 (per ${odd})`);

    await extender.bind({ PodUID: 'uid-first', PodName: 'first' });
    expect(extender.bindings).toMatchObject([{ labels: { [odd]: odd }, annotations: { [odd]: odd } }]);
  });
});

describe('in the log', () => {
  it.for(ODD)('%j is a part of one line', (odd) => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line: string) => void lines.push(line) });

    logger.info({ pod: odd, [odd]: odd }, `about ${odd}`);

    expect(lines).toHaveLength(1);
    // No line break, no control character: neither a line nor a terminal is left.
    // oxlint-disable-next-line no-control-regex
    expect(lines[0]).toMatch(/^[^\u0000-\u001f]+\n$/);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', pod: odd, msg: `about ${odd}` });
  });
});
