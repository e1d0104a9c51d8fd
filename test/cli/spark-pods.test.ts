import { describe, expect, it } from 'vitest';
import { sparkJob } from '../../src/cli/spark-pods.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import type { JsonObject } from '../../src/facts/json.ts';
import { asObject } from '../../src/facts/json.ts';

const MI = 1024 ** 2;

/** Millicores and MiB that driver and executor request. */
function requests(spec: JsonObject): readonly (readonly [cpu: number, mib: number])[] {
  const { driver, executor } = sparkJob(spec);
  return [driver, executor].map(({ pod }) => {
    const metadata = { uid: 'u', name: 'p', namespace: 'default' };
    const { cpu = 0, memory = 0 } = podFacts({ ...pod, metadata }).requests;
    return [cpu, memory / MI];
  });
}

function specOf(role: 'driver' | 'executor', spec: JsonObject): JsonObject {
  return asObject(sparkJob(spec)[role].pod['spec']);
}

describe('what driver and executors request', () => {
  const cases: Readonly<
    Record<
      string,
      readonly [spec: JsonObject, driver: readonly [number, number], executor: readonly [number, number]]
    >
  > = {
    'nothing given: 1 CPU, 1 GiB and the least overhead': [{}, [1_000, 1_408], [1_000, 1_408]],
    'the job of the example': [
      { driver: { cores: 1, memory: '512m' }, executor: { cores: 1, memory: '512m' } },
      [1_000, 896],
      [1_000, 896],
    ],
    'a tenth of a large heap, rounded down': [
      { executor: { cores: 2, memory: '4g' } },
      [1_000, 1_408],
      [2_000, 4_505],
    ],
    'a part of a core, by coreRequest': [
      { driver: { coreRequest: '500m', cores: 2 }, executor: { coreRequest: '3400m', cores: 4 } },
      [500, 1_408],
      [3_400, 1_408],
    ],
    'overhead as given, with and without unit': [
      { driver: { memory: '1g', memoryOverhead: '1g' }, executor: { memory: '1G', memoryOverhead: '512' } },
      [1_000, 2_048],
      [1_000, 1_536],
    ],
    'overhead by a factor': [
      { memoryOverheadFactor: '0.5', driver: { memory: '2g' } },
      [1_000, 3_072],
      [1_000, 1_536],
    ],
    'Python: four tenths, and its own memory': [
      {
        type: 'Python',
        driver: { memory: '2g' },
        executor: { memory: '2g' },
        sparkConf: { 'spark.executor.pyspark.memory': '1g' },
      },
      [1_000, 2_867],
      [1_000, 3_891],
    ],
    'memory off the heap, in bytes': [
      { sparkConf: { 'spark.memory.offHeap.enabled': 'true', 'spark.memory.offHeap.size': '1073741824' } },
      [1_000, 1_408],
      [1_000, 2_432],
    ],
    'by Spark’s own configuration': [
      {
        sparkConf: {
          'spark.driver.cores': '2',
          'spark.driver.memory': '2g',
          'spark.driver.memoryOverheadFactor': '0.5',
          'spark.kubernetes.executor.request.cores': '250m',
          'spark.executor.memory': '2048',
          'spark.executor.minMemoryOverhead': '1g',
        },
      },
      [2_000, 3_072],
      [250, 3_072],
    ],
    'fields rather than Spark’s configuration': [
      { driver: { memory: '1g' }, sparkConf: { 'spark.driver.memory': '8g' } },
      [1_000, 1_408],
      [1_000, 1_408],
    ],
  };

  it.for(Object.entries(cases))('%s', ([, [spec, driver, executor]]) => {
    expect(requests(spec)).toEqual([driver, executor]);
  });

  it('sidecars beside them, and devices', () => {
    const sidecars = [{ name: 'proxy', resources: { requests: { cpu: '250m', memory: '128Mi' } } }];
    const spec = { executor: { sidecars, gpu: { name: 'nvidia.com/gpu', quantity: 2 } } };

    expect(requests(spec)[1]).toEqual([1_250, 1_536]);
    expect(specOf('executor', spec)).toMatchObject({
      containers: [{ resources: { requests: { 'nvidia.com/gpu': 2 } } }, { name: 'proxy' }],
    });
  });
});

describe('how many executors', () => {
  const instances = { executor: { instances: 3 } };

  it.for<readonly [JsonObject, number]>([
    [{}, 1],
    [instances, 3],
    [{ sparkConf: { 'spark.executor.instances': '4' } }, 4],
    [{ ...instances, dynamicAllocation: { enabled: true, maxExecutors: 9 } }, 9],
    [{ ...instances, dynamicAllocation: { enabled: false, maxExecutors: 9 } }, 3],
    [{ ...instances, dynamicAllocation: { enabled: true } }, 3],
    [
      {
        sparkConf: {
          'spark.dynamicAllocation.enabled': 'true',
          'spark.dynamicAllocation.maxExecutors': '7',
        },
      },
      7,
    ],
  ])('%j: %d', ([spec, count]) => {
    expect(sparkJob(spec).executor.count).toBe(count);
  });

  it('is the most when their number varies', () => {
    expect(sparkJob({ dynamicAllocation: { enabled: true } }).isDynamic).toBe(true);
    expect(sparkJob({}).isDynamic).toBe(false);
  });
});

describe('what reaches the spec of the pods', () => {
  it('node selectors of job, role and configuration', () => {
    const spec = {
      nodeSelector: { a: '1', b: '1' },
      driver: { nodeSelector: { b: '2' } },
      sparkConf: {
        'spark.kubernetes.node.selector.c': '3',
        'spark.kubernetes.executor.node.selector.d': '4',
      },
    };

    expect(specOf('driver', spec)['nodeSelector']).toEqual({ a: '1', b: '2', c: '3' });
    expect(specOf('executor', spec)['nodeSelector']).toEqual({ a: '1', b: '1', c: '3', d: '4' });
  });

  it('tolerations, affinity and priority of the role, over those of its template', () => {
    const template = { spec: { tolerations: [{ key: 'old' }], priorityClassName: 'low', hostNetwork: true } };
    const driver = { template, tolerations: [{ key: 'new' }], affinity: { nodeAffinity: {} } };

    expect(specOf('driver', { driver })).toMatchObject({
      tolerations: [{ key: 'new' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'low',
      hostNetwork: true,
    });
  });

  it('volumes that the role mounts', () => {
    const spec = {
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'other', emptyDir: {} },
      ],
      executor: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    };

    expect(specOf('executor', spec)['volumes']).toMatchObject([{ name: 'data' }]);
    expect(specOf('driver', spec)['volumes']).toEqual([]);
  });

  it('labels and annotations of configuration, template and role', () => {
    const { pod } = sparkJob({
      driver: { template: { metadata: { labels: { a: '1' } } }, annotations: { x: '1' } },
      sparkConf: { 'spark.kubernetes.driver.label.b': '2', 'spark.kubernetes.driver.annotation.y': '2' },
    }).driver;

    expect(pod['metadata']).toEqual({ labels: { a: '1', b: '2' }, annotations: { x: '1', y: '2' } });
  });
});

describe('what cannot be read', () => {
  it.for<readonly [JsonObject, string]>([
    [{ driver: { memory: 'much' } }, 'spec.driver.memory'],
    [{ executor: { cores: 'many' } }, 'spec.executor.cores'],
    [{ executor: { instances: -1 } }, 'spec.executor.instances'],
    [{ sparkConf: { 'spark.executor.instances': 'some' } }, 'spec.sparkConf.spark.executor.instances'],
    [{ memoryOverheadFactor: 'half' }, 'spec.memoryOverheadFactor'],
    [{ sparkConf: { 'spark.driver.memory': '1.5g' } }, 'spec.sparkConf.spark.driver.memory'],
  ])('%j: names %s', ([spec, path]) => {
    expect(() => sparkJob(spec)).toThrow(expect.objectContaining({ name: 'FieldProblem', path }));
  });
});
