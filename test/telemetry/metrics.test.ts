import { describe, expect, it } from 'vitest';
import { createReviewCounter } from '../../src/telemetry/admission-metrics.ts';
import type { Definition } from '../../src/telemetry/catalogue.ts';
import { CATALOGUE, PREFIX, PROCESS_CATALOGUE } from '../../src/telemetry/catalogue.ts';
import type { Gauges, Metrics } from '../../src/telemetry/metrics.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { PolicySample } from '../../src/telemetry/policy-samples.ts';
import { QUIET_GAUGES } from '../support/quiet-gauges.ts';

const SPARK = { namespace: 'team-a', name: 'spark' };
const SAMPLE: PolicySample = {
  ...SPARK,
  groups: 2,
  waiting: { 'at-max': 4, 'below-max': 1, gated: 2, conflict: 0, 'no-group': 0 },
  conditions: { Ready: true, Conflicting: false },
  units: [
    {
      name: 'ecs(kubernetes.io/arch=amd64)',
      index: 1,
      resource: 'ecs',
      bound: 3,
      reserved: 1,
      max: 2,
      fullestGroup: 2,
      groupsAtMax: 1,
      groupsOverMax: 0,
      nodes: 5,
      resources: [{ name: 'cpu', used: 1.5, max: 4 }],
    },
  ],
  spend: { currency: '¥', lines: [{ price: 'ECI "a"', isSpot: true, perHour: 0.25 }], unpricedPods: 1 },
};

function metricsOf(gauges: Partial<Gauges> = {}): Metrics {
  return createMetrics({ ...QUIET_GAUGES, ...gauges });
}

const LEADING: Partial<Gauges> = {
  isLeading: () => true,
  policies: () => 3,
  shownPolicies: () => [SPARK],
  sample: () => SAMPLE,
};

/** The value of a series. */
function value(line: string): number {
  return Number(line.split(' ')[1]);
}

/** The lines of some series. */
async function series(metrics: Metrics, ...names: readonly string[]): Promise<readonly string[]> {
  const lines = (await metrics.metrics()).split('\n');
  return lines.filter((line) => names.some((name) => new RegExp(`^(${PREFIX})?${name}[ {]`).test(line)));
}

describe('the page', () => {
  it('has every metric of the catalogue, with its type and its help, and no other', async () => {
    const metrics = metricsOf(LEADING);
    metrics.certificateEnds(new Date(0));
    createReviewCounter(metrics.registry);
    const page = await metrics.metrics();
    const catalogue: Readonly<Record<string, Definition>> = CATALOGUE;
    const wanted = [
      ...Object.entries(catalogue).map(([name, definition]) => [PREFIX + name, definition] as const),
      ...Object.entries(PROCESS_CATALOGUE),
    ].flatMap(([name, { help, type }]) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]);
    expect(
      page
        .split('\n')
        .filter((line) => line.startsWith('#'))
        .toSorted(),
    ).toEqual(wanted.toSorted());
  });

  it('has labels of the catalogue and no others', async () => {
    const page = await metricsOf(LEADING).metrics();
    for (const [, name = '', labels = ''] of page.matchAll(/^resource_policy_(\w+)\{(.*)\} /gm)) {
      const known: readonly string[] = (CATALOGUE as Record<string, Definition>)[name]?.labels ?? ['le'];
      const found = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label);
      expect(found.filter((label) => !known.includes(label ?? ''))).toEqual([]);
    }
  });

  it('says what runs, whether it is ready and whether it leads', async () => {
    expect(await series(metricsOf(), 'build_info', 'ready', 'leader')).toEqual([
      `resource_policy_build_info{version="1.2.3",node_version="${process.versions.node}"} 1`,
      'resource_policy_ready 1',
      'resource_policy_leader 0',
    ]);
    expect(
      await series(metricsOf({ isReady: () => false, isLeading: () => true }), 'ready', 'leader'),
    ).toEqual(['resource_policy_ready 0', 'resource_policy_leader 1']);
  });

  it('says of its process what others say of theirs', async () => {
    const [cpu = '', memory = '', start = ''] = await series(metricsOf(), 'process_\\w+');
    expect(value(cpu)).toBeGreaterThan(0);
    expect(value(memory)).toBeGreaterThan(10_000_000);
    expect(Math.abs(value(start) + performance.now() / 1_000 - Date.now() / 1_000)).toBeLessThan(5);
  });

  it('says when the certificate ends, if there is one', async () => {
    const metrics = metricsOf();
    expect(await series(metrics, 'certificate_\\w+')).toEqual([]);
    metrics.certificateEnds(new Date(1_000_000));
    metrics.certificateEnds(new Date(2_000_000));
    expect(await series(metrics, 'certificate_\\w+')).toEqual([
      'resource_policy_certificate_expiry_timestamp_seconds 2000',
    ]);
  });
});

describe('the figures of policies', () => {
  it('are those of the sample', async () => {
    const of = 'policy_namespace="team-a",policy="spark"';
    const unit = `${of},unit="ecs(kubernetes.io/arch=amd64)",index="1",resource="ecs"`;
    expect(
      await series(
        metricsOf(LEADING),
        'groups',
        'waiting_pods',
        'condition',
        'unit_\\w+',
        'spend_\\w+',
        'unpriced_pods',
      ),
    ).toEqual(
      [
        `groups{${of}} 2`,
        `waiting_pods{${of},reason="at-max"} 4`,
        `waiting_pods{${of},reason="below-max"} 1`,
        `waiting_pods{${of},reason="gated"} 2`,
        `waiting_pods{${of},reason="conflict"} 0`,
        `waiting_pods{${of},reason="no-group"} 0`,
        `condition{${of},condition="Ready"} 1`,
        `condition{${of},condition="Conflicting"} 0`,
        `unit_bound_pods{${unit}} 3`,
        `unit_reserved_pods{${unit}} 1`,
        `unit_max_pods{${unit}} 2`,
        `unit_fullest_group_pods{${unit}} 2`,
        `unit_groups_at_max{${unit}} 1`,
        `unit_groups_over_max{${unit}} 0`,
        `unit_nodes{${unit}} 5`,
        `unit_used_resources{${unit},resource_name="cpu"} 1.5`,
        `unit_max_resources{${unit},resource_name="cpu"} 4`,
        `spend_per_hour{${of},price="ECI \\"a\\"",spot="true",currency="¥"} 0.25`,
        `unpriced_pods{${of}} 1`,
      ].map((line) => PREFIX + line),
    );
  });

  it('are absent where there is no limit and no price', async () => {
    const [unit] = SAMPLE.units;
    const sample = { ...SAMPLE, units: [{ ...unit!, max: undefined }], spend: undefined };
    const metrics = metricsOf({ ...LEADING, sample: () => sample });
    expect(await series(metrics, 'unit_max_pods', 'spend_\\w+', 'unpriced_pods')).toEqual([]);
  });

  it('are those of the replica that leads alone', async () => {
    const metrics = metricsOf({ ...LEADING, isLeading: () => false });
    metrics.bound({ policy: SPARK, unit: { name: 'ecs' } });
    expect(await series(metrics, 'groups', 'unit_\\w+', 'bindings_total')).toEqual([
      'resource_policy_bindings_total{policy_namespace="team-a",policy="spark",unit="ecs"} 1',
    ]);
  });

  it('are of the policies that are shown; how many are not is told', async () => {
    const metrics = metricsOf(LEADING);
    metrics.decided({ policy: SPARK, outcome: 'full' });
    metrics.decided({ policy: { ...SPARK, name: 'left-out' }, outcome: 'full' });
    metrics.decided({ outcome: 'conflict' });
    expect(await series(metrics, 'policies', 'policies_left_out', 'decisions_total')).toEqual([
      'resource_policy_policies 3',
      'resource_policy_policies_left_out 2',
      'resource_policy_decisions_total{policy_namespace="team-a",policy="spark",outcome="full",unit=""} 1',
    ]);
  });

  it('are of many policies, written in steps', async () => {
    const many = Array.from({ length: 25 }, (_, index) => ({ ...SPARK, name: `p${index}` }));
    const metrics = metricsOf({
      ...LEADING,
      shownPolicies: () => many,
      sample: ({ namespace, name }) => ({ ...SAMPLE, namespace, name }),
    });
    let steps = 0;
    const step = (): void => {
      steps += 1;
      if (steps < 100) setImmediate(step);
    };
    setImmediate(step);
    expect(await series(metrics, 'groups')).toHaveLength(25);
    expect(steps).toBeGreaterThanOrEqual(2);
    expect(steps).toBeLessThan(100);
  });

  it('counts are forgotten with the policy', async () => {
    const metrics = metricsOf(LEADING);
    metrics.decided({ policy: SPARK, outcome: 'chosen', unit: { name: 'ecs' } });
    metrics.bound({ policy: SPARK, unit: { name: 'ecs' } });
    metrics.forget(SPARK);
    expect(await series(metrics, 'decisions_total', 'bindings_total')).toEqual([]);
  });
});
