/**
 * The life of one world.
 *
 * @module
 */
import { checkAtRest } from './at-rest.ts';
import { checkAlways } from './invariants.ts';
import type { Setting } from './setting.ts';
import type { StepName } from './steps.ts';
import { STEPS } from './steps.ts';
import { World } from './world.ts';

/** A step, the index of the pod it is about, and two random numbers below 32. */
export type Call = readonly [StepName, number, number, number];

/**
 * Lives through one world.
 *
 * @throws {Error} that tells what was wrong, and the story.
 */
export async function live(setting: Setting, calls: readonly Call[]): Promise<void> {
  const world = new World(setting);
  for (const [name, podIndex, a, b] of calls) {
    const pod = podIndex % setting.pods.length;
    world.story.note(`${name} (p${pod}, ${a}, ${b})`);
    world.time.advance(1);
    await STEPS[name](world, { uid: world.users.uidOf(pod), pod, a, b });
    await checkAlways(world);
  }
  await checkAtRest(world);
}
