import { describe, expect, it } from 'vitest';
import { lintFiles } from '../../src/cli/lint-manifests.ts';
import { VIRTUAL_NODES } from '../support/builders.ts';

const POLICY = `apiVersion: scheduling.alibabacloud.com/v1alpha1
kind: ResourcePolicy
metadata:
  name: spark
spec:
  selector:
    app: spark
  units:
    - resource: ecs
      max: 2
    - resource: eci
      max: 3
`;

const documents = (...texts: readonly string[]): string => texts.join('---\n');

/** `FILE:LINE path [code]` of each finding, then `FILE:LINE message` of each place that cannot be read. */
function lint(...texts: readonly string[]): readonly string[] {
  const files = texts.map((text, index) => ({ name: `f${index + 1}.yaml`, text }));
  const { findings, unreadable } = lintFiles(files, VIRTUAL_NODES);
  return [
    ...findings.map(({ file, line, path, code }) => `${file}:${line} ${path} [${code}]`),
    ...unreadable.map(({ file, line, message }) => `${file}:${line} ${message}`),
  ];
}

const messages = (text: string): readonly string[] =>
  lintFiles([{ name: 'f.yaml', text }], VIRTUAL_NODES).findings.map(({ message }) => message);

/** A manifest of a kind with these lines in its spec. */
const manifest = (kind: string, ...spec: readonly string[]): string =>
  [`kind: ${kind}`, 'metadata: {name: pi}', 'spec:', ...spec.map((line) => `  ${line}`), ''].join('\n');
const template = 'template: {metadata: {labels: {app: spark}}}';

const pod = (job: string, phase = 'Pending'): string =>
  `kind: Pod\nmetadata: {name: p, labels: {app: spark, job: ${job}}}\nstatus: {phase: ${phase}}\n`;

const node = (name: string, label = 'a'): string =>
  `kind: Node\nmetadata: {name: ${name}, labels: {kind: ${label}}}\n`;

describe('lint of files', () => {
  it('finds nothing in a clean policy, whatever stands beside it', () => {
    expect(lint(documents(POLICY, 'kind: ConfigMap\nmetadata: {name: c}\n', '\n'))).toEqual([]);
  });

  it('names the line of the field, in any document of any file', () => {
    const flawed = POLICY.replace('max: 2', 'max: 0')
      .replace('app: spark', 'stage: test')
      .replace('name: spark', 'name: flawed');

    expect(
      lint(POLICY, documents(POLICY.replace('name: spark', 'name: other').replace('app:', 'team:'), flawed)),
    ).toEqual(['f2.yaml:23 spec.units[0].max [takes-no-pod]']);
  });

  it('finds lines of fields whose names hold dots, in flow style and in JSON', () => {
    const yaml = POLICY.replace(
      'max: 2',
      'maxResources:\n        cpu: 4\n        a.b/c: 1\n        memory: 8m',
    );
    const flow = POLICY.replace('max: 2', 'maxResources: {cpu: 4,\n        memory: 8m}');
    const json = JSON.stringify(
      {
        apiVersion: 'scheduling.alibabacloud.com/v1alpha1',
        kind: 'ResourcePolicy',
        metadata: { name: 'spark' },
        spec: { units: [{ resource: 'ecs', max: 0 }] },
      },
      null,
      1,
    );

    // The one in JSON selects every pod of the namespace.
    expect(lint(yaml, flow.replace('spark', 'b').replace('app', 'b'), json.replace('spark', 'c'))).toEqual([
      'f1.yaml:13 spec.units[0].maxResources.memory [tiny-limit]',
      'f1.yaml:6 spec.selector [overlapping-policies]',
      'f2.yaml:11 spec.units[0].maxResources.memory [tiny-limit]',
      'f2.yaml:6 spec.selector [overlapping-policies]',
      'f3.yaml:11 spec.units[0].max [takes-no-pod]',
    ]);
  });

  it('reads the items of Lists', () => {
    const items = documents(POLICY.replace('max: 2', 'max: 0'))
      .replace(/^/gm, '    ')
      .replace('    ', '  - ')
      .trimEnd();

    expect(lint(`kind: List\nitems:\n${items}\n`)).toEqual(['f1.yaml:12 spec.units[0].max [takes-no-pod]']);
  });

  it('says what is invalid, and judges nothing else of such a policy', () => {
    const text = POLICY.replace('max: 2', 'max: -1')
      .replace('max: 3', 'max: 0')
      .replace('  name: spark\n', '')
      .replace('app: spark', 'app: yes')
      .replace('v1alpha1', 'v1');

    expect(lint(text)).toEqual([
      'f1.yaml:3 metadata.name [invalid]',
      'f1.yaml:1 apiVersion [invalid]',
      'f1.yaml:5 spec.selector [invalid]',
      'f1.yaml:9 spec.units[0].max [invalid]',
    ]);
    expect(messages(text)).toContain('must map label names to strings (quote values such as "true")');
  });

  it('names fields that a ResourcePolicy does not have: without their name spelt right there is no limit', () => {
    expect(
      lint(POLICY.replace('max: 2', 'maxs: 2').replace('units:', 'whenTryNextUnit: {}\n  units:')),
    ).toEqual(['f1.yaml:8 spec.whenTryNextUnit [invalid]', 'f1.yaml:11 spec.units[0].maxs [invalid]']);
  });

  it('takes the keys of maps as they come', () => {
    expect(
      lint(
        POLICY.replace(
          'max: 2',
          'max: 2\n      podLabels: {anything: goes}\n      nodeSelector: {any.thing/at: all}',
        ),
      ),
    ).toEqual([]);
  });

  it('says which line is no YAML, and reads the other documents', () => {
    expect(lint(documents('a: [1\nb: 2\n', POLICY.replace('max: 2', 'max: 0')))).toEqual([
      'f1.yaml:13 spec.units[0].max [takes-no-pod]',
      expect.stringMatching(/^f1\.yaml:\d is no YAML: /),
    ]);
    expect(lint('just words\n', 'a: 1\n')).toEqual([
      'f1.yaml:1 is no Kubernetes object: it has no kind',
      'f2.yaml:1 is no Kubernetes object: it has no kind',
    ]);
  });

  it('does not unfold aliases without end', () => {
    const bomb = [
      'a: &a [x]',
      ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]},`.repeat(9)}]`),
    ];

    expect(lint(`${bomb.join('\n')}\nkind: ResourcePolicy\n`)).toEqual([
      'f1.yaml:1 is no Kubernetes object: it has no kind',
    ]);
  });
});

describe('jobs of the same files and namespace', () => {
  const cases: Record<string, { text: string; pods: number }> = {
    'a SparkApplication: a driver and its executors': {
      text: manifest('SparkApplication', 'executor: {instances: 5}').replace(
        'spec:',
        'spec:\n  driver: {labels: {app: spark}}',
      ),
      // Only the driver is labelled so.
      pods: 1,
    },
    'a Deployment': { text: manifest('Deployment', 'replicas: 7', template), pods: 7 },
    'a StatefulSet': { text: manifest('StatefulSet', 'replicas: 6', template), pods: 6 },
    'a Job that runs 8 at once': { text: manifest('Job', 'parallelism: 8', template), pods: 8 },
    'a Job that runs 8 at once until 6 are done': {
      text: manifest('Job', 'parallelism: 8', 'completions: 6', template),
      pods: 6,
    },
    'a Deployment without replicas': { text: manifest('Deployment', template), pods: 1 },
    'one of other labels': { text: manifest('Deployment', 'replicas: 7', 'template: {}'), pods: 0 },
    'one of another namespace': {
      text: manifest('Deployment', 'replicas: 7', template).replace('name: pi', 'name: pi, namespace: other'),
      pods: 0,
    },
  };

  it.for(Object.entries(cases))('%s', ([, { text, pods }]) => {
    const said = messages(documents(POLICY, text)).map((message) => /has (\d+)/.exec(message)?.[1]);

    expect(said).toEqual(pods > 5 ? [String(pods)] : []);
  });

  it('a SparkApplication has the labels of Spark Operator, and as many executors as it may allocate', () => {
    const policy = POLICY.replace(
      'app: spark',
      "sparkoperator.k8s.io/launched-by-spark-operator: 'true'",
    ).replace('units:', 'matchLabelKeys: [sparkoperator.k8s.io/submission-id]\n  units:');
    const fixed = manifest('SparkApplication', 'executor: {instances: 5}');
    const dynamic = manifest(
      'SparkApplication',
      'executor: {instances: 2}',
      'dynamicAllocation: {enabled: true, maxExecutors: 9}',
    );

    expect(messages(documents(policy, fixed))).toEqual([
      'together the units take at most 5 pods of a group, and SparkApplication pi has 6: 1 of them waits until others ' +
        'end; raise a max, or add a unit without one',
    ]);
    expect(messages(documents(policy, dynamic))[0]).toContain('SparkApplication pi has 10: 5 of them wait');
  });

  it('bare pods stand for a job by their group, those that have ended left out', () => {
    const grouped = POLICY.replace('units:', 'matchLabelKeys: [job]\n  units:');
    const six = ['a', 'a', 'a', 'a', 'a', 'a'].map((job) => pod(job));

    expect(messages(documents(grouped, ...six, pod('b'), pod('a', 'Succeeded')))).toEqual([
      'together the units take at most 5 pods of a group, and the set of pods given as group a has 6: 1 of them waits ' +
        'until others end; raise a max, or add a unit without one',
    ]);
  });

  it('jobs without a label of matchLabelKeys are named', () => {
    const grouped = POLICY.replace('units:', 'matchLabelKeys: [job-name]\n  units:');

    expect(lint(documents(grouped, manifest('Deployment', template)))).toEqual([
      'f1.yaml:8 spec.matchLabelKeys [ungrouped-job]',
    ]);
    // Kubernetes itself gives the pods of a Job this label.
    expect(lint(documents(grouped, manifest('Job', template)))).toEqual([]);
  });

  it('policies of one namespace that select the same pods are named, each with the other', () => {
    const twin = POLICY.replace('name: spark', 'name: twin');

    expect(lint(POLICY, twin)).toEqual([
      'f1.yaml:6 spec.selector [overlapping-policies]',
      'f2.yaml:6 spec.selector [overlapping-policies]',
    ]);
    expect(lint(POLICY, twin.replace('name: twin', 'name: twin\n  namespace: other'))).toEqual([]);
  });
});

describe('a policy that is defined twice', () => {
  const other = POLICY.replace('app: spark', 'stage: test');

  it('is named in both places, each with the other, whatever it selects', () => {
    expect(lint(POLICY, documents('kind: ConfigMap\nmetadata: {name: c}\n', other))).toEqual([
      'f1.yaml:4 metadata.name [defined-twice]',
      'f2.yaml:7 metadata.name [defined-twice]',
    ]);
    expect(messages(documents(POLICY, other))).toEqual([
      'is that of f.yaml:17, too: the one that is applied last replaces the other; rename one of them',
      'is that of f.yaml:4, too: the one that is applied last replaces the other; rename one of them',
    ]);
  });

  it('is another one in another namespace, or by another name', () => {
    expect(lint(POLICY, other.replace('name: spark', 'name: spark\n  namespace: other'))).toEqual([]);
    expect(lint(POLICY, other.replace('name: spark', 'name: other'))).toEqual([]);
  });
});

describe('nodes of the same files', () => {
  const virtual = 'kind: Node\nmetadata: {name: v, labels: {type: virtual-kubelet}}\n';

  it('tell which units have none', () => {
    expect(lint(documents(POLICY, node('n1')))).toEqual(['f1.yaml:11 spec.units[1].resource [no-node]']);
    expect(lint(documents(POLICY, node('n1'), virtual))).toEqual([]);
  });

  it('are not known when there are none in the files', () => {
    expect(lint(POLICY)).toEqual([]);
  });
});
