/**
 * The part of the report about pods on ECI: what they cost, and what part of their start is scheduling.
 *
 * @module
 */
import { yuanText } from './cost.ts';
import { costOf, eciPods, startChecks, ZONE_STARTS, zonesServed } from './eci.ts';
import type { Html } from './markup.ts';
import { html, table } from './markup.ts';
import { representativeRun } from './representative.ts';
import type { BenchResult, Measured } from './result.ts';
import { optional } from './text.ts';

const LECTURE = "Alibaba Cloud's lecture on Spark on ECI (Serverless 容器从入门到精通, no. 04)";

interface Shown {
  readonly id: string;
  readonly run: Measured;
}

/** Empty when the workload has neither prices nor start-up. */
export function eciSection(result: BenchResult): Html {
  const shown = result.variants.flatMap(({ id }): Shown[] => {
    const run = representativeRun(result, id);
    return run === undefined ? [] : [{ id, run }];
  });
  return html`${[startPart(result, shown), costPart(result, shown)]}`;
}

function startPart({ workload }: BenchResult, shown: readonly Shown[]): Html {
  const rows = shown.filter(({ run }) => startChecks(workload, run).length > 0);
  if (rows.length === 0) return html``;
  return html`<h2>What part of the start is scheduling</h2>
    <p>
      The start-up of a container instance is simulated, with delays that follow the figures of ${LECTURE}.
      What counts here is how little scheduling adds.
    </p>
    ${table(
      'Start on ECI by variant',
      [
        { title: 'variant' },
        ...workload.runningWithin.flatMap(({ percent, time }) => [
          { title: `${percent} % running, s (lecture: ${time / 1_000})` },
          { title: `${percent} % scheduled, s` },
        ]),
        { title: 'scheduling, % of created → running: p50' },
        { title: 'max' },
        { title: `zones kept busy (${ZONE_STARTS.pods} pods in ${ZONE_STARTS.seconds} s each)` },
      ],
      rows.map(({ id, run }) => [
        id,
        ...startChecks(workload, run).flatMap(({ seconds, schedulingSeconds }) => [
          seconds.toFixed(2),
          schedulingSeconds.toFixed(3),
        ]),
        optional(run.schedulingPercent?.p50),
        optional(run.schedulingPercent?.max),
        optional(zonesServed(run)),
      ]),
    )}`;
}

function costPart({ workload }: BenchResult, shown: readonly Shown[]): Html {
  const { cost } = workload;
  if (cost === undefined) return html``;
  const { yuanPerSecond, jobSeconds, startSeconds, spotPercent } = cost;
  return html`<h2>What the pods on ECI cost</h2>
    <p>
      ¥${yuanPerSecond.toFixed(8)} per second × (${jobSeconds} − ${startSeconds}) s × pods on
      ECI${spotPercent === undefined ? '' : `, and ${spotPercent} % of that on Spot instances`}: the
      arithmetic of ${LECTURE}, for jobs that run as long as its own.
    </p>
    ${table(
      'Cost on ECI by variant',
      [{ title: 'variant' }, { title: 'pods on ECI' }, { title: 'on demand' }, { title: 'Spot' }],
      shown.map(({ id, run }) => {
        const { yuan = 0, spotYuan } = costOf(workload, run) ?? {};
        return [
          id,
          eciPods(workload.units, run).toLocaleString('en-US'),
          yuanText(yuan),
          spotYuan === undefined ? '–' : yuanText(spotYuan),
        ];
      }),
    )}`;
}
