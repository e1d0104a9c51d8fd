import { beforeAll, describe, expect, it } from 'vitest';
import { policiesAnswer, policyAnswer } from '../../src/page/policies.ts';
import { podsAnswer, podsOfGroup } from '../../src/page/pods.ts';
import type { Task } from '../../src/page/slices.ts';
import { tallyAll } from '../../src/page/tally.ts';
import { GROUPS, largeScene, POLICIES, SINGLE_PODS } from './large-scene.ts';
import type { Scene } from './page-server.ts';

const NO_FILTER = { filter: '', offset: 0 };

let scene: Scene;

beforeAll(() => {
  scene = largeScene();
});

/** How often a task can be stopped, and what comes of it. */
function driven<Result>(task: Task<Result>): { stops: number; result: Result } {
  for (let stops = 0; ; stops += 1) {
    const step = task.next();
    if (step.done === true) return { stops, result: step.value };
  }
}

describe('with 50,000 pods every task can be stopped after at most some hundred pods or groups', () => {
  it('counting all policies, and listing policies and groups', () => {
    const { ledger, policies } = scene.parts();
    const tally = driven(tallyAll(ledger, [...policies.items()]));
    const many = tally.result.get('default/many')!;
    const list = driven(policiesAnswer(tally.result, NO_FILTER, (policy) => policy));
    const groups = driven(policyAnswer(many, NO_FILTER, many.policy));

    expect(tally.stops).toBeGreaterThanOrEqual(GROUPS + POLICIES);
    expect(list.stops).toBeGreaterThanOrEqual(POLICIES / 128);
    expect(groups.stops).toBeGreaterThanOrEqual(GROUPS / 128);
    expect(many).toMatchObject({
      waiting: GROUPS * 3 + 1,
      units: [
        { bound: GROUPS * 8, fullGroups: GROUPS },
        { bound: GROUPS * 10, fullGroups: GROUPS },
      ],
    });
    expect(groups.result.groups.rows[0]).toMatchObject({ key: 'job-0', waiting: 4 });
  });

  it('finding the pods of a group, and listing them', () => {
    const { ledger, policies, pods } = scene.parts();
    const policy = policies.getByName('one', 'single')!;

    const found = driven(podsOfGroup(pods.items(), policy, ''));
    const list = driven(podsAnswer(ledger, { pods: found.result, policy, part: NO_FILTER }));

    expect(found.result).toHaveLength(SINGLE_PODS);
    expect(found.stops).toBeGreaterThanOrEqual(50_000 / 128 - 1);
    expect(list.stops).toBeGreaterThanOrEqual(SINGLE_PODS / 128);
    expect(list.result.rows.map(({ name }) => name).slice(0, 3)).toEqual([
      'single-0',
      'single-1',
      'single-2',
    ]);
  });
});
