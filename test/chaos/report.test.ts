import { describe, expect, it } from 'vitest';
import { brokenByChurn, churnToCsv } from './churn-report.ts';
import type { ChurnSample } from './churn.ts';
import { brokenByKills, killsToMarkdown } from './kills-report.ts';
import { broken, reportOn, toMarkdown } from './report.ts';
import type { Played, RunResult } from './run.ts';
import type { Fault, FaultKind } from './faults/kinds.ts';
import type { Verdict } from './verdict.ts';

const RIGHT: Verdict = {
  overshoots: [],
  strays: [],
  stuck: [],
  outranked: [],
  fullGroups: 40,
  waiting: 160,
  victims: 3,
  urgentPlaced: 5,
  settledMs: 12_000,
};
const WRONG: Verdict = {
  ...RIGHT,
  overshoots: [
    {
      revision: 7,
      at: '',
      group: 'spark/a',
      unit: 'ecs',
      excess: '21 of 20 pods',
      pod: 'spark/p',
      counted: [],
    },
  ],
  stuck: ['spark/q: never looked at', 'spark/r: never looked at'],
  settledMs: undefined,
};

function played(kinds: readonly FaultKind[], nextMs: number | undefined, isLate = false): Played {
  const faults = kinds.map((kind): Fault => ({ kind, atMs: 0, forMs: 1, seed: 1 }));
  return {
    episode: { name: kinds.join(' + '), faults },
    atMs: 0,
    tookMs: 1,
    recovery: { nextMs, isLate },
    failures: [],
  };
}

function resultWith(verdict: Verdict): RunResult {
  return {
    played: [
      played(['extender-kill'], 1_000),
      played(['extender-kill', 'etcd-freeze'], 3_000),
      played(['api-server-kill'], undefined, true),
    ],
    verdict,
    placed: 900,
    created: 1_000,
    deleted: 100,
    bursts: 2,
    largestBurst: 600,
    changes: 5_000,
    treatedRequests: 70,
    revivals: 1,
    unaskedEnds: [],
    log: { mismatches: 0, errors: [] },
    tookMs: 1,
  };
}

function samples(heaps: readonly number[]): ChurnSample[] {
  return heaps.map((heapMib, index) => ({
    minutes: index + 1,
    rssMib: 150,
    heapMib,
    pods: 10,
    created: 20,
    placed: 15,
    deleted: 5,
  }));
}

describe('the report of a run', () => {
  const report = reportOn('the command', resultWith(RIGHT));

  it('counts faults by kind, and how long it took after each', () => {
    expect(report.faults).toBe(4);
    expect(report.kinds).toEqual({ 'extender-kill': 2, 'api-server-kill': 1, 'etcd-freeze': 1 });
    expect(report.recovery).toEqual({ count: 2, p50: 1_000, p90: 3_000, max: 3_000 });
    expect(report.recoveryByKind['etcd-freeze']).toMatchObject({ max: 3_000 });
    expect(report.late).toEqual(['api-server-kill']);
  });

  it('is a table with what was promised', () => {
    const text = toMarkdown(report);

    expect(text).toContain('    the command');
    expect(text).toContain('| faults injected | 4 of 3 kinds |');
    expect(text).toContain('| **overshoots** | **0** |');
    expect(text).toContain('| groups with waiting pods, every unit exactly full | 40 |');
    expect(text).toMatch(
      /\| `extender-kill` \| SIGKILL of an extender[^|]*\| 2 \| 1\.0 s, 3\.0 s, 3\.0 s \|/,
    );
  });

  it('is fine when nothing is wrong, however slow it was', () => {
    expect(broken(report)).toEqual([]);
  });

  it('names everything that is wrong', () => {
    const result = {
      ...resultWith(WRONG),
      unaskedEnds: ['extender-0 ended by itself: 1'],
      log: { mismatches: 2, errors: ['TypeError'] },
    };

    expect(broken(reportOn('', result))).toEqual([
      '1 times a unit was over its limits',
      '2 pods stuck',
      '2 times the ledger differed from a recount',
      '1 ends of an extender that nobody asked for',
      '1 errors in the log of an extender',
    ]);
  });
});

describe('the report of kills', () => {
  const result = {
    kills: 3,
    pods: 100,
    jobs: 2,
    fullJobs: 2,
    readyMs: [500, 900, 2_900],
    verdict: RIGHT,
    tookMs: 1,
  };

  it('is fine when every unit is full and every restart was ready in time', () => {
    expect(brokenByKills(result)).toEqual([]);
    expect(killsToMarkdown('', result)).toContain('0.9 s, 2.9 s, 2.9 s');
  });

  it('names slow or failed restarts, and jobs that are not full', () => {
    expect(brokenByKills({ ...result, fullJobs: 1, readyMs: [500, 3_100, undefined] })).toEqual([
      '1 jobs with a unit that is not exactly full',
      '2 restarts that were not ready within 3 s',
    ]);
  });
});

describe('the report of churn', () => {
  it('is fine with a heap that is as large at the end as it was early', () => {
    expect(brokenByChurn({ verdict: RIGHT, samples: samples([20, 50, 60, 58, 52, 57, 59, 61]) })).toEqual([]);
  });

  it('names a heap that grows', () => {
    const result = { verdict: RIGHT, samples: samples([20, 30, 40, 50, 60, 70, 80, 90]) };
    expect(brokenByChurn(result)).toEqual(['the heap grew by +88.9 %']);
  });

  it('has a line of CSV for each look', () => {
    expect(churnToCsv(samples([20])).split('\n')).toEqual([
      'minutes,rss_mib,heap_mib,pods,created,placed,deleted',
      '1.000,150.0,20.0,10,20,15,5',
      '',
    ]);
  });
});
