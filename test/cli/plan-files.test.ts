import { describe, expect, it } from 'vitest';
import { filesOf, nodeManifest } from '../support/plan/planned.ts';

/** What is read of these files, workloads by their kind. */
function kindsOf(...texts: readonly string[]): readonly unknown[] {
  return filesOf(...texts).items.map((item) => (item.kind === 'workload' ? item.workload.kind : item.kind));
}

describe('what cannot be planned with is named with its line', () => {
  const cases: Readonly<Record<string, readonly [text: string, line: number, message: string]>> = {
    'no YAML': ['kind: Pod\nspec: [\n', 3, 'is no YAML: '],
    'no object': ['- 1\n', 1, 'is no Kubernetes object: it has no kind'],
    'a broken policy': [
      'apiVersion: scheduling.alibabacloud.com/v1alpha1\nkind: ResourcePolicy\nmetadata: {name: p}\nspec:\n  units:\n    - resource: ecs\n      max: few\n',
      7,
      'spec.units[0].max: must be a whole number, 0 or more',
    ],
    'a policy with a field that does not exist': [
      'apiVersion: scheduling.alibabacloud.com/v1alpha1\nkind: ResourcePolicy\nmetadata: {name: p}\nspec:\n  units:\n    - resource: ecs\n      maximum: 1\n',
      7,
      'spec.units[0].maximum: is no field of a ResourcePolicy',
    ],
    'a node without room': [
      'kind: Node\nmetadata:\n  name: n0\nstatus:\n  phase: Running\n',
      4,
      'status.allocatable: is missing',
    ],
    'a node without a name': ['kind: Node\nstatus: {capacity: {cpu: 1}}\n', 1, 'metadata.name: is missing'],
    'a node whose name is none in YAML': [
      'kind: Node\nmetadata:\n  name: n\nstatus: {capacity: {cpu: 1}}\n',
      3,
      'metadata.name: must be a text: quote it',
    ],
    'a node with a label that is no text': [
      'kind: Node\nmetadata:\n  name: n0\n  labels:\n    paid: yes\nstatus: {capacity: {cpu: 1}}\n',
      5,
      'metadata.labels.paid: must be a string',
    ],
    'a pod without a name': ['kind: Pod\nspec: {}\n', 1, 'metadata.name: is missing'],
    'a pod with a broken quantity': [
      'kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - name: a\n    - name: b\n      resources:\n        requests:\n          memory: 1 GB\n',
      9,
      'spec.containers[1].resources.requests.memory: must be a quantity such as 4, 500m or 8Gi, 0 or more',
    ],
    'a pod with tolerations that are no list': [
      'kind: Pod\nmetadata: {name: p}\nspec:\n  tolerations: all\n',
      4,
      'spec.tolerations: must be a list',
    ],
    'a Deployment with a broken number': [
      'kind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: "3"\n  template: {spec: {containers: [{name: a}]}}\n',
      4,
      'spec.replicas: must be a whole number, 0 or more',
    ],
    'a Deployment without containers': [
      'kind: Deployment\nmetadata: {name: d}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n',
      4,
      'spec.template.spec.containers: must list at least one container',
    ],
    'a template with a broken field': [
      'kind: Job\nmetadata: {name: j}\nspec:\n  template:\n    spec:\n      containers: [{name: a}]\n      nodeSelector: {zone: 1}\n',
      7,
      'spec.template.spec.nodeSelector.zone: must be a string',
    ],
    'a SparkApplication with broken memory': [
      'kind: SparkApplication\nmetadata: {name: s}\nspec:\n  executor:\n    memory: 4 gigs\n',
      5,
      'spec.executor.memory: must be an amount of memory such as 512m or 4g',
    ],
    'a SparkApplication with broken tolerations': [
      'kind: SparkApplication\nmetadata: {name: s}\nspec:\n  driver:\n    tolerations: all\n',
      5,
      'spec.driver.tolerations: must be a list',
    ],
    'a workload without a name': ['kind: StatefulSet\nspec: {}\n', 1, 'metadata.name: is missing'],
    'a PriorityClass without a value': [
      'kind: PriorityClass\nmetadata: {name: high}\n',
      1,
      'value: must be a whole number',
    ],
    'an object of a List without a kind': [
      'kind: List\nitems:\n  - kind: Node\n    metadata: {name: n0}\n    status: {capacity: {cpu: 1}}\n  - metadata: {name: n1}\n',
      6,
      'is no Kubernetes object: it has no kind',
    ],
  };

  it.for(Object.entries(cases))('%s', ([, [text, line, message]]) => {
    const { problems } = filesOf(text);

    expect(problems).toEqual([{ file: 'given.yaml', line, message: expect.stringContaining(message) }]);
  });

  it('all of them, not just the first', () => {
    const { problems } = filesOf('kind: Pod', nodeManifest('n0'), 'kind: Node\nmetadata: {name: n1}');

    expect(problems.map(({ line }) => line)).toEqual([1, 5]);
  });
});

describe('what is read', () => {
  it('items of a NodeList, which do not say that they are nodes', () => {
    const item = { metadata: { name: 'n' }, status: { allocatable: { cpu: '1' } } };
    const { nodes, problems } = filesOf(JSON.stringify({ kind: 'NodeList', items: [item] }));

    expect(problems).toEqual([]);
    expect(nodes).toMatchObject([{ name: 'n', capacity: { allocatable: { cpu: 1_000 } } }]);
  });

  it('fields that are null, as absent', () => {
    const { problems, items } = filesOf(
      'kind: Pod\nmetadata: {name: p, labels: null}\nspec: {affinity: {nodeAffinity: null}, tolerations: null, containers: [null]}',
    );

    expect(problems).toEqual([]);
    expect(items).toMatchObject([{ kind: 'pod' }]);
  });

  it('requests that are missing, from limits', () => {
    const resources = { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } };
    const { items } = filesOf(
      JSON.stringify({
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'a', resources }] },
      }),
    );

    expect(items).toMatchObject([
      { pod: { spec: { containers: [{ resources: { requests: { cpu: '1', memory: '1Gi' } } }] } } },
    ]);
  });

  it('objects of other kinds, not at all', () => {
    expect(filesOf('kind: Service\nmetadata: {name: s}', 'kind: ConfigMap')).toMatchObject({
      items: [],
      problems: [],
    });
  });

  it('a Deployment, but not the ReplicaSet that is its own', () => {
    const template = '{spec: {containers: [{name: a}]}}';
    const owned = `kind: ReplicaSet\nmetadata: {name: web-1, ownerReferences: [{kind: Deployment, name: web}]}\nspec: {template: ${template}}`;
    const deployment = `kind: Deployment\nmetadata: {name: web}\nspec: {template: ${template}}`;

    expect(kindsOf(deployment, owned)).toEqual(['Deployment']);
    expect(kindsOf(owned)).toEqual(['ReplicaSet']);
  });
});
