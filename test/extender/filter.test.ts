import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../src/facts/pod-facts.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Extender } from './harness.ts';
import { anExtender, captured, sparkPolicy } from './harness.ts';

const NAMES = captured('filter-names').NodeNames ?? [];
const AMD64 = ['cn-beijing.192.168.0.11', 'cn-beijing.192.168.0.12'];
const VIRTUAL = ['virtual-kubelet-cn-beijing-i'];
const FULL =
  'ResourcePolicy spark: unit 1 ecs(kubernetes.io/arch=amd64) is at max 2, unit 2 eci is at max 3 ' +
  '(per sparkoperator.k8s.io/submission-id)';

/** The captured pod under other names, with other labels when given. */
function podLike(name: string, labels?: Readonly<Record<string, string>>): PodObject {
  const { Pod } = captured('filter-names');
  return {
    ...Pod,
    metadata: { ...Pod.metadata, name, uid: `uid-${name}`, ...(labels === undefined ? {} : { labels }) },
  };
}

/** Places `count` further pods of the captured pod's submission. */
async function place(extender: Extender, count: number): Promise<void> {
  for (let id = 1; id <= count; id += 1) {
    // In order, as kube-scheduler asks.
    // oxlint-disable-next-line no-await-in-loop
    await extender.filter({ Pod: podLike(`exec-${id}`) });
  }
}

describe('/filter with names (nodeCacheCapable)', () => {
  it('answers the real kube-scheduler’s question with the nodes of the first unit', async () => {
    const extender = await anExtender();

    const reply = await extender.filter();

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({ NodeNames: NAMES.filter((name) => AMD64.includes(name)) });
  });

  it('goes on to the next unit when the first is at max', async () => {
    const extender = await anExtender();
    await place(extender, 2);

    expect((await extender.filter()).json).toEqual({ NodeNames: VIRTUAL });
  });

  it('gives the same pod its own place again', async () => {
    const extender = await anExtender();
    await place(extender, 1);

    await extender.filter();

    expect((await extender.filter()).json).toEqual({
      NodeNames: NAMES.filter((name) => AMD64.includes(name)),
    });
    expect(extender.ledger.reservationCount).toBe(2);
  });

  it('refuses when every unit is at max: status 200, each node unresolvable, no node left', async () => {
    const extender = await anExtender();
    await place(extender, 5);

    const reply = await extender.filter();

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      NodeNames: [],
      FailedAndUnresolvableNodes: Object.fromEntries(NAMES.map((name) => [name, FULL])),
    });
  });

  it('refuses with the same bytes each time: another text would make kube-scheduler try for ever', async () => {
    const extender = await anExtender();
    await place(extender, 5);
    const first = await extender.filter();

    extender.ledger.upsertPod(
      aPod('other')
        .labels(podLike('x').metadata?.labels ?? {})
        .on('virtual-kubelet-cn-beijing-i')
        .facts(),
    );

    expect((await extender.filter()).text).toBe(first.text);
  });

  it('gives its reason for at most 100 nodes', async () => {
    const extender = await anExtender();
    const names = Array.from({ length: 5_000 }, (_, index) => `far-${index}`);

    const reply = await extender.filter({ NodeNames: names });

    const reasons: Record<string, unknown> = Object(reply.json).FailedAndUnresolvableNodes;
    expect(Object.keys(reasons)).toEqual(names.slice(0, 100));
    expect(new Set(Object.values(reasons)).size).toBe(1);
    expect(reply.json).toMatchObject({ NodeNames: [] });
  });

  it('refuses a pod to which no node is offered', async () => {
    const extender = await anExtender();

    expect((await extender.filter({ NodeNames: [] })).json).toEqual({
      NodeNames: [],
      FailedAndUnresolvableNodes: {},
    });
  });

  const passed: Record<string, { pod: PodObject }> = {
    'selected by no policy': { pod: podLike('web', { app: 'web' }) },
    'of another namespace': {
      pod: { ...podLike('far'), metadata: { ...podLike('far').metadata, namespace: 'jobs' } },
    },
  };

  it.for(Object.entries(passed))('hands all names back, in order, for a pod %s', async ([, { pod }]) => {
    const extender = await anExtender();

    expect((await extender.filter({ Pod: pod })).json).toEqual({ NodeNames: NAMES });
    expect(extender.ledger.reservationCount).toBe(0);
  });

  const LABELS = podLike('x').metadata?.labels ?? {};
  const refused: Record<
    string,
    { policies: Parameters<typeof anExtender>[0]; labels: typeof LABELS; want: string }
  > = {
    'a pod that lacks a label of matchLabelKeys': {
      policies: [sparkPolicy()],
      labels: { 'sparkoperator.k8s.io/launched-by-spark-operator': 'true' },
      want: 'ResourcePolicy spark: the pod lacks the label sparkoperator.k8s.io/submission-id of matchLabelKeys, so it belongs to no group',
    },
    'a pod that two policies select': {
      policies: [sparkPolicy(), aPolicy('all').selecting({}).unit({ resource: 'ecs' })],
      labels: LABELS,
      want: 'more than one ResourcePolicy selects this pod: all, spark; change their selectors so that one does',
    },
    'a pod of an invalid policy': {
      policies: [sparkPolicy().spec({ units: [{ resource: 'ecs', max: -1 }] })],
      labels: LABELS,
      want: 'ResourcePolicy spark is invalid: spec.units[0].max must be a whole number, 0 or more',
    },
  };

  it.for(Object.entries(refused))('refuses %s, and says why', async ([, { policies, labels, want }]) => {
    const extender = await anExtender(policies);

    expect((await extender.filter({ Pod: podLike('p', labels) })).json).toEqual({
      NodeNames: [],
      FailedAndUnresolvableNodes: Object.fromEntries(NAMES.map((name) => [name, want])),
    });
  });

  it('says in the log what was decided', async () => {
    const extender = await anExtender();
    await place(extender, 2);
    await extender.filter();

    expect(extender.log.at(-1)).toMatchObject({
      pod: 'default/spark-pi-driver',
      outcome: 'chosen',
      unit: 'eci',
      candidates: 4,
      msg: 'unit 1 ecs(kubernetes.io/arch=amd64) is at max 2',
    });
  });

  it('says nothing in the log about pods of no policy', async () => {
    const extender = await anExtender();

    await extender.filter({ Pod: podLike('web', { app: 'web' }) });

    expect(extender.log).toEqual([]);
  });

  it('answers with an Error while the view is not complete, and holds no place', async () => {
    const extender = await anExtender();
    extender.unready = 'resource-policy is starting: waiting for the list of pods';

    const reply = await extender.filter();

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({ Error: 'resource-policy is starting: waiting for the list of pods' });
    expect(extender.ledger.reservationCount).toBe(0);
  });

  it('refuses a pod that was deleted meanwhile', async () => {
    const extender = await anExtender();
    extender.ledger.removePod(aPod('gone').uid('uid-gone').facts());

    const reply = await extender.filter({ Pod: podLike('gone') });

    expect(Object(reply.json).FailedAndUnresolvableNodes).toMatchObject({
      [VIRTUAL[0]!]: 'the pod was deleted',
    });
  });
});

describe('/filter with whole nodes', () => {
  const body = captured('filter-nodes');
  const items = body.Nodes?.items ?? [];

  it('answers with the very nodes it was sent', async () => {
    const extender = await anExtender();

    const reply = await extender.post('/filter', body);

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({
      Nodes: { items: items.filter(({ metadata }) => AMD64.includes(metadata.name)) },
    });
  });

  it('hands all nodes back for a pod of no policy', async () => {
    const extender = await anExtender([]);

    expect((await extender.post('/filter', body)).json).toEqual({ Nodes: { items } });
  });

  it('refuses with no nodes', async () => {
    const extender = await anExtender([sparkPolicy().spec({ units: [{ resource: 'ecs', max: 0 }] })]);
    const text = 'ResourcePolicy spark: unit 1 ecs is at max 0 (per sparkoperator.k8s.io/submission-id)';

    expect((await extender.post('/filter', body)).json).toEqual({
      Nodes: { items: [] },
      FailedAndUnresolvableNodes: Object.fromEntries(items.map(({ metadata }) => [metadata.name, text])),
    });
  });

  it('knows the nodes’ labels from the watch, not from the body', async () => {
    const extender = await anExtender();
    extender.ledger.upsertNode(aNode('cn-beijing.192.168.0.11').arch('arm64').facts());

    expect((await extender.post('/filter', body)).json).toEqual({
      Nodes: { items: items.filter(({ metadata }) => metadata.name === 'cn-beijing.192.168.0.12') },
    });
  });
});

describe('the form of answers', () => {
  it('is one write with a length: chunks would cost kube-scheduler a new connection for each call', async () => {
    const extender = await anExtender();

    const { headers, text } = await extender.filter();

    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it('takes keys that are names of an object’s own workings for names', async () => {
    const extender = await anExtender();
    const text = JSON.stringify(captured('filter-names')).replace(
      '"labels":{',
      '"labels":{"__proto__":"polluted","constructor":"c",',
    );

    expect((await extender.post('/filter', text)).json).toEqual({
      NodeNames: NAMES.filter((name) => AMD64.includes(name)),
    });
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  it('names nodes called __proto__ like any other', async () => {
    const extender = await anExtender();

    const { text } = await extender.filter({ NodeNames: ['__proto__', 'constructor'] });

    expect(text).toContain('"FailedAndUnresolvableNodes":{"__proto__":"ResourcePolicy spark: ');
    expect(text).toContain('"constructor":"ResourcePolicy spark: ');
  });
});
