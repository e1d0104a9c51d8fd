import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/cluster/api-error.ts';
import { Patcher } from '../../src/cluster/patcher.ts';
import { PodReader } from '../../src/cluster/pod-reader.ts';
import { aClient, aPod, aServer } from './support.ts';

const POD = { namespace: 'default', name: 'a' };
const POLICY = { namespace: 'default', name: 'p' };

describe('the patcher', () => {
  it('names the pod it means, in a merge patch', async () => {
    const server = await aServer();
    const { uid } = aPod(server, 'a', { kept: 'yes' }).metadata;
    await new Patcher(aClient(server)).annotatePod({ ...POD, uid }, { added: 'yes' });
    expect(server.requests[0]).toMatchObject({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
    });
    expect(JSON.parse(server.requests[0]!.body)).toEqual({
      metadata: { uid, annotations: { added: 'yes' } },
    });
    const after = server.store.get('pods', 'a', 'default');
    expect(after?.metadata.annotations).toEqual({ kept: 'yes', added: 'yes' });
  });

  it.each([403, 409, 422, 500])('takes %i for an error, not for a pod that is gone', async (status) => {
    const server = await aServer();
    const { uid } = aPod(server, 'a').metadata;
    server.faults.add({ kind: 'answer', status });
    const patched = new Patcher(aClient(server)).annotatePod({ ...POD, uid }, {});
    await expect(patched).rejects.toMatchObject({ status, name: 'ApiError' });
  });

  it('takes the 404 of a proxy for an error', async () => {
    const server = await aServer();
    server.faults.add({ kind: 'answer', status: 404, body: 'no backend' });
    await expect(new Patcher(aClient(server)).annotatePod({ ...POD, uid: 'u' }, {})).rejects.toThrow(
      ApiError,
    );
  });

  it('leaves the spec of a policy alone', async () => {
    const server = await aServer();
    const spec = { units: [{ resource: 'ecs' }] };
    server.store.create('resourcepolicies', { metadata: POLICY, spec });
    const patcher = new Patcher(aClient(server));
    await patcher.writePolicyStatus(POLICY, { units: [1, 2], observedGeneration: 1 });
    await patcher.writePolicyStatus(POLICY, { units: [3] });
    const after = server.store.get('resourcepolicies', 'p', 'default');
    expect([after?.spec, after?.status]).toEqual([spec, { units: [3], observedGeneration: 1 }]);
  });
});

describe('the pod reader', () => {
  it('takes only the word of the API server for a pod that does not exist', async () => {
    const server = await aServer();
    const reader = new PodReader(aClient(server));
    await expect(reader.readPod('default', 'a')).resolves.toBeUndefined();
    server.faults.add({ kind: 'answer', status: 404, body: 'no backend' });
    await expect(reader.readPod('default', 'a')).rejects.toMatchObject({ status: 404 });
    server.faults.add({ kind: 'answer', status: 200, body: '{"kind":"Status"}' });
    await expect(reader.readPod('default', 'a')).rejects.toMatchObject({ reason: 'BadAnswer' });
  });
});
