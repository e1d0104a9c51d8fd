/**
 * The dashboard and the alerts by Prometheus itself: promtool checks the rules and what /metrics answers, and a Prometheus
 * that scrapes two real replicas at work has data for every panel of the dashboard.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { createNodes, ecsNode, virtualNode } from '../control-plane/nodes.ts';
import { waitUntil } from '../control-plane/wait.ts';
import { ExtenderProcess } from '../support/extender-process.ts';
import { TestCa } from '../support/pki.ts';
import { shippedSchedulerConfig } from '../support/scheduler-configs.ts';
import { shippedAccount } from '../support/service-account.ts';
import { read, ROOT } from './tools/manifests.ts';
import { findPrometheus, PrometheusProcess, promtool } from './tools/prometheus/prometheus.ts';

const RULES = join(ROOT, 'deploy/monitoring/alerts.yaml');
const RULE_TESTS = join(import.meta.dirname, 'monitoring/alerts.test.yaml');

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
}

const dashboard: Dashboard = JSON.parse(read('deploy/monitoring/dashboard.json'));

/** As Grafana sends it, with every variable at All, and over all the time that the test has taken. */
function filledIn(query: string): string {
  return query.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*');
}

const QUERIES = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, refId }) => [`${title} ${refId}`, expr] as const),
);

let tools: string;

beforeAll(async () => {
  tools = await findPrometheus();
});

describe('the alert rules', () => {
  it('are rules to promtool', async () => {
    const { exitCode, output } = await promtool(tools, [
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      RULES,
    ]);
    expect(output).toContain('SUCCESS');
    expect(exitCode).toBe(0);
  });

  it('fire on what they are for, and are silent on what looks like it', async () => {
    const { exitCode, output } = await promtool(tools, ['test', 'rules', RULE_TESTS]);
    expect(output).toContain('SUCCESS');
    expect(exitCode).toBe(0);
  });

  it('are each tried both ways', () => {
    interface Cases {
      readonly tests: readonly {
        readonly alert_rule_test: readonly {
          readonly alertname: string;
          readonly exp_alerts: readonly unknown[];
        }[];
      }[];
    }
    const { groups }: { groups: readonly { rules: readonly { alert: string }[] }[] } = parse(
      read('deploy/monitoring/alerts.yaml'),
    );
    const { tests }: Cases = parse(read('test/deploy/monitoring/alerts.test.yaml'), { merge: true });
    const cases = tests.flatMap((test) => test.alert_rule_test);
    const tried = (name: string, fires: boolean): boolean =>
      cases.some(({ alertname, exp_alerts: wanted }) => alertname === name && wanted.length > 0 === fires);
    const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect(names.filter((name) => !tried(name, true) || !tried(name, false))).toEqual([]);
  });
});

describe('two replicas at work', () => {
  let plane: ControlPlane;
  let leader: ExtenderProcess;
  let other: ExtenderProcess;
  let prometheus: PrometheusProcess;
  let certificates: string;

  beforeAll(async () => {
    certificates = await issuedCertificates();
    plane = await startControlPlane();
    await createNodes(plane, [ecsNode('ecs-0'), virtualNode('eci-0')]);
    await plane.kubectl(['apply', '-f', 'crds']);
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    const kubeconfigPath = await shippedAccount(plane);
    const prices = join(ROOT, 'examples/prices/eci.yaml');
    leader = new ExtenderProcess({ kubeconfigPath, flags: ['--prices', prices] });
    other = new ExtenderProcess({
      kubeconfigPath,
      flags: [...tlsFlags(certificates), '--probes', '127.0.0.1:0'],
    });
    await leader.start();
    await leader.ready();
    await waitUntil('the first replica leads', async () =>
      /^resource_policy_leader 1$/m.test(await leader.metrics()),
    );
    await other.start();
    await other.ready();
    await plane.scheduler.start({ config: shippedSchedulerConfig('in-place.yaml', leader.url) });
    prometheus = await PrometheusProcess.start(tools, configOf([leader, other]));
    // Rates are of what happens after the first scrape.
    await waitUntil(
      'Prometheus has scraped both',
      async () => (await prometheus.query('resource_policy_ready == 1')).length === 2,
    );
  });

  afterAll(async () => {
    await prometheus.stop();
    await leader.stop();
    await other.stop();
    await plane.delete();
    rmSync(certificates, { recursive: true });
  });

  it('show what they do, on one page and in numbers that add up', async () => {
    await createPolicy();
    for (let pod = 0; pod < 6; pod += 1) await createPod(`pod-${pod}`, { app: 'spark', job: 'a' });
    await createPod('ungrouped', { app: 'spark' });
    await expect
      .poll(async () => numbers('resource_policy_unit_bound_pods'), { timeout: 60_000 })
      .toEqual({ ecs: 2, eci: 3 });
    // The status is written once a second.
    await expect
      .poll(async () => numbers('resource_policy_condition', 'condition'), { timeout: 30_000 })
      .toMatchObject({ Ready: 1, Ungrouped: 1 });
    expect(await numbers('resource_policy_waiting_pods', 'reason')).toMatchObject({
      'at-max': 1,
      'below-max': 0,
      'no-group': 1,
    });
    expect(await numbers('resource_policy_bindings_total', 'unit')).toEqual({ ecs: 2, eci: 3 });
    expect(await numbers('resource_policy_unit_groups_at_max')).toEqual({ ecs: 1, eci: 1 });
    expect(await numbers('resource_policy_leader', 'instance')).toEqual({ leader: 1, other: 0 });
    const [spend] = await prometheus.query('sum(resource_policy_spend_per_hour)');
    // Three pods of 1 vCPU and 2 GiB, at ¥0.00004288 a second.
    expect(Number(spend?.value[1])).toBeCloseTo(3 * 0.00004288 * 3_600, 8);
  });

  it('a lowered max is no overshoot', async () => {
    await plane.kubectl([
      'patch',
      'resourcepolicy',
      'spark',
      '--type=json',
      '--patch=[{"op":"replace","path":"/spec/units/0/max","value":1}]',
    ]);
    await expect
      .poll(async () => numbers('resource_policy_unit_groups_over_max'), { timeout: 30_000 })
      .toEqual({ ecs: 1, eci: 0 });
    expect(await numbers('resource_policy_overshoots_total', 'instance')).toEqual({ leader: 0, other: 0 });
  });

  it('answer with metrics that promtool finds nothing wrong with', async () => {
    for (const replica of [leader, other]) {
      const page = await replica.metrics();
      expect(await promtool(tools, ['check', 'metrics'], page)).toEqual({ exitCode: 0, output: '' });
    }
  });

  it.for(QUERIES)('have data for the panel %s', async ([, expr]) => {
    const query = filledIn(expr);
    await expect
      .poll(async () => (await prometheus.query(query)).map(({ value: [, value] }) => value), {
        timeout: 30_000,
      })
      .toEqual(expect.arrayContaining([expect.stringMatching(/^-?[\d.e+-]+$/)]));
  });

  it.for(
    dashboard.templating.list.flatMap(({ name, type, definition = '' }) =>
      type === 'query' ? [[name, definition] as const] : [],
    ),
  )('have values for the variable %s', async ([, definition]) => {
    const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
    expect(await prometheus.labelValues(label, filledIn(selector))).not.toEqual([]);
  });

  it('set off no alert but the one for the pod without a label', async () => {
    const names = (await prometheus.alerts()).map(({ labels }) => labels.alertname);
    expect(new Set(names)).toEqual(
      new Set(['ResourcePolicyPodsUnplaceable', 'ResourcePolicyCertificateEnds']),
    );
  });

  /** By a label, the values of a metric's series. */
  async function numbers(metric: string, by = 'resource'): Promise<Readonly<Record<string, number>>> {
    const samples = await prometheus.query(metric);
    return Object.fromEntries(
      samples.map(({ metric: labels, value }) => [labels[by] ?? '', Number(value[1])]),
    );
  }

  async function createPolicy(): Promise<void> {
    const path = '/apis/scheduling.alibabacloud.com/v1alpha1/namespaces/default/resourcepolicies';
    await plane.api.request('POST', path, {
      apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
      kind: 'ResourcePolicy',
      metadata: { name: 'spark' },
      spec: {
        selector: { app: 'spark' },
        matchLabelKeys: ['job'],
        units: [
          { resource: 'ecs', max: 2, maxResources: { cpu: '8' } },
          { resource: 'eci', max: 3 },
        ],
      },
    });
  }

  async function createPod(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await plane.api.request('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name, labels },
      spec: {
        automountServiceAccountToken: false,
        tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
        containers: [{ name: 'spark', image: 'spark', resources: { requests: { cpu: '1', memory: '2Gi' } } }],
      },
    });
  }
});

/** A folder with the files of mutual TLS, which last for an hour. */
async function issuedCertificates(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-'));
  const ca = await TestCa.create();
  const { certPem, keyPem } = await ca.issue('extender', { purpose: 'server' });
  const files = { 'tls-cert': certPem, 'tls-key': keyPem, 'client-ca': ca.certPem };
  for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, name), pem);
  return folder;
}

function tlsFlags(folder: string): readonly string[] {
  return ['tls-cert', 'tls-key', 'client-ca'].flatMap((name) => [`--${name}`, join(folder, name)]);
}

function configOf(replicas: readonly [ExtenderProcess, ExtenderProcess]): string {
  return JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [RULES],
    scrape_configs: [
      {
        job_name: 'resource-policy',
        static_configs: replicas.map(({ pagesUrl }, index) => ({
          targets: [new URL(pagesUrl).host],
          labels: { instance: ['leader', 'other'][index] },
        })),
      },
    ],
  });
}
