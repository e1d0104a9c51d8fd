/** What Helm makes of the chart, in every way of installing it. Here among the slow tests, for Helm may have to be built. */
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, Manifest, Values } from './chart.ts';
import {
  CHART_DIR,
  containersOf,
  manifests,
  only,
  rendered,
  renderedManifests,
  valueArgs,
  VARIANTS,
} from './chart.ts';
import type { Helm } from './tools/helm/helm.ts';
import { findHelm } from './tools/helm/helm.ts';
import { INSTALL_FILE, installManifests, NAMESPACE, read } from './tools/manifests.ts';

let helm: Helm;

beforeAll(async () => {
  helm = await findHelm();
});

interface Binding extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly name: string; readonly namespace: string }[];
}

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

describe.each(Object.entries(VARIANTS))('%s', (_name, values) => {
  let objects: readonly Manifest[];
  let deployment: Deployment;

  beforeAll(async () => {
    objects = await renderedManifests(helm, { values });
    deployment = only(objects, 'Deployment');
  });

  it('passes helm lint', async () => {
    const { stdout } = await helm(['lint', '--strict', CHART_DIR, ...valueArgs(values)]);
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
  });

  it('is one object for each name', () => {
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
  });

  it('is all ours by its labels, and in no other namespace', () => {
    const labels = objects.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/instance']);
    expect(new Set(labels)).toEqual(new Set(['resource-policy']));
    const namespaces = objects.flatMap(({ metadata }) => metadata.namespace ?? []);
    expect(new Set(namespaces)).toEqual(new Set([NAMESPACE]));
  });

  it('runs as nobody, with nothing to write and nothing more to gain', () => {
    expect(deployment.spec.template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const { securityContext } of containersOf(deployment)) expect(securityContext).toEqual(RESTRICTED);
  });

  it('has probes at ports that its containers name, and resources', () => {
    for (const { livenessProbe, readinessProbe, ports, resources } of containersOf(deployment)) {
      for (const { httpGet } of [livenessProbe, readinessProbe]) {
        expect(ports.map(({ name }) => name)).toContain(httpGet.port);
      }
      expect(resources).toMatchObject({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
    }
  });

  it('gives the extender the rights of deploy/rbac.yaml, and no others', () => {
    const wanted = manifests(read('deploy/rbac.yaml'));
    for (const kind of ['ClusterRole', 'Role'] as const) {
      expect(only(objects, kind, 'resource-policy').rules).toEqual(only(wanted, kind).rules);
    }
  });

  it('binds every role that it has to its one account', () => {
    const own = objects.filter(({ kind }) => /^(Cluster)?Role$/.test(kind));
    const bindings = objects.filter((object): object is Binding => object.kind.endsWith('RoleBinding'));
    for (const { subjects } of bindings) {
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'resource-policy', namespace: NAMESPACE }]);
    }
    const bound = bindings.map(({ roleRef }) => `${roleRef.kind} ${roleRef.name}`);
    expect(bound.filter((role) => !role.includes(' system:')).toSorted()).toEqual(
      own.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted(),
    );
  });
});

describe('mode dedicated', () => {
  it('is kube-scheduler with the extender beside it, which only it can call', async () => {
    const deployment = only(await renderedManifests(helm), 'Deployment');
    const [extender, scheduler] = containersOf(deployment);
    expect(deployment.spec.replicas).toBe(2);
    expect(extender).toMatchObject({ restartPolicy: 'Always', args: ['serve', '--probes=0.0.0.0:8911'] });
    expect(scheduler).toMatchObject({ image: 'registry.k8s.io/kube-scheduler:v1.36.3' });
    expect(await schedulerConfig()).toMatchObject({
      extenders: [{ urlPrefix: 'http://127.0.0.1:8910' }],
      leaderElection: { leaderElect: true, resourceNamespace: NAMESPACE },
    });
  });

  it('has the shipped configuration, with its own name', async () => {
    const shipped: Values = parse(read('deploy/kube-scheduler/dedicated.yaml'));
    const own = await schedulerConfig({ scheduler: { name: 'spark' } });
    expect(own).toEqual({
      ...shipped,
      leaderElection: { ...(shipped['leaderElection'] as object), resourceNamespace: NAMESPACE },
      profiles: [{ ...(shipped['profiles'] as readonly object[])[0], schedulerName: 'spark' }],
    });
  });

  it('tells kube-scheduler and the extender of the same sample of nodes, and starts both again when it changes', async () => {
    const values = { extender: { settings: { 'percentage-of-nodes-to-score': 40 } } };
    const [before, after] = await Promise.all([renderedManifests(helm), renderedManifests(helm, { values })]);
    const annotations = [before, after].map(
      (objects) => only(objects, 'Deployment').spec.template.metadata.annotations,
    );
    expect(await schedulerConfig(values)).toMatchObject({ percentageOfNodesToScore: 40 });
    expect(containersOf(only(after, 'Deployment'))[0]?.args).toContain('--percentage-of-nodes-to-score=40');
    expect(annotations[0]).not.toEqual(annotations[1]);
  });

  it('may do what kube-scheduler may, and use its own lease', async () => {
    const objects = await renderedManifests(helm);
    const roles = objects.flatMap((object) =>
      object.kind === 'ClusterRoleBinding' ? (object as Binding).roleRef.name : [],
    );
    expect(roles.toSorted()).toEqual(['resource-policy', 'system:kube-scheduler', 'system:volume-scheduler']);
    expect(only(objects, 'Role', 'resource-policy-kube-scheduler').rules).toEqual([
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['resource-policy-scheduler'],
        verbs: ['get', 'update'],
      },
    ]);
  });

  it('gives pods its name, but not its own', async () => {
    const values = { scheduler: { name: 'spark' } };
    const policies = await renderedManifests(helm, { values, namespace: 'batch' });
    const { spec } = only(policies, 'MutatingAdmissionPolicy', 'resource-policy-scheduler-name');
    expect(spec.mutations[0]?.jsonPatch.expression).toBe(
      "[JSONPatch{op: 'add', path: '/spec/schedulerName', value: 'spark'}]",
    );
    expect(spec.matchConstraints.namespaceSelector.matchExpressions[0]?.values).toEqual([
      'kube-system',
      'kube-public',
      'kube-node-lease',
      'batch',
    ]);
  });

  it('takes the kube-scheduler of the cluster’s version, whatever its provider calls it', async () => {
    const options = { values: { admission: { kind: 'webhook' } }, kubernetes: 'v1.33.5-eks-3025e55' };
    const deployment = only(await renderedManifests(helm, options), 'Deployment');
    expect(containersOf(deployment)[1]?.image).toBe('registry.k8s.io/kube-scheduler:v1.33.5');
  });
});

/** What the chart tells its kube-scheduler. */
async function schedulerConfig(values: Values = {}): Promise<Values> {
  const objects = await renderedManifests(helm, { values });
  const { data } = only(objects, 'ConfigMap', 'resource-policy-kube-scheduler');
  const config: Values = parse(data['config.yaml']!);
  return config;
}

describe('mode in-place', () => {
  it('is the extender alone, for whoever shows a certificate, with no more rights than its own', async () => {
    const objects = await renderedManifests(helm, { values: { mode: 'in-place' } });
    const containers = containersOf(only(objects, 'Deployment'));
    expect(containers.map(({ name }) => name)).toEqual(['extender']);
    expect(containers[0]?.args).toEqual([
      'serve',
      '--probes=0.0.0.0:8911',
      '--listen=0.0.0.0:8910',
      '--tls-cert=/tls/server/tls.crt',
      '--tls-key=/tls/server/tls.key',
      '--client-ca=/tls/client-ca/ca.crt',
    ]);
    const bindings = objects.filter(({ kind }) => kind === 'ClusterRoleBinding');
    expect(bindings.map(({ metadata }) => metadata.name)).toEqual(['resource-policy']);
    expect(objects.some(({ metadata }) => metadata.name === 'resource-policy-scheduler-name')).toBe(false);
  });

  it('sends all calls of a kube-scheduler to one pod', async () => {
    const objects = await renderedManifests(helm, { values: VARIANTS['in-place, with given secrets']! });
    expect(only(objects, 'Service')).toMatchObject({
      spec: { clusterIP: '10.0.0.90', sessionAffinity: 'ClientIP', ports: [{ port: 8910 }] },
    });
  });

  it('has a CA of its own with cert-manager, and certificates good for one side each', async () => {
    const objects = await renderedManifests(helm, { values: { mode: 'in-place' } });
    expect(only(objects, 'Certificate', 'resource-policy-server')).toMatchObject({
      spec: {
        dnsNames: expect.arrayContaining([`resource-policy.${NAMESPACE}.svc`]),
        usages: ['digital signature', 'server auth'],
        issuerRef: { name: 'resource-policy' },
      },
    });
    expect(only(objects, 'Certificate', 'resource-policy-kube-scheduler')).toMatchObject({
      spec: { usages: ['digital signature', 'client auth'], issuerRef: { name: 'resource-policy' } },
    });
    expect(only(objects, 'Issuer', 'resource-policy')).toMatchObject({
      spec: { ca: { secretName: 'resource-policy-ca' } },
    });
  });
});

describe('the kind ResourcePolicy', () => {
  it('is that of crds/, and outlives an uninstallation', async () => {
    const crd = only(await renderedManifests(helm), 'CustomResourceDefinition');
    const source = only(manifests(read('crds/resourcepolicies.yaml')), 'CustomResourceDefinition');
    expect(crd.spec).toEqual(source.spec);
    expect(crd.metadata.annotations['helm.sh/resource-policy']).toBe('keep');
  });

  it('goes with the rest when that is wanted', async () => {
    const objects = await renderedManifests(helm, { values: { crd: { keep: false } } });
    const { metadata } = only(objects, 'CustomResourceDefinition');
    expect(Object.keys(metadata.annotations)).not.toContain('helm.sh/resource-policy');
  });
});

describe('admission', () => {
  const NAMES = {
    policy: [
      'MutatingAdmissionPolicy resource-policy-scheduler-name',
      'MutatingAdmissionPolicy resource-policy-virtual-node-toleration',
      'MutatingAdmissionPolicyBinding resource-policy-scheduler-name',
      'MutatingAdmissionPolicyBinding resource-policy-virtual-node-toleration',
    ],
    warnings: [
      'ValidatingAdmissionPolicy resource-policy-warnings',
      'ValidatingAdmissionPolicyBinding resource-policy-warnings',
    ],
    webhook: ['MutatingWebhookConfiguration resource-policy'],
  };

  it.each([
    ['policy', 'v1.36.3', [...NAMES.policy, ...NAMES.warnings]],
    ['webhook', 'v1.36.3', [...NAMES.webhook, ...NAMES.warnings]],
    ['webhook', 'v1.29.0', NAMES.webhook],
    ['none', 'v1.36.3', []],
  ])('%s on %s', async (kind, kubernetes, want) => {
    const objects = await renderedManifests(helm, { values: { admission: { kind } }, kubernetes });
    const found = objects.filter(({ apiVersion }) => apiVersion.startsWith('admissionregistration'));
    expect(found.map((object) => `${object.kind} ${object.metadata.name}`).toSorted()).toEqual(want);
  });

  it('lets the extender write its webhook only where there is one, under the name that it uses', async () => {
    const values = { admission: { kind: 'webhook' } };
    const objects = await renderedManifests(helm, { values, release: 'spark' });
    const name = 'spark-resource-policy';
    expect(
      only(objects, 'ClusterRole', `${name}-admission`).rules.map(({ resourceNames }) => resourceNames),
    ).toEqual([[name], undefined]);
    expect(containersOf(only(objects, 'Deployment'))[0]?.args).toEqual(
      expect.arrayContaining([
        '--admission=$(POD_IP):8913',
        `--admission-name=${name}`,
        '--admission-scheduler-name=resource-policy-scheduler',
      ]),
    );
    expect(objects.filter(({ kind }) => kind === 'ClusterRole')).toHaveLength(2);
    expect((await renderedManifests(helm)).filter(({ kind }) => kind === 'ClusterRole')).toHaveLength(1);
  });
});

describe('the page', () => {
  it.each(['dedicated', 'in-place'])(
    'mode %s: is there when it is wanted, for those on the pod',
    async (mode) => {
      const [without, withPage] = await Promise.all([
        renderedManifests(helm, { values: { mode } }),
        renderedManifests(helm, { values: { mode, page: { enabled: true } } }),
      ]);
      const args = [without, withPage].map(
        (objects) =>
          containersOf(only(objects, 'Deployment')).find(({ name }) => name === 'extender')?.args ?? [],
      );
      expect(args[1]?.filter((arg) => !args[0]?.includes(arg))).toEqual(['--page=127.0.0.1:8912']);
      // No Service, no right and no way through the network come with it.
      const [some, more] = [without, withPage].map((objects) =>
        objects.filter(({ kind }) => kind !== 'Deployment'),
      );
      expect(more).toEqual(some);
    },
  );
});

describe('monitoring', () => {
  it('brings the rules and the dashboard as they stand in deploy/monitoring', async () => {
    const objects = await renderedManifests(helm, {
      values: { monitoring: { prometheusRule: true, dashboard: true } },
    });
    const [rule] = objects.filter(({ kind }) => kind === 'PrometheusRule');
    expect(rule).toMatchObject({ spec: parse(read('deploy/monitoring/alerts.yaml')) });
    const { data, metadata } = only(objects, 'ConfigMap', 'resource-policy-dashboard');
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(JSON.parse(data['resource-policy.json']!)).toEqual(
      JSON.parse(read('deploy/monitoring/dashboard.json')),
    );
  });

  it.each(['dedicated', 'in-place'])(
    'mode %s: a price list is mounted, and read at the start',
    async (mode) => {
      const prices = read('examples/prices/eci.yaml');
      const objects = await renderedManifests(helm, { values: { mode, monitoring: { prices } } });
      expect(only(objects, 'ConfigMap', 'resource-policy-prices').data).toEqual({ 'prices.yaml': prices });
      const deployment = only(objects, 'Deployment');
      const extender = containersOf(deployment).find(({ name }) => name === 'extender')!;
      expect(extender.args).toContain('--prices=/etc/resource-policy/prices.yaml');
      expect(extender.volumeMounts).toContainEqual({
        name: 'prices',
        mountPath: '/etc/resource-policy',
        readOnly: true,
      });
      expect(deployment).toMatchObject({
        spec: {
          template: {
            spec: {
              volumes: expect.arrayContaining([
                { name: 'prices', configMap: { name: 'resource-policy-prices' } },
              ]),
            },
          },
        },
      });
    },
  );
});

describe('values that cannot be meant', () => {
  const wrong: Record<string, { values: Values; kubernetes?: string; want: RegExp }> = {
    'another mode': {
      values: { mode: 'beside' },
      want: /'\/mode': value must be one of 'dedicated', 'in-place'/,
    },
    'a value that there is not': {
      values: { replicaCount: 3 },
      want: /additional properties 'replicaCount'/,
    },
    'no pod': { values: { replicas: 0 }, want: /'\/replicas': minimum: got 0, want 1/ },
    'an address of its own': {
      values: { extender: { settings: { listen: '0.0.0.0:80' } } },
      want: /invalid propertyName 'listen'/,
    },
    'a page for everybody': {
      values: { extender: { settings: { page: '0.0.0.0:80' } } },
      want: /invalid propertyName 'page'/,
    },
    'settings in a file that no pod has': {
      values: { extender: { settings: { config: '/etc/serve.yaml' } } },
      want: /invalid propertyName 'config'/,
    },
    'the name of the cluster’s scheduler': {
      values: { scheduler: { name: 'default-scheduler' } },
      want: /'\/scheduler\/name'/,
    },
    'secrets without names': {
      values: { mode: 'in-place', inPlace: { tls: { source: 'secrets' } } },
      want: /'\/inPlace\/tls\/serverSecret'/,
    },
    'names of secrets that nobody reads': {
      values: { mode: 'in-place', inPlace: { tls: { serverSecret: 'mine' } } },
      want: /'\/inPlace\/tls\/serverSecret': value must be ''/,
    },
    'a digest that is none': { values: { image: { digest: 'latest' } }, want: /'\/image\/digest'/ },
    'an admission policy where there is none': {
      values: {},
      kubernetes: 'v1.35.2',
      want: /admission\.kind policy needs Kubernetes 1\.36, and this is v1\.35\.2: set admission\.kind=webhook/,
    },
    'a Kubernetes without sidecars': {
      values: {},
      kubernetes: 'v1.28.0',
      want: /chart requires kubeVersion: >=1\.29\.0-0/,
    },
  };

  it.each(Object.entries(wrong))('%s', async (_what, { values, kubernetes, want }) => {
    await expect(
      rendered(helm, { values, ...(kubernetes === undefined ? {} : { kubernetes }) }),
    ).rejects.toThrow(want);
  });
});

it('deploy/install.yaml is what the chart says (npm run manifests)', async () => {
  expect(read(INSTALL_FILE)).toBe(await installManifests(helm));
});
