/**
 * The report: one HTML file with everything in it. It loads nothing from elsewhere.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Chart } from './chart-kinds.ts';
import { chartsOf } from './charts.ts';
import { eciSection } from './eci-section.ts';
import { Html, html, jsonScript } from './markup.ts';
import type { BenchResult } from './result.ts';
import { disturbanceText } from './summary.ts';
import { allFigures, allRuns, overview, schedulerTable } from './tables.ts';
import { workloadFacts } from './workload-facts.ts';

const PAGE = join(import.meta.dirname, 'page');
// Beside the entry point that the package names; the build for pages is not among its exports.
const CHART_JS = join(dirname(createRequire(import.meta.url).resolve('chart.js')), 'chart.umd.min.js');

export function htmlReport(result: BenchResult): string {
  const { workload, machine, versions, startedAt, command, settings, policy } = result;
  const charts = chartsOf(result);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${workload.title} – benchmark</title>
        <style>
          ${raw(readFileSync(join(PAGE, 'page.css'), 'utf8'))}
        </style>
      </head>
      <body>
        <main>
          <h1>${workload.title}</h1>
          <p>${workload.why}</p>
          <div class="facts">${workloadFacts(workload).map((fact) => html`<span>${fact}</span>`)}</div>

          <h2>Result</h2>
          ${overview(result)} ${disturbance(result)}
          <p class="soft">
            Medians of the rounds that count, below them the least and the most; for the placement, the worst
            round. “Created” is when a watch showed the pod, “scheduled” when it showed its node. In drains,
            pods wait before kube-scheduler starts, so only the pace counts.
          </p>
          ${eciSection(result)}

          <h2>Charts</h2>
          <p class="soft">
            Lines show the run of median throughput of each variant: dashed lines are percentageOfNodesToScore
            100. A click on a name hides its line.
          </p>
          <div class="charts">${charts.map(figure)}</div>

          <h2>Variants</h2>
          <dl>
            ${result.variants.map(
              ({ id, text, extenderCommand }) =>
                html`<dt>${id}</dt>
                  <dd>
                    ${text}${extenderCommand === undefined ? '' : html`<br /><code>${extenderCommand}</code>`}
                  </dd>`,
            )}
          </dl>

          <h2>All figures</h2>
          ${allFigures(result)}

          <h2>Where kube-scheduler spends its time</h2>
          <p class="soft">
            Means per pod, by its own metrics and the extender's; of the run of median throughput of each
            variant. The choice of a node contains the extender's /filter.
          </p>
          ${schedulerTable(result)}

          <h2>All runs</h2>
          ${allRuns(result)}

          <h2>How placements are judged</h2>
          <p>
            An independent watch sees every binding in the order in which the API server made it.
            <b>Over max</b>: after a binding, a unit held more pods of a job than its max.
            <b>Out of order</b>: a pod went to a unit while an earlier one was below max and had a node with
            room for it, even if every pod that was bound shortly afterwards (as long as a binding can take in
            this run) is taken to have been there before. <b>Undecided</b>: the same, but such a pod may have
            been the reason. Variants that do not promise to keep the policy are judged, too, but count
            whatever they do.
          </p>
          <pre>${stringify(policy)}</pre>

          <h2>Set-up</h2>
          <ul>
            ${settings.map((setting) => html`<li>${setting}</li>`)}
          </ul>
          <div class="facts">
            <span>${startedAt.slice(0, 16).replace('T', ' ')} UTC</span>
            <span>${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.cpu}</span>
            <span>${machine.system}</span>
            ${Object.entries(versions).map(([program, version]) => html`<span>${program} ${version}</span>`)}
          </div>
          <pre>${command}</pre>
        </main>
        ${jsonScript(
          'charts',
          charts.map(({ config }) => config),
        )}
        <script>
          ${script(CHART_JS)};
        </script>
        <script>
          ${script(join(PAGE, 'page.js'))};
        </script>
      </body>
    </html>`;
  return `${page.text}\n`;
}

function figure({ title, note, height }: Chart, index: number): Html {
  return html`<figure>
    <figcaption>
      <h3>${title}</h3>
      <p>${note}</p>
    </figcaption>
    <div class="canvas" style="height: ${height}px">
      <canvas data-chart="${index}" role="img" aria-label="${title}"></canvas>
    </div>
  </figure>`;
}

function disturbance(result: BenchResult): Html {
  const text = disturbanceText(result);
  return text === undefined ? html`` : html`<p class="bad">${text}</p>`;
}

function raw(text: string): Html {
  return new Html(text);
}

/** A reference to a source map would be a request for a file that is not there. */
function script(file: string): Html {
  return raw(readFileSync(file, 'utf8').replaceAll(/^\/\/# sourceMappingURL=.*$/gm, ''));
}
