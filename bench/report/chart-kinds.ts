/**
 * The two kinds of charts in the report, as data for Chart.js.
 *
 * @module
 */

export interface Chart {
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly note: string;
  /** Pixels. */
  readonly height: number;
  /** Chart.js' configuration; page.js adds what JSON cannot say. */
  readonly config: object;
}

const BAR_HEIGHT = 34;
const LINE_HEIGHT = 380;

export interface BarsForm {
  readonly title: string;
  readonly note: string;
  readonly labels: readonly string[];
  readonly axis: string;
  readonly datasets: readonly object[];
  readonly legend: boolean;
}

/** Bars to the right, one for each label; datasets with the same `stack` are stacked. */
export function bars({ title, note, labels, axis, datasets, legend }: BarsForm): Chart {
  const isStacked = datasets.some((dataset) => 'stack' in dataset);
  return {
    title,
    note,
    height: 90 + labels.length * BAR_HEIGHT,
    config: {
      type: 'bar',
      data: { labels, datasets },
      options: {
        indexAxis: 'y',
        scales: {
          x: { stacked: isStacked, title: { display: true, text: axis }, beginAtZero: true },
          y: { stacked: isStacked, grid: { display: false } },
        },
        plugins: { legend: { display: legend, position: 'bottom' } },
      },
    },
  };
}

export interface LinesForm {
  readonly title: string;
  readonly note: string;
  readonly datasets: readonly object[];
  readonly x: { readonly title: string; readonly type: 'linear' | 'logarithmic' };
  readonly y: string;
}

/** Lines of points with x and y. */
export function lines({ title, note, datasets, x, y }: LinesForm): Chart {
  return {
    title,
    note,
    height: LINE_HEIGHT,
    config: {
      type: 'line',
      data: { datasets },
      options: {
        interaction: { mode: 'nearest', intersect: false },
        scales: {
          x: { type: x.type, title: { display: true, text: x.title } },
          y: { beginAtZero: true, title: { display: true, text: y } },
        },
        plugins: { legend: { position: 'bottom' } },
      },
    },
  };
}
