import { describe, expect, it } from 'vitest';

import type { ApiRequest } from '../../src/cluster/api-client.ts';
import { ApiError } from '../../src/cluster/api-error.ts';
import { EventRecorder } from '../../src/cluster/events.ts';
import { asObject } from '../../src/facts/json.ts';

const PATH = '/apis/events.k8s.io/v1/namespaces/default/events';
const TEN_MINUTES = 600_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');

const spark = { namespace: 'default', name: 'spark', uid: 'uid-spark' };
const conflict = { reason: 'OtherPolicies', message: 'selected by twin too' };

/** Events as the API server keeps them. */
class Scene {
  readonly events = new Map<string, Record<string, unknown>>();
  readonly requests: ApiRequest[] = [];
  nowMs = START;
  /** What happens to a request before the API server does it. */
  onRequest: (request: ApiRequest) => void = () => undefined;

  /** A process with no memory. */
  recorder(): EventRecorder {
    const request = async (sent: ApiRequest): Promise<unknown> => {
      this.requests.push(sent);
      this.onRequest(sent);
      return this.#perform(sent);
    };
    return new EventRecorder({ request }, 'host_1234', () => new Date(this.nowMs));
  }

  #perform({ method, path, body }: ApiRequest): unknown {
    if (method === 'POST') {
      const { name } = asObject(asObject(body)['metadata']);
      const key = `${path}/${String(name)}`;
      if (this.events.has(key)) throw refusal(409, 'AlreadyExists');
      this.events.set(key, { ...asObject(body) });
      return body;
    }
    const event = this.events.get(path);
    if (event === undefined) throw refusal(404, 'NotFound');
    if (method === 'PATCH') Object.assign(event, body);
    return event;
  }
}

function refusal(status: number, reason: string): ApiError {
  return new ApiError({ status, reason, message: reason, definite: true });
}

describe('an event', () => {
  it('says what is wrong with which policy', async () => {
    const scene = new Scene();

    expect(await scene.recorder().report(spark, conflict, TEN_MINUTES)).toBe('created');

    const { method, path, body } = scene.requests.at(-1)!;
    expect([method, path]).toEqual(['POST', PATH]);
    expect(body).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'default', name: expect.stringMatching(/^spark\.[0-9a-f]{16}$/) },
      regarding: {
        apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
        kind: 'ResourcePolicy',
        namespace: 'default',
        name: 'spark',
        uid: 'uid-spark',
      },
      type: 'Warning',
      reason: 'OtherPolicies',
      note: 'selected by twin too',
      action: 'CheckPolicy',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'resource-policy',
      reportingInstance: 'host_1234',
    });
  });

  it('is one for each policy, reason and message', async () => {
    const scene = new Scene();
    const recorder = scene.recorder();

    await recorder.report(spark, conflict, TEN_MINUTES);
    await recorder.report({ ...spark, uid: 'made-anew' }, conflict, TEN_MINUTES);
    await recorder.report(spark, { ...conflict, reason: 'Invalid' }, TEN_MINUTES);
    await recorder.report(spark, { ...conflict, message: 'selected by another too' }, TEN_MINUTES);
    await recorder.report(spark, conflict, TEN_MINUTES);

    expect(scene.events.size).toBe(4);
  });

  it('has a name and a note that the API server takes, however long the policy’s', async () => {
    const scene = new Scene();
    const name = `${'a'.repeat(235)}.${'b'.repeat(17)}`;

    await scene
      .recorder()
      .report({ ...spark, name }, { reason: 'R', message: 'ü'.repeat(2_000) }, TEN_MINUTES);

    const [path] = [...scene.events.keys()];
    expect(path?.slice(PATH.length + 1)).toMatch(/^a{235}\.[0-9a-f]{16}$/);
    const note = String(scene.events.get(path ?? '')?.['note']);
    expect([note, Buffer.byteLength(note)]).toEqual([`${'ü'.repeat(510)}…`, 1_023]);
  });
});

describe('the same event', () => {
  it('is left alone for ten minutes, by this process and by one started since', async () => {
    const scene = new Scene();
    await scene.recorder().report(spark, conflict, TEN_MINUTES);

    scene.nowMs += TEN_MINUTES - 1;

    expect(await scene.recorder().report(spark, conflict, TEN_MINUTES)).toBe('recent');
    expect(scene.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });

  it('has a higher count after that, each time', async () => {
    const scene = new Scene();
    const results: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      results.push(await scene.recorder().report(spark, conflict, TEN_MINUTES));
      results.push(await scene.recorder().report(spark, conflict, TEN_MINUTES));
      scene.nowMs += TEN_MINUTES;
    }

    expect(results).toEqual([
      'created',
      'recent',
      'repeated',
      'recent',
      'repeated',
      'recent',
      'repeated',
      'recent',
    ]);
    expect([...scene.events.values()]).toMatchObject([
      {
        eventTime: '2026-01-01T00:00:00.000000Z',
        series: { count: 4, lastObservedTime: '2026-01-01T00:30:00.000000Z' },
      },
    ]);
  });

  it('is made anew once the API server has forgotten it', async () => {
    const scene = new Scene();
    const recorder = scene.recorder();
    await recorder.report(spark, conflict, TEN_MINUTES);

    scene.events.clear();

    expect(await recorder.report(spark, conflict, TEN_MINUTES)).toBe('created');
  });

  it('made by another process in the same moment is enough', async () => {
    const scene = new Scene();
    scene.onRequest = ({ method }) => {
      if (method === 'POST') throw refusal(409, 'AlreadyExists');
    };

    expect(await scene.recorder().report(spark, conflict, TEN_MINUTES)).toBe('recent');
  });
});

it.each([403, 409, 500])('a refusal with %i is an error', async (status) => {
  const scene = new Scene();
  scene.onRequest = ({ method }) => {
    if (method === 'POST') throw refusal(status, 'Whatever');
  };

  await expect(scene.recorder().report(spark, conflict, TEN_MINUTES)).rejects.toMatchObject({ status });
});
