import { describe, expect, it } from 'vitest';

import type { ApiRequest } from '../../src/cluster/api-client.ts';
import { ApiError } from '../../src/cluster/api-error.ts';
import { Lease } from '../../src/cluster/lease.ts';

const PATH = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const NOW = '2026-01-01T00:00:00.123Z';
const NOW_MICRO = '2026-01-01T00:00:00.123000Z';
const EARLIER = '2025-12-31T23:00:00.000000Z';

const standing = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name: 'resource-policy',
    namespace: 'kube-system',
    resourceVersion: '7',
    labels: { kept: 'yes' },
  },
  spec: {
    holderIdentity: 'one',
    leaseDurationSeconds: 15,
    acquireTime: EARLIER,
    renewTime: EARLIER,
    leaseTransitions: 3,
    strategy: 'OldestEmulationVersion',
  },
};

class Scene {
  readonly requests: ApiRequest[] = [];
  readonly lease: Lease;

  constructor(answer: (request: ApiRequest) => unknown) {
    const client = {
      request: async (request: ApiRequest) => {
        this.requests.push(request);
        return answer(request);
      },
    };
    const name = { namespace: 'kube-system', name: 'resource-policy' };
    this.lease = new Lease(client, name, () => new Date(NOW));
  }
}

function refuse(status: number, reason: string): never {
  throw new ApiError({ status, reason, message: reason, definite: true });
}

describe('reading the lease', () => {
  it('tells who holds it, for how long, in which version', async () => {
    const { lease, requests } = new Scene(() => standing);

    expect(await lease.read()).toMatchObject({ holder: 'one', durationMs: 15_000, version: '7' });
    expect(requests).toMatchObject([{ method: 'GET', path: `${PATH}/resource-policy`, deadlineMs: 5_000 }]);
  });

  it('takes one that says nothing for one that nobody holds', async () => {
    const { lease } = new Scene(() => ({ ...standing, spec: {} }));

    expect(await lease.read()).toMatchObject({ holder: '', durationMs: 0 });
  });

  it('tells that there is none', async () => {
    expect(await new Scene(() => refuse(404, 'NotFound')).lease.read()).toBeUndefined();
  });

  it('takes the 404 of a proxy, and every other refusal, for an error', async () => {
    await expect(new Scene(() => refuse(404, '')).lease.read()).rejects.toMatchObject({ status: 404 });
    await expect(new Scene(() => refuse(403, 'Forbidden')).lease.read()).rejects.toMatchObject({
      status: 403,
    });
  });
});

describe('writing the lease', () => {
  const spec = {
    holderIdentity: 'two',
    leaseDurationSeconds: 15,
    acquireTime: NOW_MICRO,
    renewTime: NOW_MICRO,
    leaseTransitions: 0,
  };

  it('creates one', async () => {
    const { lease, requests } = new Scene(() => ({ ...standing, spec }));

    expect(await lease.write(undefined, 'two', 15_000)).toMatchObject({ holder: 'two', version: '7' });
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: PATH,
        deadlineMs: 5_000,
        body: {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { namespace: 'kube-system', name: 'resource-policy' },
          spec,
        },
      },
    ]);
  });

  it('takes over the version that was read, and leaves alone what is not ours', async () => {
    const scene = new Scene(() => standing);

    await scene.lease.write(await scene.lease.read(), 'two', 15_000);

    expect(scene.requests[1]).toMatchObject({ method: 'PUT', path: `${PATH}/resource-policy` });
    expect(scene.requests[1]?.body).toEqual({
      ...standing,
      spec: { ...standing.spec, ...spec, leaseTransitions: 4 },
    });
  });

  it('renews without a change of hands', async () => {
    const scene = new Scene(() => standing);

    await scene.lease.write(await scene.lease.read(), 'one', 15_000);

    expect(scene.requests[1]?.body).toEqual({
      ...standing,
      spec: { ...standing.spec, renewTime: NOW_MICRO },
    });
  });

  it('gives it up, which is no change of hands yet', async () => {
    const scene = new Scene(() => standing);

    await scene.lease.write(await scene.lease.read(), '', 1_000);

    expect(scene.requests[1]?.body).toMatchObject({
      spec: { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 3 },
    });
  });

  it.each([
    [409, 'Conflict'],
    [409, 'AlreadyExists'],
    [404, 'NotFound'],
  ])('tells of %i %s that somebody else was faster', async (status, reason) => {
    const { lease } = new Scene(() => refuse(status, reason));

    await expect(lease.write(undefined, 'two', 15_000)).resolves.toBeUndefined();
  });

  it.each([
    [403, 'Forbidden'],
    [500, 'InternalError'],
    [0, 'DeadlineExceeded'],
  ])('takes %i %s for an error', async (status, reason) => {
    const { lease } = new Scene(() => refuse(status, reason));

    await expect(lease.write(undefined, 'two', 15_000)).rejects.toMatchObject({ status, reason });
  });
});
