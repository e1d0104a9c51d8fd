/**
 * Makes `fixtures/` anew: what a real kube-scheduler sends to an extender about the driver pod of the Spark example,
 * with four nodes to choose from. Two extenders stand in one configuration, one that is sent names (nodeCacheCapable)
 * and one that is sent whole nodes; they let everything pass and write down each body, nothing left out.
 *
 *     node test/extender/capture-fixtures.ts
 *
 * To be run when the pinned kube-scheduler changes. Uids and times differ from run to run; the rest should not.
 *
 * @module
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { format } from 'prettier';
import { parse } from 'yaml';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import type { SparkApplication } from '../support/spark.ts';
import { Submission } from '../support/spark.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const JOB_FILE = join(import.meta.dirname, '../../examples/spark-pi/spark-pi.yaml');
const WANTED = ['filter-names', 'filter-nodes', 'prioritize-names', 'prioritize-nodes', 'bind'];
const PODS = '/api/v1/namespaces/default/pods';

/** The parts of a body that a pass-all extender reads. */
interface Body {
  readonly NodeNames?: readonly string[];
  readonly Nodes?: { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
  readonly PodName?: string;
  readonly Node?: string;
}

const bodies = new Map<string, unknown>();
const plane = await startControlPlane();
const server = createServer((request, response) => void answer(request, response));
try {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await createNodes(plane, [
    ecsNode('cn-beijing.192.168.0.11'),
    ecsNode('cn-beijing.192.168.0.12'),
    ecsNode('cn-beijing.192.168.0.21', { labels: { 'kubernetes.io/arch': 'arm64' } }),
    virtualNode('virtual-kubelet-cn-beijing-i'),
  ]);
  await plane.kubectl(['create', 'serviceaccount', 'spark-operator-spark']);
  await plane.scheduler.start({ config: schedulerConfig() });
  const app: SparkApplication = parse(readFileSync(JOB_FILE, 'utf8'));
  await plane.api.request('POST', PODS, new Submission(app).driver());
  await waitUntil('every kind of body', () => WANTED.every((name) => bodies.has(name)));
} finally {
  await plane.delete();
  server.close();
}
mkdirSync(FIXTURES, { recursive: true });
for (const name of WANTED) {
  const pretty = await format(JSON.stringify(bodies.get(name), null, 2), { parser: 'json', printWidth: 110 });
  writeFileSync(join(FIXTURES, `${name}.json`), pretty);
}

/** The shipped configuration with a second extender, and with prioritize, which it leaves out. */
function schedulerConfig(): Readonly<Record<string, unknown>> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the recorder does not listen');
  const url = `http://127.0.0.1:${address.port}`;
  const shipped = shippedSchedulerConfig('in-place.yaml', url);
  const common = { filterVerb: 'filter', prioritizeVerb: 'prioritize', weight: 1, httpTimeout: '30s' };
  return {
    ...shipped,
    extenders: [
      { ...common, urlPrefix: `${url}/names`, bindVerb: 'bind', nodeCacheCapable: true },
      { ...common, urlPrefix: `${url}/nodes`, nodeCacheCapable: false },
    ],
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, form = '', verb = ''] = request.url?.split('/') ?? [];
  const body: Body = JSON.parse(await text(request));
  const name = verb === 'bind' ? verb : `${verb}-${form}`;
  if (!bodies.has(name)) bodies.set(name, body);
  const reply = JSON.stringify(await passAll(verb, body));
  response
    .setHeader('content-type', 'application/json')
    .setHeader('content-length', Buffer.byteLength(reply));
  response.end(reply);
}

async function passAll(verb: string, body: Body): Promise<unknown> {
  const names = body.NodeNames ?? body.Nodes?.items.map(({ metadata }) => metadata.name) ?? [];
  if (verb === 'prioritize') return names.map((name) => ({ Host: name, Score: 0 }));
  if (verb === 'filter') return body.NodeNames ? { NodeNames: names } : { Nodes: body.Nodes };
  await plane.api.request('POST', `${PODS}/${body.PodName ?? ''}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: body.PodName },
    target: { apiVersion: 'v1', kind: 'Node', name: body.Node },
  });
  return { Error: '' };
}
