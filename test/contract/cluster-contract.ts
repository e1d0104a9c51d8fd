/**
 * What `src/cluster/` relies on, as one suite for the fake API server and for a real one: where the two differ, the
 * fake is wrong.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { POLICY_ANNOTATION, UNIT_ANNOTATION } from '../../src/facts/annotations.ts';
import type { Workshop } from './workshop.ts';
import { openWorkshop } from './workshop.ts';

/** A cluster to hold to the contract. */
export interface ContractCluster {
  readonly kubeconfigPath: string;
  /** How many pods make "many" here. */
  readonly manyPods: number;
  /** Ends the API server without warning, and starts it again; what it remembered of the past may be gone. */
  restart(): Promise<void>;
  delete(): Promise<void>;
}

const LONG_AGO = '2020-01-01T00:00:00Z';

/** Waits for what must become true; the limit is for a machine that does much else. */
const DEADLINE = { timeout: 30_000, interval: 20 };

/** Defines the suite. */
export function clusterContract(name: string, start: () => Promise<ContractCluster>): void {
  describe(`the cluster contract, ${name}`, () => {
    let cluster: ContractCluster;
    let workshop: Workshop;

    beforeAll(async () => {
      cluster = await start();
    });
    afterAll(async () => {
      await cluster.delete();
    });
    beforeEach(async () => {
      workshop = await openWorkshop(cluster);
    });
    afterEach(async () => {
      expect(workshop.complaints()).toEqual([]);
      await workshop.close();
    });

    it('syncs many pods, page by page', async () => {
      const names = Array.from({ length: cluster.manyPods }, (_, index) => `many-${index}`);
      const created = await Promise.all(names.map((pod) => workshop.createPod(pod)));
      const { watch, recorder, pages } = await workshop.watchPods();
      expect(created.filter(({ uid }) => watch.get(uid) === undefined)).toEqual([]);
      expect(watch.size).toBe(recorder.present.size);
      expect(pages()).toBe(Math.ceil(watch.size / 1_000));
      await workshop.createPod('late');
      await vi.waitFor(() => expect(recorder.uidsOf('late')).toHaveLength(1), DEADLINE);
      await Promise.all([...names, 'late'].map((pod) => workshop.deletePod(pod)));
      await vi.waitFor(
        () => expect(created.filter(({ uid }) => recorder.present.has(uid))).toEqual([]),
        DEADLINE,
      );
    });

    it('sees a pod come, change and go', async () => {
      const { watch, recorder } = await workshop.watchPods();
      const pod = await workshop.createPod('live', { app: 'one' });
      await vi.waitFor(
        () => expect(watch.getByName('default', 'live')?.labels).toEqual({ app: 'one' }),
        DEADLINE,
      );
      await workshop.patcher.annotatePod(pod, { [UNIT_ANNOTATION]: 'unit-a' });
      await vi.waitFor(() => expect(watch.get(pod.uid)?.recordedUnit).toBe('unit-a'), DEADLINE);
      await workshop.patcher.annotatePod(pod, { [UNIT_ANNOTATION]: null });
      await vi.waitFor(() => expect(watch.get(pod.uid)?.recordedUnit).toBeUndefined(), DEADLINE);
      await workshop.deletePod('live');
      await vi.waitFor(() => expect(watch.get(pod.uid)).toBeUndefined(), DEADLINE);
      expect(watch.getByName('default', 'live')).toBeUndefined();
      expect(recorder.toldOf('live').at(-1)).toEqual({ what: 'remove', name: 'live', uid: pod.uid });
    });

    it('tells a recreated pod as the removal of the old one and a new one', async () => {
      const { recorder } = await workshop.watchPods();
      const old = await workshop.createPod('again');
      await workshop.deletePod('again');
      const young = await workshop.createPod('again');
      expect(young.uid).not.toBe(old.uid);
      await vi.waitFor(() => expect(recorder.uidsOf('again')).toEqual([young.uid]), DEADLINE);
      const told = recorder.toldOf('again');
      const removal = told.findIndex(({ what, uid }) => what === 'remove' && uid === old.uid);
      const arrival = told.findIndex(({ what, uid }) => what === 'upsert' && uid === young.uid);
      expect(removal).toBeGreaterThan(-1);
      expect(arrival).toBeGreaterThan(removal);
      await workshop.deletePod('again');
    });

    it('reads one pod as the watch does, and a missing one as undefined', async () => {
      const { watch } = await workshop.watchPods();
      const pod = await workshop.createPod('read', { app: 'read' });
      await vi.waitFor(() => expect(watch.get(pod.uid)).toBeDefined(), DEADLINE);
      await expect(workshop.reader.readPod('default', 'read')).resolves.toEqual(watch.get(pod.uid));
      await workshop.deletePod('read');
      await expect(workshop.reader.readPod('default', 'read')).resolves.toBeUndefined();
    });

    describe('binding', () => {
      beforeEach(async () => {
        await workshop.createNode('contract-a').catch(() => undefined);
        await workshop.createNode('contract-b').catch(() => undefined);
      });

      it('writes node, labels and annotations at once', async () => {
        const { watch } = await workshop.watchPods();
        const pod = await workshop.createPod('bind', { app: 'bind' });
        const annotations = { [POLICY_ANNOTATION]: 'policy', [UNIT_ANNOTATION]: 'unit-b' };
        const request = { ...pod, nodeName: 'contract-a', labels: { tier: 'paid' }, annotations };
        await expect(workshop.binder.bind(request)).resolves.toEqual({ outcome: 'bound' });
        await vi.waitFor(() => expect(watch.get(pod.uid)?.nodeName).toBe('contract-a'), DEADLINE);
        expect(watch.get(pod.uid)).toMatchObject({
          labels: { app: 'bind', tier: 'paid' },
          recordedPolicy: 'policy',
          recordedUnit: 'unit-b',
          scheduledMs: expect.any(Number),
          unschedulable: undefined,
        });
        await workshop.deletePod('bind');
      });

      it('happens once: again to the same node is known, to another is refused', async () => {
        const pod = await workshop.createPod('twice');
        const first = {
          ...pod,
          nodeName: 'contract-a',
          labels: {},
          annotations: { [UNIT_ANNOTATION]: 'first' },
        };
        await workshop.binder.bind(first);
        const again = await workshop.binder.bind({ ...first, annotations: { [UNIT_ANNOTATION]: 'second' } });
        expect(again).toMatchObject({
          outcome: 'already-bound-here',
          pod: { uid: pod.uid, nodeName: 'contract-a', recordedUnit: 'first' },
        });
        const elsewhere = await workshop.binder.bind({ ...first, nodeName: 'contract-b' });
        expect(elsewhere).toMatchObject({ outcome: 'refused', status: 409 });
        await expect(workshop.reader.readPod('default', 'twice')).resolves.toMatchObject({
          nodeName: 'contract-a',
        });
        await workshop.deletePod('twice');
      });

      it('never binds a pod that has changed since it was decided upon', async () => {
        const pod = await workshop.createPod('changed');
        const decided = await workshop.reader.readPod('default', 'changed');
        await workshop.patcher.annotatePod(pod, { [UNIT_ANNOTATION]: 'a' });
        const resourceVersion = decided?.resourceVersion ?? '';
        const stale = await workshop.binder.bind({ ...pod, resourceVersion, nodeName: 'contract-a' });
        expect(stale).toMatchObject({ outcome: 'stale', pod: { uid: pod.uid, recordedUnit: 'a' } });
        const now = await workshop.reader.readPod('default', 'changed');
        expect(now).toMatchObject({ nodeName: undefined });
        const fresh = { ...pod, resourceVersion: now?.resourceVersion ?? '', nodeName: 'contract-a' };
        await expect(workshop.binder.bind(fresh)).resolves.toEqual({ outcome: 'bound' });
        await workshop.deletePod('changed');
      });

      it('never binds the successor of a pod', async () => {
        const old = await workshop.createPod('successor');
        await workshop.deletePod('successor');
        const gone = await workshop.binder.bind({ ...old, nodeName: 'contract-a' });
        expect(gone).toMatchObject({ outcome: 'refused', status: 404 });
        await workshop.createPod('successor');
        const wrong = await workshop.binder.bind({ ...old, nodeName: 'contract-a' });
        expect(wrong).toMatchObject({ outcome: 'refused', status: 409 });
        await expect(workshop.reader.readPod('default', 'successor')).resolves.toMatchObject({
          nodeName: undefined,
        });
        await workshop.deletePod('successor');
      });
    });

    it('annotates exactly the pod that is meant', async () => {
      const old = await workshop.createPod('meant');
      await expect(workshop.patcher.annotatePod(old, { [UNIT_ANNOTATION]: 'a' })).resolves.toBe('patched');
      await workshop.deletePod('meant');
      await expect(workshop.patcher.annotatePod(old, { [UNIT_ANNOTATION]: 'b' })).resolves.toBe('gone');
      await workshop.createPod('meant');
      await expect(workshop.patcher.annotatePod(old, { [UNIT_ANNOTATION]: 'c' })).resolves.toBe('gone');
      await expect(workshop.reader.readPod('default', 'meant')).resolves.toMatchObject({
        recordedUnit: undefined,
      });
      await workshop.deletePod('meant');
    });

    it('misses nothing that happened while the watch was cut off', async () => {
      const { recorder, restarts } = await workshop.watchPods();
      const deleted = await workshop.createPod('gap-deleted');
      const recreated = await workshop.createPod('gap-recreated');
      await vi.waitFor(() => expect(recorder.present.has(recreated.uid)).toBe(true), DEADLINE);
      workshop.proxy.cut();
      await vi.waitFor(() => expect(restarts.length).toBeGreaterThan(0), DEADLINE);
      await workshop.deletePod('gap-deleted');
      await workshop.deletePod('gap-recreated');
      const successor = await workshop.createPod('gap-recreated');
      const fresh = await workshop.createPod('gap-new');
      expect(recorder.present.has(deleted.uid)).toBe(true);
      workshop.proxy.restore();
      await vi.waitFor(() => expect(recorder.uidsOf('gap-new')).toEqual([fresh.uid]), DEADLINE);
      expect(recorder.uidsOf('gap-deleted')).toEqual([]);
      expect(recorder.uidsOf('gap-recreated')).toEqual([successor.uid]);
      await Promise.all(['gap-recreated', 'gap-new'].map((pod) => workshop.deletePod(pod)));
    });

    it('misses nothing over a restart of the API server, deletes in the gap included', async () => {
      const { recorder, restarts } = await workshop.watchPods();
      const deleted = await workshop.createPod('restart-deleted');
      const recreated = await workshop.createPod('restart-recreated');
      await vi.waitFor(() => expect(recorder.present.has(recreated.uid)).toBe(true), DEADLINE);
      workshop.proxy.cut();
      await cluster.restart();
      await vi.waitFor(() => expect(restarts.length).toBeGreaterThan(0), DEADLINE);
      await workshop.deletePod('restart-deleted');
      await workshop.deletePod('restart-recreated');
      const successor = await workshop.createPod('restart-recreated');
      expect(recorder.present.has(deleted.uid)).toBe(true);
      workshop.proxy.restore();
      await vi.waitFor(() => expect(recorder.uidsOf('restart-recreated')).toEqual([successor.uid]), DEADLINE);
      await vi.waitFor(() => expect(recorder.uidsOf('restart-deleted')).toEqual([]), DEADLINE);
      await workshop.deletePod('restart-recreated');
    });

    it('writes the status of a policy, and takes one that is gone for gone', async () => {
      const { watch } = await workshop.watchPolicies();
      const policy = await workshop.createPolicy('status');
      await vi.waitFor(() => expect(watch.get(policy.uid)?.status).toEqual({}), DEADLINE);
      const condition = {
        type: 'Ready',
        status: 'True',
        reason: 'Placed',
        message: '',
        lastTransitionTime: LONG_AGO,
      };
      const status = { observedGeneration: 1, conditions: [condition] };
      await expect(workshop.patcher.writePolicyStatus(policy, status)).resolves.toBe('patched');
      await vi.waitFor(() => expect(watch.get(policy.uid)?.status).toEqual(status), DEADLINE);
      expect(watch.get(policy.uid)?.spec).toEqual(policy.spec);
      const gone = { namespace: 'default', name: 'no-such-policy' };
      await expect(workshop.patcher.writePolicyStatus(gone, status)).resolves.toBe('gone');
    });
  });
}
