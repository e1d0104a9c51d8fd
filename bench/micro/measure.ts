/**
 * Measures one decision.
 *
 * @module
 */
import { podConstraints } from '../../src/facts/pod-constraints.ts';
import { Bench } from 'tinybench';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { Case, MicroFigures } from './cases.ts';
import { makeWorld } from './world.ts';

const US_PER_MS = 1_000;

/**
 * The time that /filter takes to decide, without HTTP and JSON.
 *
 * @param timeMs how long it is measured
 * @throws {Error} when a decision is not the one that the case is about
 */
export async function measureDecision({ size, unit }: Case, timeMs: number): Promise<MicroFigures> {
  const { decider, nodeNames, pods } = makeWorld(size, unit === 'first' ? undefined : 0);
  const json = JSON.stringify(nodeNames);
  let names: readonly string[] = [];
  let pod: PodFacts | undefined;
  let next = 0;
  let problem: string | undefined;
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 2 });
  bench.add(
    'decide',
    () => {
      const decision =
        pod === undefined
          ? undefined
          : decider.decide({ pod, candidates: names, constraints: () => podConstraints({}) });
      if (decision?.outcome !== 'chosen') problem = JSON.stringify(decision);
    },
    {
      beforeEach: () => {
        // Names come out of a request: strings that nobody has hashed yet.
        names = JSON.parse(json);
        pod = pods[next % pods.length];
        next += 1;
      },
    },
  );
  await bench.run();
  if (problem !== undefined) throw new Error(`not what the case is about: ${problem}`);
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed') throw new Error(`the measurement ended as ${String(result?.state)}`);
  return { p50Us: result.latency.p50 * US_PER_MS, p99Us: result.latency.p99 * US_PER_MS };
}
