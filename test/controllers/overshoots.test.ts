import { beforeEach, describe, expect, it } from 'vitest';
import { overshoots } from '../../src/controllers/overshoots.ts';
import type { PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const POLICY = aPolicy('spark').perGroup().unit({ resource: 'ecs', max: 1 });

const waiting = (name: string): PodBuilder => aPod(name).ofGroup('a');
const placed = (name: string): PodBuilder => waiting(name).version('2').placedBy('spark', 'ecs').on('ecs-0');

let harness: Harness;

beforeEach(() => {
  harness = new Harness({ nodes: [aNode('ecs-0')], policies: [POLICY] });
});

/** Whether the watch's event shows an overshoot. */
function shows(pod: PodBuilder): boolean {
  return overshoots(harness.ledger, pod.facts(), () => harness.sees(pod));
}

describe('an overshoot', () => {
  it('is a pod that this program bound though its group was full', () => {
    harness.sees(placed('first'));
    harness.sees(waiting('late'));
    expect(shows(placed('late'))).toBe(true);
    expect(harness.taken(POLICY, 'a', 0)).toBe(2);
  });

  it('is told once', () => {
    harness.sees(placed('first'));
    harness.sees(waiting('late'));
    shows(placed('late'));
    expect(shows(placed('late').version('3'))).toBe(false);
  });

  it('counts for resources, too', () => {
    const policy = POLICY.spec({ units: [{ resource: 'ecs', maxResources: { cpu: '1' } }] });
    harness.sees(policy.generation(2));
    harness.sees(placed('first').requesting({ cpu: '1' }).on('ecs-0'));
    harness.sees(waiting('late').requesting({ cpu: '1' }));
    expect(shows(placed('late').requesting({ cpu: '1' }).on('ecs-0'))).toBe(true);
  });
});

describe('no overshoot', () => {
  it('the last place is taken', () => {
    harness.sees(waiting('first'));
    expect(shows(placed('first'))).toBe(false);
  });

  it('a place was held, and the limit was lowered while the pod was on its way', async () => {
    const roomy = POLICY.spec({ units: [{ resource: 'ecs', max: 2 }] }).generation(2);
    harness.sees(roomy);
    await harness.schedule(waiting('first'));
    harness.sees(waiting('second'));
    harness.filter(waiting('second'));
    await harness.bind(waiting('second'), 'ecs-0');
    harness.sees(POLICY.generation(3));
    expect(shows(placed('second'))).toBe(false);
    expect(harness.taken(POLICY, 'a', 0)).toBe(2);
  });

  it('somebody else bound the pod', () => {
    harness.sees(placed('first'));
    harness.sees(waiting('foreign'));
    expect(shows(waiting('foreign').version('2').on('ecs-0'))).toBe(false);
  });

  it('the pod was bound before it was ever seen', () => {
    harness.sees(placed('first'));
    expect(shows(placed('found'))).toBe(false);
  });

  it('the policy that placed the pod is gone', () => {
    harness.sees(placed('first'));
    harness.sees(waiting('late'));
    harness.seesGone(POLICY);
    expect(shows(placed('late'))).toBe(false);
  });
});
