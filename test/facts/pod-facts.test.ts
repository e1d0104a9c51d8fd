import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WAITING_ANNOTATION } from '../../src/facts/annotations.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import { MissingField } from '../../src/facts/required.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aPod } from '../support/builders.ts';

const CAPTURED = join(import.meta.dirname, '../extender/fixtures/filter-names.json');

describe('facts of a pod', () => {
  it('of kube-scheduler’s own writing', () => {
    const { Pod } = JSON.parse(readFileSync(CAPTURED, 'utf8'));

    expect(podFacts(Pod)).toEqual({
      uid: Pod.metadata.uid,
      namespace: 'default',
      name: 'spark-pi-driver',
      labels: Pod.metadata.labels,
      annotations: {},
      requests: { cpu: 1_000, memory: 896 * 1_024 ** 2, pods: 1 },
      resourceVersion: Pod.metadata.resourceVersion,
      createdMs: new Date(Pod.metadata.creationTimestamp).getTime(),
      nodeName: undefined,
      finished: false,
      terminating: false,
      scheduledMs: undefined,
      unschedulable: undefined,
      nominatedNode: undefined,
      isGated: false,
      isInWaitingRoom: false,
      pinnedUnit: undefined,
      priority: 0,
      canPreempt: true,
      deletionCost: undefined,
      ownDeletionCost: undefined,
      waitingSince: undefined,
      recordedPolicy: undefined,
      recordedUnit: undefined,
    });
  });

  it('are complete although the object says next to nothing', () => {
    expect(podFacts({ metadata: { uid: 'u', namespace: 'n', name: 'p' } })).toEqual({
      uid: 'u',
      namespace: 'n',
      name: 'p',
      labels: {},
      annotations: {},
      requests: { pods: 1 },
      resourceVersion: '',
      createdMs: 0,
      nodeName: undefined,
      finished: false,
      terminating: false,
      scheduledMs: undefined,
      unschedulable: undefined,
      nominatedNode: undefined,
      isGated: false,
      isInWaitingRoom: false,
      pinnedUnit: undefined,
      priority: 0,
      canPreempt: true,
      deletionCost: undefined,
      ownDeletionCost: undefined,
      waitingSince: undefined,
      recordedPolicy: undefined,
      recordedUnit: undefined,
    } satisfies PodFacts);
  });

  const pod = aPod('e1');
  const cases: Record<string, { pod: PodBuilder; want: Partial<PodFacts> }> = {
    bound: { pod: pod.on('ecs-0').scheduledAt(7_000), want: { nodeName: 'ecs-0', scheduledMs: 7_000 } },
    created: { pod: pod.createdAt(5_000), want: { createdMs: 5_000 } },
    'of a priority': { pod: pod.priority(-5), want: { priority: -5 } },
    'running counts': { pod: pod.on('ecs-0'), want: { finished: false } },
    'succeeded is finished': { pod: pod.on('ecs-0').finished('Succeeded'), want: { finished: true } },
    'failed is finished': { pod: pod.on('ecs-0').finished('Failed'), want: { finished: true } },
    'terminating is not finished': { pod: pod.terminating(), want: { terminating: true, finished: false } },
    'reported unschedulable': {
      pod: pod.unschedulable('no'),
      want: { unschedulable: 'no', scheduledMs: undefined },
    },
    'bound is not unschedulable': {
      pod: pod.unschedulable('no').on('ecs-0'),
      want: { unschedulable: undefined },
    },
    nominated: { pod: pod.nominated('ecs-0'), want: { nominatedNode: 'ecs-0' } },
    'in the waiting room': {
      pod: pod.gated(),
      want: { isGated: true, isInWaitingRoom: true, unschedulable: undefined },
    },
    'gated by others': { pod: pod.gated('other/gate'), want: { isGated: true, isInWaitingRoom: false } },
    'out of the waiting room': {
      pod: pod.gated().ungated(),
      want: { isGated: false, isInWaitingRoom: false, unschedulable: undefined },
    },
    pinned: { pod: pod.pinnedTo('eci'), want: { pinnedUnit: 'eci', annotations: {} } },
    'with a deletion cost, even 0': {
      pod: pod.deletionCost(0),
      want: { deletionCost: '0', ownDeletionCost: undefined },
    },
    'with a deletion cost of ours': {
      pod: pod.ownCost(-100),
      want: { deletionCost: '-100', ownDeletionCost: '-100' },
    },
    'with one of the user’s in its place': {
      pod: pod.ownCost(-100).deletionCost(7),
      want: { deletionCost: '7', ownDeletionCost: '-100' },
    },
    'that may evict nobody': { pod: pod.neverPreempting(), want: { canPreempt: false } },
    'with what it requests': {
      pod: pod.requesting({ cpu: '500m', memory: '1Gi' }),
      want: { requests: { cpu: 500, memory: 1_024 ** 3, pods: 1 } },
    },
    'that waits since a time in each of two units': {
      pod: pod.waitingSince({ ecs: 1_234, 'ecs(pool=b)': 60_000 }),
      want: { waitingSince: { ecs: 1_234, 'ecs(pool=b)': 60_000 } },
    },
    'that waits, as far as its annotation can be read': {
      pod: pod.annotated({ [WAITING_ANNOTATION]: '{"ecs":"1970-01-01T00:00:05Z","eci":"soon","acs":7}' }),
      want: { waitingSince: { ecs: 5_000 } },
    },
    'that waits nowhere, when its annotation says nothing': {
      pod: pod.annotated({ [WAITING_ANNOTATION]: '{"eci":"soon"}' }),
      want: { waitingSince: undefined },
    },
    'placed by us': {
      pod: pod.placedBy('spark', 'eci'),
      want: { recordedPolicy: 'spark', recordedUnit: 'eci' },
    },
  };

  it.for(Object.entries(cases))('%s', ([, { pod: built, want }]) => {
    expect(built.facts()).toMatchObject(want);
  });

  it('its annotations are those that a policy may count by', () => {
    const annotated = pod
      .ownCost(-100)
      .placedBy('spark', 'eci')
      .annotated({
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        'resource-policy.scheduling/woken-at': 'now',
        note: 'x'.repeat(1_024),
        blob: 'x'.repeat(1_025),
        empty: '',
      });

    expect(annotated.facts().annotations).toEqual({ note: 'x'.repeat(1_024), empty: '' });
  });

  it('an unschedulable condition without a message is one all the same', () => {
    const status = { conditions: [{ type: 'PodScheduled', status: 'False' }] };

    expect(podFacts({ ...pod.object(), status }).unschedulable).toBe('');
  });

  it('other conditions say nothing of scheduling', () => {
    const since = '1970-01-01T00:00:09Z';
    const status = {
      conditions: [
        { type: 'Ready', status: 'False', message: 'starting' },
        { type: 'Initialized', status: 'True', lastTransitionTime: since },
      ],
    };

    expect(podFacts({ ...pod.object(), status })).toMatchObject({
      unschedulable: undefined,
      scheduledMs: undefined,
    });
  });

  it('empty words, as Go clients write them, say nothing', () => {
    const object = { ...pod.object(), spec: { nodeName: '' }, status: { nominatedNodeName: '' } };

    expect(podFacts(object)).toMatchObject({ nodeName: undefined, nominatedNode: undefined });
  });

  it('null maps, lists and times, as Go clients write them, are empty', () => {
    const { uid, name, namespace } = { uid: 'u', name: 'p', namespace: 'n' };
    const object = {
      metadata: {
        uid,
        name,
        namespace,
        labels: null,
        annotations: null,
        creationTimestamp: null,
        deletionTimestamp: null,
      },
      status: { conditions: null },
    };

    expect(podFacts(object)).toMatchObject({
      labels: {},
      createdMs: 0,
      terminating: false,
      unschedulable: undefined,
    });
  });

  it.for(['uid', 'namespace', 'name'])('no pod without metadata.%s', (field) => {
    const metadata = { uid: 'u', namespace: 'n', name: 'p' };

    for (const value of [undefined, '']) {
      expect(() => podFacts({ metadata: { ...metadata, [field]: value } })).toThrow(
        new MissingField(`metadata.${field}`),
      );
    }
  });

  it('no pod without metadata', () => {
    expect(() => podFacts({})).toThrow('metadata.uid is missing or empty');
  });
});
