import { describe, expect, it } from 'vitest';
import type { BindResult } from '../../src/scheduling/ports.ts';
import { aPod } from '../support/builders.ts';
import { anExtender, captured, capturedBind, sparkPolicy } from './harness.ts';

const ECS = 'cn-beijing.192.168.0.11';
const ARM = 'cn-beijing.192.168.0.21';
const ECI = 'virtual-kubelet-cn-beijing-i';
const BODY = captured('prioritize-names');
const POD = BODY.Pod;

describe('/prioritize', () => {
  const byUnit = [
    { Host: ECS, Score: 9 },
    { Host: 'cn-beijing.192.168.0.12', Score: 9 },
    { Host: ARM, Score: 0 },
    { Host: ECI, Score: 8 },
  ];

  it.for(['prioritize-names', 'prioritize-nodes'] as const)(
    'ranks nodes by the order of units: %s',
    async (name) => {
      const extender = await anExtender();

      const reply = await extender.post('/prioritize', captured(name));

      expect(reply.status).toBe(200);
      expect(reply.json).toHaveLength(4);
      expect(reply.json).toEqual(expect.arrayContaining(byUnit));
      expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(reply.text)));
    },
  );

  it('ranks the unit of the pod’s reservation first', async () => {
    const extender = await anExtender([sparkPolicy()]);
    await extender.filter({ NodeNames: [ECI] });

    expect((await extender.post('/prioritize', { ...BODY, NodeNames: [ECS, ECI] })).json).toEqual([
      { Host: ECS, Score: 9 },
      { Host: ECI, Score: 10 },
    ]);
  });

  it('has no opinion on a pod of no policy', async () => {
    const extender = await anExtender([]);

    const reply = await extender.post('/prioritize', BODY);

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual([]);
  });
});

describe('/bind', () => {
  it('writes one Binding with the unit and its deletion cost, for the real kube-scheduler’s request', async () => {
    const extender = await anExtender();
    await extender.filter({ NodeNames: [ECI] });

    const reply = await extender.bind();

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({ Error: '' });
    expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(reply.text)));
    expect(extender.bindings).toEqual([
      {
        namespace: 'default',
        name: 'spark-pi-driver',
        uid: POD.metadata?.uid,
        resourceVersion: POD.metadata?.resourceVersion,
        nodeName: ECI,
        labels: {},
        annotations: {
          'resource-policy.scheduling/policy': 'spark',
          'resource-policy.scheduling/unit': 'eci',
          'controller.kubernetes.io/pod-deletion-cost': '-100',
          'resource-policy.scheduling/deletion-cost': '-100',
        },
      },
    ]);
  });

  it('binds a pod of no policy as it is', async () => {
    const extender = await anExtender([]);
    extender.podsInApi.set('default/spark-pi-driver', POD);

    expect((await extender.bind()).json).toEqual({ Error: '' });
    expect(extender.bindings).toEqual([
      { namespace: 'default', name: 'spark-pi-driver', uid: POD.metadata?.uid, nodeName: ECI },
    ]);
  });

  it('asks the API server for a pod that it has not seen, as after a restart', async () => {
    const extender = await anExtender();
    extender.podsInApi.set('default/spark-pi-driver', POD);

    expect((await extender.bind()).json).toEqual({ Error: '' });
    expect(extender.bindings).toHaveLength(1);
  });

  it('refuses a pod that exists nowhere', async () => {
    const extender = await anExtender();

    const reply = await extender.bind();

    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({ Error: 'pod default/spark-pi-driver no longer exists' });
    expect(extender.bindings).toEqual([]);
  });

  it('refuses a pod that was made anew under the same name', async () => {
    const extender = await anExtender();
    extender.podsInApi.set('default/spark-pi-driver', aPod('spark-pi-driver').uid('another').object());

    expect((await extender.bind()).json).toEqual({ Error: 'pod default/spark-pi-driver no longer exists' });
    expect(extender.bindings).toEqual([]);
  });

  it('refuses a node of no unit', async () => {
    const extender = await anExtender();
    await extender.filter();

    expect((await extender.bind({ Node: ARM })).json).toEqual({
      Error: `ResourcePolicy spark: node ${ARM} belongs to no unit`,
    });
    expect(extender.bindings).toEqual([]);
  });

  const failures: Record<string, { result: BindResult; want: string }> = {
    refused: {
      result: { outcome: 'refused', status: 409, message: 'pod is bound to n7' },
      want: 'the API server refused the binding: pod is bound to n7',
    },
    lost: {
      result: { outcome: 'unknown', message: 'socket hang up' },
      want: 'the binding’s answer was lost: socket hang up'.replace('’', "'"),
    },
  };

  it.for(Object.entries(failures))(
    'tells kube-scheduler of an answer that was %s',
    async ([, { result, want }]) => {
      const extender = await anExtender();
      extender.onBind = async () => result;
      await extender.filter({ NodeNames: [ECI] });

      const reply = await extender.bind();

      expect(reply.status).toBe(200);
      expect(reply.json).toEqual({ Error: want });
    },
  );

  it('counts a repeated call for a pod that is on this very node as success', async () => {
    const extender = await anExtender();
    extender.onBind = async () => ({ outcome: 'already-bound-here' });
    await extender.filter({ NodeNames: [ECI] });

    expect((await extender.bind()).json).toEqual({ Error: '' });
  });

  it('answers after the API server, not before', async () => {
    const extender = await anExtender();
    await extender.filter({ NodeNames: [ECI] });
    const order: string[] = [];
    extender.onBind = async () => {
      await extender.get('/healthz');
      order.push('API server answered');
      return { outcome: 'bound' };
    };

    await extender.bind();
    order.push('kube-scheduler was answered');

    expect(order).toEqual(['API server answered', 'kube-scheduler was answered']);
  });

  it('binds nothing while the view is not complete', async () => {
    const extender = await anExtender();
    await extender.filter({ NodeNames: [ECI] });
    extender.unready = 'resource-policy is stopping';

    expect((await extender.bind()).json).toEqual({ Error: 'resource-policy is stopping' });
    expect(extender.bindings).toEqual([]);
  });

  it('logs a failure of its own once, and answers 500 with its text', async () => {
    const extender = await anExtender();
    await extender.filter({ NodeNames: [ECI] });
    extender.log.length = 0;
    extender.onBind = () => Promise.reject(new Error('out of order'));

    const reply = await extender.post('/bind', capturedBind());

    expect(reply.status).toBe(500);
    expect(reply.json).toEqual({ Error: 'resource-policy: out of order' });
    expect(extender.log).toMatchObject([{ level: 50, verb: 'bind', msg: 'bind: out of order' }]);
  });
});
