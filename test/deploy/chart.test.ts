/** The chart's files; what Helm makes of them is for render.cluster.test.ts. */
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { QUIET_GAUGES } from '../support/quiet-gauges.ts';
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
      readonly rules: readonly { readonly alert: string; readonly expr: string }[];
    }[];
  }
  const { groups }: Rules = parse(read(`${CHART}/files/alerts.yaml`));
  const rules = groups.flatMap((group) => group.rules);

  it('speak of metrics that there are', async () => {
    const { registry } = createMetrics(QUIET_GAUGES);
    const there = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const named = rules.flatMap(({ expr }) => expr.match(/resource_policy_\w+/g) ?? []);
    expect(named.length).toBeGreaterThanOrEqual(rules.length);
    expect(named.filter((name) => !there.has(name))).toEqual([]);
  });
});
