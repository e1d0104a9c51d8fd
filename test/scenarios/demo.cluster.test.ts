/** The README's demo, run as a user runs it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

test('the demo places the seed job as the policy wants it, says why, and exits with 0', async () => {
  const demo = spawn(process.execPath, [join(ROOT, 'examples/demo/main.ts')], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => {
    demo.once('exit', resolve);
  });
  const output = await text(demo.stdout);
  expect(await exited).toBe(0);
  expect(output.match(/^✓ .*$/gm)).toEqual([
    '✓ 2 on amd64 ECS, 3 on ECI, 1 pending',
    '✓ 2 on amd64 ECS, 3 on ECI, 0 pending',
    '✓ 2 on amd64 ECS, 3 on ECI, 1 pending',
  ]);
  expect(output).toMatch(/^sparkapplication-resource-policy +0\/2, 0\/3 +0 +True +False /m);
  expect(output).toMatch(/^sparkapplication-resource-policy +2\/2, 3\/3 +1 +True +False /m);
  expect(output).toMatch(
    /^spark-pi-driver +1\/1 +Running +cn-beijing\.192\.168\.0\.1\d +ecs\(kubernetes\.io\/arch=amd64\)/m,
  );
  expect(output).toMatch(
    /exec-5 +0\/1 +Pending +<none> +- +.*unit 1 ecs.* is at max 2, unit 2 eci is at max 3/,
  );
});
