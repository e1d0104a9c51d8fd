import { describe, expect, it } from 'vitest';
import { anExtender, captured } from './harness.ts';

const WHAT_THERE_IS =
  'here; there are POST /filter, /prioritize, /preempt, /bind and GET /healthz, /readyz, /metrics';

describe('probes', () => {
  it('/healthz says ok, ready or not', async () => {
    const extender = await anExtender();
    extender.unready = 'resource-policy is starting';

    const { status, text } = await extender.get('/healthz');

    expect({ status, text }).toEqual({ status: 200, text: 'ok\n' });
  });

  it('/readyz says ok when decisions can be made', async () => {
    const extender = await anExtender();

    const { status, text } = await extender.get('/readyz');

    expect({ status, text }).toEqual({ status: 200, text: 'ok\n' });
  });

  it('/readyz says 503 and why when they cannot', async () => {
    const extender = await anExtender();
    extender.unready = 'resource-policy is starting: waiting for the list of pods';

    const { status, text, headers } = await extender.get('/readyz');

    expect({ status, text }).toEqual({
      status: 503,
      text: 'resource-policy is starting: waiting for the list of pods\n',
    });
    expect(headers['content-type']).toMatch(/^text\/plain/);
  });
});

describe('/metrics', () => {
  it('counts calls by verb and outcome', async () => {
    const extender = await anExtender();
    await extender.filter();
    await extender.filter();
    await extender.filter({ NodeNames: ['cn-beijing.192.168.0.21'] });
    await extender.post('/prioritize', captured('prioritize-names'));
    await extender.bind({ Node: 'cn-beijing.192.168.0.11' });
    await extender.post('/bind', '{}');

    const { text } = await extender.get('/metrics');

    const calls = (verb: string, outcome: string): number | undefined =>
      sample(text, `resource_policy_calls_total{verb="${verb}",outcome="${outcome}"}`);
    expect({
      chosen: calls('filter', 'chosen'),
      lacks: calls('filter', 'lacks-resources'),
      ranked: calls('prioritize', 'ranked'),
      gone: calls('bind', 'pod-gone'),
      bad: calls('bind', 'bad-request'),
    }).toEqual({ chosen: 2, lacks: 1, ranked: 1, gone: 1, bad: 1 });
    expect(sample(text, 'resource_policy_filter_seconds_count')).toBe(3);
    expect(sample(text, 'resource_policy_prioritize_seconds_count')).toBe(1);
    expect(sample(text, 'resource_policy_bind_seconds_count')).toBe(2);
  });

  it('counts decisions and bindings by policy and unit', async () => {
    const extender = await anExtender();
    await extender.filter();
    await extender.filter({ NodeNames: ['cn-beijing.192.168.0.21'] });
    await extender.filter();
    await extender.bind({ Node: 'cn-beijing.192.168.0.11' });

    const { text } = await extender.get('/metrics');

    const of = 'policy_namespace="default",policy="spark"';
    expect({
      chosen: sample(
        text,
        `resource_policy_decisions_total{${of},outcome="chosen",unit="ecs(kubernetes.io/arch=amd64)"}`,
      ),
      lacks: sample(text, `resource_policy_decisions_total{${of},outcome="lacks-resources",unit=""}`),
      bound: sample(text, `resource_policy_bindings_total{${of},unit="ecs(kubernetes.io/arch=amd64)"}`),
    }).toEqual({ chosen: 2, lacks: 1, bound: 1 });
  });

  it('tells what is known and held', async () => {
    const extender = await anExtender();
    await extender.filter();

    const { text, status, headers } = await extender.get('/metrics');

    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect({
      reservations: sample(text, 'resource_policy_reservations'),
      pods: sample(text, 'resource_policy_tracked_pods'),
      nodes: sample(text, 'resource_policy_tracked_nodes'),
      policies: sample(text, 'resource_policy_policies'),
      age: sample(text, 'resource_policy_watch_age_seconds{resource="pods"}'),
      mismatches: sample(text, 'resource_policy_ledger_mismatches_total'),
    }).toEqual({ reservations: 1, pods: 0, nodes: 4, policies: 1, age: 1.5, mismatches: 0 });
  });

  it('explains every metric', async () => {
    const extender = await anExtender();
    const { text } = await extender.get('/metrics');

    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !text.includes(`# HELP ${name} `))).toEqual([]);
    expect(names.filter((name) => !/^(resource_policy|process)_/.test(name ?? ''))).toEqual([]);
  });
});

describe('what is not there', () => {
  it.for([
    ['GET', '/'],
    ['POST', '/filter/'.concat('x')],
    ['GET', '/filter'],
    ['PUT', '/bind'],
    ['POST', '/healthz'],
  ] as const)('%s %s is a 404 that says what there is', async ([method, path]) => {
    const extender = await anExtender();

    const { status, json } = await extender.send(method, path, method === 'GET' ? undefined : '{}');

    expect(status).toBe(404);
    expect(json).toEqual({ Error: `no ${method} ${path} ${WHAT_THERE_IS}` });
  });

  it('is told without naming the software', async () => {
    const extender = await anExtender();

    expect((await extender.get('/')).headers).not.toHaveProperty('x-powered-by');
  });
});

/** The value of a sample, by its name and labels. */
function sample(page: string, name: string): number | undefined {
  const line = page.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
