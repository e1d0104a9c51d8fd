import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { withoutForcedDeletes, withPodStarts, type PodStart } from './kwok-stages.ts';

const config = `kind: KwokctlConfiguration
components: []
---
kind: Stage
metadata: { name: pod-ready }
spec:
  selector:
    matchExpressions:
      - { key: .status.phase, operator: In, values: [Pending] }
  next:
    statusTemplate: |
      phase: Running
---
kind: Stage
metadata: { name: pod-delete }
spec:
  selector:
    matchExpressions:
      - { key: .metadata.deletionTimestamp, operator: Exists }
  next: { delete: true }
`;
const slow: PodStart = { nodes: { only: ['v'] }, weight: 90, fromMs: 1_000, toMs: 2_000 };
const fast: PodStart = { nodes: { except: ['v'] }, weight: 100, fromMs: 0, toMs: 0 };

function names(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => document.getIn(['metadata', 'name']));
}

test('each start is a stage of its own, and everything else stays', () => {
  const changed = withPodStarts(config, [slow, fast]);
  expect(names(changed)).toEqual([undefined, 'pod-delete', 'pod-ready-0', 'pod-ready-1']);
  expect(parseAllDocuments(changed)[2]?.toJS()).toMatchObject({
    spec: {
      weight: 90,
      delay: { durationMilliseconds: 1_000, jitterDurationMilliseconds: 2_000 },
      selector: {
        matchExpressions: [
          { key: '.status.phase', operator: 'In', values: ['Pending'] },
          { key: '.spec.nodeName', operator: 'In', values: ['v'] },
        ],
      },
      next: { statusTemplate: 'phase: Running\n' },
    },
  });
});

test('other starts take the place of the last ones', () => {
  const twice = withPodStarts(withPodStarts(config, [slow, fast]), [fast]);
  expect(twice).toBe(withPodStarts(config, [fast]));
});

test('a configuration in which nothing starts pods is refused', () => {
  expect(() => withPodStarts('kind: KwokctlConfiguration\n', [fast])).toThrow('has no stage pod-ready');
});

test('what is deleted by force is left to the API server, however often that is said', () => {
  const changed = withoutForcedDeletes(withoutForcedDeletes(config));
  expect(parseAllDocuments(changed).at(-1)?.toJS()).toEqual({
    kind: 'Stage',
    metadata: { name: 'pod-delete' },
    spec: {
      selector: {
        matchExpressions: [
          { key: '.metadata.deletionTimestamp', operator: 'Exists' },
          { key: '.metadata.deletionGracePeriodSeconds | tostring', operator: 'NotIn', values: ['0'] },
        ],
      },
      next: { delete: true },
    },
  });
  expect(() => withoutForcedDeletes('kind: KwokctlConfiguration\n')).toThrow('has no stage pod-delete');
});
