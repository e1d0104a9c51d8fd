/** docs/troubleshooting.md explains what users read, to the letter: the texts of events and /readyz, and conditions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ClusterView } from '../../src/cluster/view.ts';
import { judged } from '../../src/controllers/status-conditions.ts';
import type { Verdict, WaitCause } from '../../src/placement/choose.ts';
import {
  causeText,
  conflictText,
  invalidPolicyText,
  missingLabelText,
  notInUnitText,
  verdictText,
} from '../../src/placement/explain.ts';
import { aPolicy } from '../support/builders.ts';
import { figuresOf } from '../support/figures.ts';
import { ROOT } from './markdown.ts';

const TEXT = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8');

const policy = aPolicy('a').unit({ resource: 'ecs', max: 2, maxResources: { cpu: '4' } });
const [unit] = policy.parsed().units;
// Records, so that a new one cannot be forgotten.
const PASSED_OVER: Record<Verdict['passedOver'], true> = {
  'at-max': true,
  'at-max-resources': true,
  'lacks-resources': true,
  'timed-out': true,
};
const CAUSES: Record<WaitCause, true> = {
  resources: true,
  'resources-for-a-time': true,
  'terminating-pods': true,
  'not-offered': true,
  preemption: true,
};

describe('docs/troubleshooting.md', () => {
  it.for([
    ...keysOf(PASSED_OVER).map((passedOver) => verdictText(policy.parsed(), { unit: unit!, passedOver })),
    ...keysOf(CAUSES).map((cause) => causeText(policy.parsed(), cause)),
    conflictText([policy.parsed(), aPolicy('b').parsed()]),
    missingLabelText(policy.parsed(), 'job-id').replace('ResourcePolicy a: ', ''),
    invalidPolicyText(policy.parsed()).trimEnd(),
    notInUnitText(policy.parsed(), 'n').replace('ResourcePolicy a: ', ''),
  ])('explains “%s”', (text) => {
    expect(TEXT).toContain(text);
  });

  it.for(readinessTexts())('explains “%s”', (text) => {
    expect(TEXT).toContain(text);
  });

  it.for(judged(figuresOf(policy), [], undefined).conditions.map(({ type, status }) => ({ type, status })))(
    'has the condition $type, which is good when $status',
    ({ type, status }) => {
      const bad = status === 'True' ? 'False' : 'True';
      expect(TEXT).toMatch(new RegExp(`^\\| \`${type}\` +\\| ${bad} +\\|`, 'm'));
    },
  );
});

/** What /readyz says without a complete view. */
function readinessTexts(): readonly string[] {
  const watch = { name: 'pods', synced: true, isStarting: false, lastHeardMs: -1 };
  const view = (synced: boolean, settleMs: number): ClusterView =>
    new ClusterView({ watches: [{ ...watch, synced }], maxSilenceMs: 0, settleMs, nowMs: () => 0 });
  const stopping = view(true, 0);
  stopping.stopping();
  return [view(false, 0), view(true, 1), view(true, 0), stopping].map((each) =>
    (each.unready() ?? 'ready').replace('the list of pods', 'the list of'),
  );
}

function keysOf<K extends string>(record: Record<K, true>): readonly K[] {
  return Object.keys(record) as K[];
}
