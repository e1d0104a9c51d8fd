import { describe, expect, it } from 'vitest';
import type { PodObject } from '../../src/facts/pod-facts.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aPod } from '../support/builders.ts';
import type { Extender } from './harness.ts';
import { anExtender, captured } from './harness.ts';

const ECS = 'cn-beijing.192.168.0.11';
const ECS_2 = 'cn-beijing.192.168.0.12';
const ARM = 'cn-beijing.192.168.0.21';
const ECI = 'virtual-kubelet-cn-beijing-i';
const WARN = 40;

/** The captured pod, as one that may preempt. */
const POD: PodObject = { ...captured('filter-names').Pod, spec: { priority: 100 } };
const inJob = (name: string): PodBuilder => aPod(name).labels(POD.metadata?.labels ?? {});
const victim = inJob('victim').on(ECS);
const web = aPod('web').labels({ app: 'web' }).on(ECS_2);

/** As kube-scheduler with nodeCacheCapable sends victims. */
function byUid(...pods: readonly PodBuilder[]): unknown {
  return { Pods: pods.map((pod) => ({ UID: pod.facts().uid })), NumPDBViolations: 0 };
}

/** As kube-scheduler without nodeCacheCapable sends them: whole pods. */
function whole(...pods: readonly PodBuilder[]): unknown {
  return { Pods: pods.map((pod) => pod.object()), NumPDBViolations: 0 };
}

/** The first unit is at max 2 for the pod's group, one of whose pods may be evicted. */
async function aFullUnit(): Promise<Extender> {
  const extender = await anExtender();
  for (const pod of [victim, inJob('other').on(ECS_2), web]) extender.ledger.upsertPod(pod.facts());
  return extender;
}

describe('/preempt answers with the nodes where evicting helps, and whom kube-scheduler proposed there', () => {
  const forms: Record<string, (victims: Readonly<Record<string, readonly PodBuilder[]>>) => object> = {
    'by UID, the other form null': (victims) => ({
      NodeNameToVictims: null,
      NodeNameToMetaVictims: mapped(victims, byUid),
    }),
    'as whole pods, the other form null': (victims) => ({
      NodeNameToVictims: mapped(victims, whole),
      NodeNameToMetaVictims: null,
    }),
    'as whole pods, the other form absent': (victims) => ({ NodeNameToVictims: mapped(victims, whole) }),
  };

  it.for(Object.entries(forms))('%s', async ([, form]) => {
    const extender = await aFullUnit();

    const reply = await extender.post('/preempt', { Pod: POD, ...form({ [ECS]: [victim], [ECS_2]: [web] }) });

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({ NodeNameToMetaVictims: { [ECS]: byUid(victim) } });
    expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(reply.text)));
    expect(extender.ledger.reservation(POD.metadata?.uid ?? '')).toMatchObject({ state: 'reserved' });
  });

  it('with violations of disruption budgets as they were told', async () => {
    const extender = await aFullUnit();
    const victims = { Pods: [{ UID: 'uid-victim' }], NumPDBViolations: 3 };

    const reply = await extender.post('/preempt', { Pod: POD, NodeNameToMetaVictims: { [ECS]: victims } });

    expect(reply.json).toEqual({ NodeNameToMetaVictims: { [ECS]: victims } });
  });

  it('with no node, and that is no error, when evicting helps nowhere', async () => {
    const extender = await aFullUnit();

    const reply = await extender.post('/preempt', {
      Pod: POD,
      NodeNameToMetaVictims: { [ECS_2]: byUid(web), [ARM]: byUid(web) },
    });

    expect(reply).toMatchObject({ status: 200, json: { NodeNameToMetaVictims: {} } });
    expect(extender.ledger.reservationCount).toBe(0);
  });

  it('with every node for a pod of no policy', async () => {
    const extender = await anExtender([]);
    const NodeNameToMetaVictims = { [ECI]: byUid(web), [ARM]: byUid(victim, web), [ECS]: byUid() };

    const reply = await extender.post('/preempt', { Pod: POD, NodeNameToMetaVictims });

    expect(reply.json).toEqual({ NodeNameToMetaVictims });
  });

  it('with no node while decisions cannot be made', async () => {
    const extender = await aFullUnit();
    extender.unready = 'starting';

    const reply = await extender.post('/preempt', {
      Pod: POD,
      NodeNameToMetaVictims: { [ECS]: byUid(victim) },
    });

    expect(reply).toMatchObject({ status: 200, json: { NodeNameToMetaVictims: {} } });
  });

  it('with no node for null victims: nobody to evict is no help', async () => {
    const extender = await aFullUnit();

    const reply = await extender.post('/preempt', {
      Pod: POD,
      NodeNameToMetaVictims: { [ECS]: { Pods: null, NumPDBViolations: 0 } },
    });

    expect(reply).toMatchObject({ status: 200, json: { NodeNameToMetaVictims: {} } });
  });

  it('and each outcome is counted', async () => {
    const extender = await aFullUnit();
    await extender.post('/preempt', { Pod: POD, NodeNameToMetaVictims: { [ECS]: byUid(victim) } });
    await extender.post('/preempt', { Pod: POD, NodeNameToMetaVictims: {} });
    await extender.post('/preempt', {});

    const { text } = await extender.get('/metrics');
    for (const [outcome, count] of Object.entries({
      offered: 1,
      nobody: 1,
      'bad-request': 1,
      'not-ours': 0,
    })) {
      expect(text).toContain(`resource_policy_calls_total{verb="preempt",outcome="${outcome}"} ${count}\n`);
    }
  });
});

describe('a body that is not what kube-scheduler sends: 400, the field by name, nothing held', () => {
  const meta = (victims: unknown): object => ({ Pod: POD, NodeNameToMetaVictims: { n1: victims } });
  const pods = (victims: unknown): object => ({ Pod: POD, NodeNameToVictims: { n1: victims } });
  const cases: Record<string, { body: unknown; want: string }> = {
    empty: { body: '', want: 'the body is empty; POST the JSON that kube-scheduler sends' },
    'a list': { body: [], want: 'the body must be an object' },
    'without Pod': { body: { NodeNameToMetaVictims: {} }, want: 'Pod must be an object' },
    'with a Pod without uid': {
      body: { Pod: { metadata: {} }, NodeNameToMetaVictims: {} },
      want: 'Pod: metadata.uid is missing or empty',
    },
    'without victims in either form': {
      body: { Pod: POD },
      want: 'NodeNameToMetaVictims or NodeNameToVictims must be an object',
    },
    'with null in both forms': {
      body: { Pod: POD, NodeNameToMetaVictims: null, NodeNameToVictims: null },
      want: 'NodeNameToMetaVictims or NodeNameToVictims must be an object',
    },
    'with a list of nodes': {
      body: { Pod: POD, NodeNameToMetaVictims: ['n1'] },
      want: 'NodeNameToMetaVictims or NodeNameToVictims must be an object',
    },
    'with a word for the other form': {
      body: { Pod: POD, NodeNameToVictims: 'n1' },
      want: 'NodeNameToMetaVictims or NodeNameToVictims must be an object',
    },
    'with a node whose victims are null': {
      body: meta(null),
      want: 'NodeNameToMetaVictims.n1 must be an object',
    },
    'with a node whose victims are a list': {
      body: pods([]),
      want: 'NodeNameToVictims.n1 must be an object',
    },
    'with Pods that are a word': {
      body: meta({ Pods: 'uid-1' }),
      want: 'NodeNameToMetaVictims.n1.Pods must be a list',
    },
    'with Pods that are an object': {
      body: pods({ Pods: {} }),
      want: 'NodeNameToVictims.n1.Pods must be a list',
    },
    'with a victim that is a word': {
      body: meta({ Pods: [{ UID: 'u' }, 'uid-1'] }),
      want: 'NodeNameToMetaVictims.n1.Pods[1] must be an object',
    },
    'with a victim without a UID': {
      body: meta({ Pods: [{}] }),
      want: 'NodeNameToMetaVictims.n1.Pods[0] has no UID',
    },
    'with a victim whose UID is empty': {
      body: meta({ Pods: [{ UID: '' }] }),
      want: 'NodeNameToMetaVictims.n1.Pods[0] has no UID',
    },
    'with a whole victim without a uid': {
      body: pods({ Pods: [{ metadata: { name: 'p' } }] }),
      want: 'NodeNameToVictims.n1.Pods[0] has no UID',
    },
  };

  it.for(Object.entries(cases))('%s', async ([, { body, want }]) => {
    const extender = await aFullUnit();

    const reply = await extender.post('/preempt', body);

    expect(reply).toMatchObject({ status: 400, json: { Error: `resource-policy: ${want}` } });
    expect(extender.log).toMatchObject([{ level: WARN, verb: 'preempt', msg: `preempt: ${want}` }]);
    expect(extender.ledger.reservationCount).toBe(0);
  });
});

function mapped(
  victims: Readonly<Record<string, readonly PodBuilder[]>>,
  form: (...pods: readonly PodBuilder[]) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(victims).map(([node, pods]) => [node, form(...pods)]));
}
