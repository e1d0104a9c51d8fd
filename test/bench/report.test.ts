import { describe, expect, test } from 'vitest';
import { chartsOf } from '../../bench/report/charts.ts';
import { htmlReport } from '../../bench/report/html.ts';
import { distributionOf } from '../../bench/report/statistics.ts';
import { summaryTable } from '../../bench/report/summary.ts';
import { figure, spreadText, textTable } from '../../bench/report/text.ts';
import { aResult, aRun, aWorkload, measured, runsAt } from './builders.ts';

const OURS = 'ours-filter-bind@100';
const wrongPlacement = { ...measured().placement, overMax: 3, outOfOrder: 12 };

describe('the table', () => {
  test('medians of the runs that count, with their range, in relation to the first variant', () => {
    const table = summaryTable(
      aResult([...runsAt('alone@default', 90, 110, 100), ...runsAt(OURS, 50, 50, 50)]),
    );
    expect(table).toMatch(/^alone@default +3 +kept +100 \(90–110\) .*1\.00$/m);
    expect(table).toMatch(/^ours-filter-bind@100 +3 +kept +50 .*0\.50$/m);
    expect(table).not.toContain('Not counted');
  });

  test('a wrong run is told of and not averaged', () => {
    const wrong = aRun(
      { variant: OURS, round: 2, faults: ['3 pods over max'] },
      { podsPerSecond: 900, placement: wrongPlacement },
    );
    const table = summaryTable(aResult([...runsAt(OURS, 50), wrong]));
    expect(table).toMatch(/^ours-filter-bind@100 +1 of 2 +12 out of order, 3 over max +50 /m);
    expect(table).toContain(`  ${OURS}, round 2: 3 pods over max`);
  });

  test('what could not be decided is said', () => {
    const placement = { ...measured().placement, undecided: 7 };
    const table = summaryTable(aResult([aRun({ variant: OURS }, { placement })]));
    expect(table).toMatch(/^ours-filter-bind@100 +1 +kept, 7 undecided /m);
  });

  test('other programs that used the machine are told of', () => {
    const observer = { ...measured().observer, othersPercent: 40 };
    const result = aResult([...runsAt(OURS, 50), aRun({ variant: OURS, round: 2 }, { observer })]);
    expect(summaryTable(result)).toContain('Other programs used up to 40 % of the processors');
    expect(htmlReport(result)).toContain('Other programs used up to 40 % of the processors');
    expect(summaryTable(aResult(runsAt(OURS, 50)))).not.toContain('Other programs');
  });

  test('a variant that failed altogether has a line, too', () => {
    const failed = aRun({ variant: OURS, faults: ['it ended'], measured: undefined });
    expect(summaryTable(aResult([...runsAt('alone@default', 50), failed]))).toMatch(
      /^ours-filter-bind@100 +0 of 1 +–/m,
    );
  });
});

describe('the page', () => {
  test('it is one file that loads nothing', () => {
    const page = htmlReport(aResult(runsAt(OURS, 50)));
    expect(page).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)=/);
    expect(page).not.toMatch(/@import|sourceMappingURL|url\(/);
    expect(page.match(/<canvas/g)?.length).toBe(chartsOf(aResult(runsAt(OURS, 50))).length);
  });

  test('whatever stands in the workload stays text', () => {
    const workload = aWorkload({ title: '<script>alert(1)</script>', why: 'a </script> & more' });
    const page = htmlReport(aResult(runsAt(OURS, 50), { workload }));
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('a </script>');
  });

  test('every run is there, and why one does not count', () => {
    const wrong = aRun({ variant: OURS, faults: ['12 pods out of order'] }, { placement: wrongPlacement });
    const page = htmlReport(aResult([...runsAt('alone@default', 50, 60), wrong]));
    expect(page).toContain('no: 12 pods out of order');
    expect(page.match(/class="good">yes/g)).toHaveLength(2);
  });

  test('what pods on ECI cost', () => {
    const cost = { yuanPerSecond: 0.00004288, jobSeconds: 87, startSeconds: 15, spotPercent: 10 };
    const run = aRun({}, { placement: { ...measured().placement, perUnit: [0, 100] } });
    const page = htmlReport(aResult([run], { workload: aWorkload({ cost }) }));
    expect(page).toContain('¥0.308736');
    expect(page).toContain('¥0.0308736');
  });

  test('nothing measured is a page without charts', () => {
    const page = htmlReport(aResult([aRun({ faults: ['it ended'], measured: undefined })]));
    expect(page).toContain('no: it ended');
    expect(page).not.toContain('<canvas');
  });
});

function titles(run: Parameters<typeof aRun>[1]): readonly string[] {
  return chartsOf(aResult([aRun({}, run)])).map(({ title }) => title);
}

test('latencies have a chart where there are some', () => {
  expect(titles({})).not.toContain('Created → scheduled');
  expect(titles({ scheduled: distributionOf([1, 2, 3]) })).toContain('Created → scheduled');
});

test.each([
  [0, '0'],
  [0.01234, '0.0123'],
  [12.345, '12.3'],
  [123.4, '123'],
  [12_345, '12,345'],
])('%d is written %s', (value, text) => {
  expect(figure(value)).toBe(text);
});

test('a range is written only where there is one', () => {
  expect(spreadText({ median: 5, min: 5, max: 5 })).toBe('5');
  expect(spreadText({ median: 5, min: 4, max: 6 })).toBe('5 (4–6)');
  expect(spreadText(undefined)).toBe('–');
});

test('columns stand under each other, titles of several lines on their last', () => {
  expect(
    textTable(
      ['name', 'long\ntitle'],
      [
        ['a', '1'],
        ['bcdef', '22'],
      ],
    ),
  ).toBe(['        long', 'name   title', '─────  ─────', 'a          1', 'bcdef     22'].join('\n'));
});
