/** Every scenario file, one after the other, on one control plane. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { scenarioFiles } from './runner/files.ts';
import { Scene } from './runner/scene.ts';
import { Stage } from './runner/stage.ts';

describe('scenario', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start();
  });

  afterAll(async () => {
    await stage.end();
  });

  for (const { name, scenario } of scenarioFiles()) {
    test(`${name}: ${scenario.title}`, async () => {
      const scene = new Scene(stage, name, scenario);
      onTestFinished(async () => scene.cleanUp());
      await expect(scene.play()).resolves.toBeUndefined();
    });
  }

  test('in none of them was it refused anything for want of a right', () => {
    expect(stage.extender.log.filter(({ msg }) => /forbidden/i.test(msg))).toEqual([]);
  });

  test('in none of them did a count differ from a recount', async () => {
    expect(await stage.gauge('ledger_mismatches_total')).toBe(0);
  });
});
