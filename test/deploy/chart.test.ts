/** The chart's files; what Helm makes of them is for render.cluster.test.ts. */
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, PREFIX, PROCESS_CATALOGUE } from '../../src/telemetry/catalogue.ts';
import { CHART, COPIES, read } from './tools/manifests.ts';

type Tree = Readonly<Record<string, unknown>>;

function treeOf(path: string): Tree {
  const tree: Tree = parse(read(path));
  return tree;
}

describe('the chart', () => {
  it.each(Object.entries(COPIES))('%s is the same as %s (npm run manifests)', (copy, source) => {
    expect(read(copy)).toBe(read(source));
  });

  it('has the version of the program', () => {
    const { version } = treeOf('package.json');
    expect(treeOf(`${CHART}/Chart.yaml`)).toMatchObject({ version, appVersion: version });
  });
});

describe('values', () => {
  it('each have a comment', () => {
    const lines = read(`${CHART}/values.yaml`).split('\n');
    const bare = lines.filter((line, index) => /^ *\w+:/.test(line) && !/^ *#/.test(lines[index - 1] ?? ''));
    // What Kubernetes calls them is all that there is to say.
    expect(bare.filter((line) => !/^ +(cpu|memory):/.test(line))).toEqual([]);
  });

  it('are all that the schema allows, and are allowed', () => {
    expect(keysOf(treeOf(`${CHART}/values.yaml`))).toEqual(
      // Helm gives every chart values of that name.
      schemaKeys(treeOf(`${CHART}/values.schema.json`)).filter((key) => key !== 'global'),
    );
  });
});

/** Where the keys are free, there is no more to compare. */
const FREE = ['settings', 'resources', 'labels', 'nodeSelector', 'affinity'];

function keysOf(values: Tree, prefix = ''): readonly string[] {
  return Object.entries(values)
    .flatMap(([key, value]) => {
      const isInner =
        typeof value === 'object' && value !== null && !Array.isArray(value) && !FREE.includes(key);
      return isInner ? keysOf(value as Tree, `${prefix}${key}.`) : [`${prefix}${key}`];
    })
    .toSorted();
}

function schemaKeys(schema: Tree): readonly string[] {
  const definitions = schema['$defs'] as Readonly<Record<string, Tree>>;
  const keys = (node: Tree, prefix: string): readonly string[] =>
    Object.entries((node['properties'] ?? {}) as Readonly<Record<string, Tree>>).flatMap(([key, child]) => {
      const reference = child['$ref'];
      const meant = typeof reference === 'string' ? definitions[reference.replace('#/$defs/', '')]! : child;
      return meant['properties'] === undefined ? [`${prefix}${key}`] : keys(meant, `${prefix}${key}.`);
    });
  return keys(schema, '').toSorted();
}

describe('alerts', () => {
  interface Rules {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly alert: string;
        readonly expr: string;
        readonly annotations: Readonly<Record<string, string>>;
      }[];
    }[];
  }
  const { groups }: Rules = parse(read('deploy/monitoring/alerts.yaml'));
  const rules = groups.flatMap((group) => group.rules);

  it('speak of metrics that there are', () => {
    const named = rules.flatMap(({ expr }) => metricsIn(expr));
    expect(named.length).toBeGreaterThanOrEqual(rules.length);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  it('have a section each in docs/operations.md, which their link leads to', () => {
    const sections = [...read('docs/operations.md').matchAll(/^### (ResourcePolicy\w+)$/gm)].map(
      ([, name]) => name,
    );
    expect(sections).toEqual(rules.map(({ alert }) => alert));
    expect(rules.map(({ annotations }) => annotations['runbook_url'])).toEqual(
      rules.map(({ alert }) => `docs/operations.md#${alert.toLowerCase()}`),
    );
  });
});

describe('the dashboard', () => {
  interface Panel {
    readonly id: number;
    readonly title: string;
    readonly description?: string;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }
  const { panels }: { panels: readonly Panel[] } = JSON.parse(read('deploy/monitoring/dashboard.json'));

  it('speaks of metrics that there are', () => {
    const named = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr)));
    expect(named.length).toBeGreaterThan(panels.length);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  it('explains every panel, and lays none over another', () => {
    const bare = panels.filter(({ type, description = '' }) => type !== 'row' && description === '');
    expect(bare.map(({ title }) => title)).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});

function metricsIn(query: string): readonly string[] {
  return query.match(/\b(resource_policy|process)_\w+/g) ?? [];
}

/** Histograms are asked by their parts. */
function isThere(metric: string): boolean {
  const name = metric.replace(/_seconds_(bucket|sum|count)$/, '_seconds');
  return name in PROCESS_CATALOGUE || name.replace(PREFIX, '') in CATALOGUE;
}
