import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Registration } from '../../src/admission/registration.ts';
import { WebhookConfigurations } from '../../src/cluster/admission-registration.ts';
import { ConfigurationsOfTest, refused } from './configurations.ts';

const NAME = 'hook';
const WARN = 40;
const wish = (...namespaces: readonly string[]) => ({ namespaces, caBundle: 'PEM' });

let api: ConfigurationsOfTest;
let log: { level: number; msg: string }[];

beforeEach(() => {
  api = new ConfigurationsOfTest();
  log = [];
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** The registration of one process. */
function aProcess(instance: string): Registration {
  const registration = new Registration({
    configurations: new WebhookConfigurations(api),
    name: NAME,
    instance,
    url: `https://${instance}/mutate-pods`,
    logger: pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) }),
  });
  onTestFinished(() => registration.stop());
  return registration;
}

/** Until nothing is under way; timers stand still. */
async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

const owner = (): string | undefined =>
  api.standing.get(NAME)?.metadata.annotations['resource-policy.scheduling/instance'];

describe('a registration', () => {
  it('sends new pods of the namespaces, may fail, and waits two seconds at most', async () => {
    aProcess('one').want(wish('a', 'b'));
    await settled();

    expect(api.standing.get(NAME)?.webhooks).toMatchObject([
      {
        name: 'pods.resource-policy.scheduling',
        clientConfig: { url: 'https://one/mutate-pods', caBundle: Buffer.from('PEM').toString('base64') },
        failurePolicy: 'Ignore',
        timeoutSeconds: 2,
        reinvocationPolicy: 'IfNeeded',
        sideEffects: 'None',
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['a', 'b'] }],
        },
        matchConditions: [{ name: 'not-bound' }],
      },
    ]);
  });

  it('follows the namespaces, and is not there when there is none', async () => {
    const registration = aProcess('one');
    registration.want(wish());
    await settled();
    expect(api.writes).toEqual([]);

    for (const namespaces of [['a'], ['a', 'b'], ['b']]) {
      registration.want(wish(...namespaces));
      await settled();
      expect(api.namespacesOf(NAME)).toEqual(namespaces);
    }

    registration.want(wish());
    await settled();
    expect(api.standing.size).toBe(0);
    expect(registration.standing).toBeUndefined();
  });

  it('writes nothing when everything stands', async () => {
    const registration = aProcess('one');
    for (const _ of [1, 2, 3]) {
      registration.want(wish('a'));
      await settled();
    }
    expect(api.writes).toEqual(['POST']);
  });

  it('writes the last of many wishes, not each', async () => {
    const registration = aProcess('one');
    for (let count = 1; count <= 100; count += 1) {
      registration.want(wish(...Array.from({ length: count }, (_, index) => `n${index}`)));
    }
    await settled();
    expect(api.namespacesOf(NAME)).toHaveLength(100);
    expect(api.writes.length).toBeLessThanOrEqual(2);
  });

  it('mends what others changed or removed', async () => {
    const registration = aProcess('one');
    registration.want(wish('a'));
    await settled();
    const standing = api.standing.get(NAME)!;
    api.write('EDIT', { ...standing, webhooks: [{ ...standing.webhooks[0]!, failurePolicy: 'Fail' }] });
    registration.want(wish('a'));
    await settled();
    expect(api.standing.get(NAME)?.webhooks).toMatchObject([{ failurePolicy: 'Ignore' }]);

    api.standing.delete(NAME);
    registration.want(wish('a'));
    await settled();
    expect(api.namespacesOf(NAME)).toEqual(['a']);
  });

  it('is tried again after a failure, which is logged', async () => {
    api.before = () => {
      throw refused('GET', 403, 'Forbidden');
    };
    const registration = aProcess('one');
    registration.want(wish('a'));
    await settled();
    expect(log).toMatchObject([
      { level: WARN, msg: expect.stringContaining('could not be registered, trying again: GET: 403') },
    ]);
    expect(registration.standing).toBeUndefined();

    api.before = () => undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(api.namespacesOf(NAME)).toEqual(['a']);
    expect(registration.standing).toEqual(wish('a'));
  });

  it('does not overwrite what came between its look and its write', async () => {
    const registration = aProcess('one');
    registration.want(wish('a'));
    await settled();
    let isFirst = true;
    api.before = (method) => {
      if (method !== 'PUT' || !isFirst) return;
      isFirst = false;
      const standing = api.standing.get(NAME)!;
      const annotations = { 'resource-policy.scheduling/instance': 'two' };
      api.write('EDIT', { ...standing, metadata: { ...standing.metadata, annotations } });
    };
    registration.want(wish('b'));
    await settled();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(owner()).toBe('two');
    expect(api.namespacesOf(NAME)).toEqual(['a']);
  });
});

describe('two processes of one name', () => {
  it('the newest has it, the older one leaves it alone and says so once', async () => {
    const old = aProcess('old');
    old.want(wish('a'));
    await settled();
    const next = aProcess('new');
    next.want(wish('a'));
    await settled();
    expect(owner()).toBe('new');
    expect(api.standing.get(NAME)?.webhooks[0]?.clientConfig.url).toBe('https://new/mutate-pods');

    old.want(wish('a', 'b'));
    await settled();
    old.want(wish('a'));
    await settled();
    expect(owner()).toBe('new');
    expect(old.standing).toBeUndefined();
    expect(log.filter(({ level }) => level === WARN)).toMatchObject([
      { msg: expect.stringContaining('--admission-name') },
    ]);
  });

  it('the older one stops without taking away what is not its own', async () => {
    const old = aProcess('old');
    old.want(wish('a'));
    await settled();
    aProcess('new').want(wish('a'));
    await settled();
    await old.stop();
    expect(owner()).toBe('new');
  });

  it('the older one is back when the newer has stopped', async () => {
    const old = aProcess('old');
    old.want(wish('a'));
    await settled();
    const next = aProcess('new');
    next.want(wish('a'));
    await settled();
    await next.stop();
    old.want(wish('a'));
    await settled();
    expect(owner()).toBe('old');
  });

  it('a process that starts takes away what a killed one left, when no policy needs it any more', async () => {
    aProcess('killed').want(wish('a'));
    await settled();
    aProcess('new').want(wish());
    await settled();
    expect(api.standing.size).toBe(0);
  });
});

describe('when it stops', () => {
  it('the registration is taken away, and stays away', async () => {
    const registration = aProcess('one');
    registration.want(wish('a'));
    await settled();
    await registration.stop();
    expect(api.standing.size).toBe(0);
    registration.want(wish('a'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(api.standing.size).toBe(0);
  });

  it('what is being written is taken away, too', async () => {
    const gate = Promise.withResolvers<void>();
    api.before = (method) => (method === 'POST' ? gate.promise : undefined);
    const registration = aProcess('one');
    registration.want(wish('a'));
    await settled();
    const stopped = registration.stop();
    gate.resolve();
    await stopped;
    expect(api.writes).toEqual(['POST', 'DELETE']);
  });

  it('a write of somebody in between does not keep it', async () => {
    const registration = aProcess('one');
    registration.want(wish('a'));
    await settled();
    let isFirst = true;
    api.before = (method) => {
      if (method !== 'DELETE' || !isFirst) return;
      isFirst = false;
      api.write('EDIT', api.standing.get(NAME)!);
    };
    await registration.stop();
    expect(api.standing.size).toBe(0);
  });

  it('without an API server it ends, and says what is left', async () => {
    const registration = aProcess('one');
    registration.want(wish('a'));
    await settled();
    api.before = () => {
      throw refused('GET', 503, 'ServiceUnavailable');
    };
    await registration.stop();
    expect(log.at(-1)).toMatchObject({
      level: WARN,
      msg: expect.stringContaining('kubectl delete mutatingwebhookconfiguration hook'),
    });
  });
});
