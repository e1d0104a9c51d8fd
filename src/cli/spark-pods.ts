/**
 * The pods of a SparkApplication, as Spark Operator hands the job to spark-submit and Spark makes them
 * (BasicDriverFeatureStep and BasicExecutorFeatureStep of Spark 3 and 4): what they request, and what reaches their spec.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import { parseAmount } from '../facts/quantity.ts';
import { FieldProblem, wholeAt } from './field-problem.ts';

/** Pods of one kind. */
export interface SparkRole {
  readonly count: number;
  /** As the pod's metadata and spec; labels that Spark itself gives are not among them. */
  readonly pod: JsonObject;
}

export interface SparkJob {
  readonly driver: SparkRole;
  readonly executor: SparkRole;
  /** Whether the number of executors varies; the most is given. */
  readonly isDynamic: boolean;
}

type Role = 'driver' | 'executor';

const DEFAULT_MEMORY = '1g';
const DEFAULT_LEAST_OVERHEAD = '384m';
const JVM_OVERHEAD = 0.1;
/** Python and R need memory beside the JVM. */
const OTHER_OVERHEAD = 0.4;

/** @throws {FieldProblem} when an amount cannot be read. */
export function sparkJob(spec: JsonObject): SparkJob {
  const conf = asObject(spec['sparkConf']);
  const dynamic = asObject(spec['dynamicAllocation']);
  const isDynamic = String(dynamic['enabled'] ?? conf['spark.dynamicAllocation.enabled']) === 'true';
  return {
    driver: { count: 1, pod: new RoleReader(spec, 'driver').pod() },
    executor: { count: executors(spec, isDynamic), pod: new RoleReader(spec, 'executor').pod() },
    isDynamic,
  };
}

function executors(spec: JsonObject, isDynamic: boolean): number {
  const conf = asObject(spec['sparkConf']);
  const instances = wholeAt(
    asObject(spec['executor']),
    'instances',
    'spec.executor',
    wholeAt(numbers(conf), 'spark.executor.instances', 'spec.sparkConf', 1),
  );
  if (!isDynamic) return instances;
  const most = wholeAt(numbers(conf), 'spark.dynamicAllocation.maxExecutors', 'spec.sparkConf', instances);
  return wholeAt(asObject(spec['dynamicAllocation']), 'maxExecutors', 'spec.dynamicAllocation', most);
}

/** Spark's configuration holds numbers as text. */
function numbers(conf: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(conf).map(([key, value]) => [
      key,
      typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
    ]),
  );
}

class RoleReader {
  readonly #spec: JsonObject;
  readonly #role: Role;
  readonly #fields: JsonObject;
  readonly #conf: JsonObject;

  constructor(spec: JsonObject, role: Role) {
    this.#spec = spec;
    this.#role = role;
    this.#fields = asObject(spec[role]);
    this.#conf = asObject(spec['sparkConf']);
  }

  pod(): JsonObject {
    const template = asObject(this.#fields['template']);
    const metadata = asObject(template['metadata']);
    const spec = asObject(template['spec']);
    const [main, ...others] = listOf(spec['containers']);
    return {
      metadata: {
        labels: { ...asObject(metadata['labels']), ...this.#configured(`${this.#role}.label`) },
        annotations: {
          ...asObject(metadata['annotations']),
          ...this.#configured(`${this.#role}.annotation`),
          ...asObject(this.#fields['annotations']),
        },
      },
      spec: {
        ...spec,
        nodeSelector: {
          ...asObject(spec['nodeSelector']),
          ...this.#configured('node.selector'),
          ...this.#configured(`${this.#role}.node.selector`),
          ...asObject(this.#spec['nodeSelector']),
          ...asObject(this.#fields['nodeSelector']),
        },
        ...this.#taken('tolerations', 'affinity', 'priorityClassName', 'schedulerName', 'initContainers'),
        containers: [
          { ...asObject(main), name: `spark-kubernetes-${this.#role}`, resources: this.#resources() },
          ...others,
          ...listOf(this.#fields['sidecars']),
        ],
        volumes: [...listOf(spec['volumes']), ...this.#mounted()],
      },
    };
  }

  /** Fields of the role that are those of a pod. */
  #taken(...names: readonly string[]): JsonObject {
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = this.#fields[name] ?? undefined;
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** `spark.kubernetes.driver.label.team: a` → `{team: a}`. */
  #configured(part: string): JsonObject {
    const prefix = `spark.kubernetes.${part}.`;
    return Object.fromEntries(
      Object.entries(this.#conf)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), String(value)]),
    );
  }

  #mounted(): readonly unknown[] {
    const names = listOf(this.#fields['volumeMounts']).map((mount) => asObject(mount)['name']);
    return listOf(this.#spec['volumes']).filter((volume) => names.includes(asObject(volume)['name']));
  }

  #resources(): JsonObject {
    const role = this.#role;
    const cpu = this.#value('coreRequest', `spark.kubernetes.${role}.request.cores`) ??
      this.#value('cores', `spark.${role}.cores`) ?? { value: 1, path: '' };
    if (parseAmount('cpu', cpu.value) === undefined)
      throw new FieldProblem(cpu.path, 'must be a number of CPUs such as 2 or 500m');
    const gpu = asObject(this.#fields['gpu']);
    const devices = typeof gpu['name'] === 'string' ? { [gpu['name']]: gpu['quantity'] } : {};
    return { requests: { cpu: cpu.value, memory: `${this.#memoryMib()}Mi`, ...devices } };
  }

  #memoryMib(): number {
    const role = this.#role;
    const memory = this.#mib('memory', `spark.${role}.memory`, DEFAULT_MEMORY);
    const least = this.#mib(undefined, `spark.${role}.minMemoryOverhead`, DEFAULT_LEAST_OVERHEAD);
    const overhead = Math.max(least, Math.trunc(memory * this.#overheadFactor()));
    const all = memory + this.#mib('memoryOverhead', `spark.${role}.memoryOverhead`, `${overhead}m`);
    if (role === 'driver') return all;
    const isOffHeap = String(this.#conf['spark.memory.offHeap.enabled']) === 'true';
    return (
      all +
      (isOffHeap ? this.#mib(undefined, 'spark.memory.offHeap.size', '0b', 'b') : 0) +
      (this.#spec['type'] === 'Python' ? this.#mib(undefined, 'spark.executor.pyspark.memory', '0') : 0)
    );
  }

  #overheadFactor(): number {
    const own = this.#value(undefined, `spark.${this.#role}.memoryOverheadFactor`);
    const common = this.#value(undefined, 'spark.kubernetes.memoryOverheadFactor');
    const field = this.#spec['memoryOverheadFactor'] ?? undefined;
    const isJvm = this.#spec['type'] !== 'Python' && this.#spec['type'] !== 'R';
    const given = own ?? (field === undefined ? common : { value: field, path: 'spec.memoryOverheadFactor' });
    if (given === undefined) return isJvm ? JVM_OVERHEAD : OTHER_OVERHEAD;
    const factor = Number(given.value);
    if (factor >= 0) return factor;
    throw new FieldProblem(given.path, 'must be a number, 0 or more');
  }

  /** The role's own field, else what Spark's configuration says. */
  #value(
    field: string | undefined,
    key: string,
  ): { readonly value: unknown; readonly path: string } | undefined {
    const own = field === undefined ? undefined : (this.#fields[field] ?? undefined);
    if (own !== undefined) return { value: own, path: `spec.${this.#role}.${field}` };
    const configured = this.#conf[key] ?? undefined;
    return configured === undefined ? undefined : { value: configured, path: `spec.sparkConf.${key}` };
  }

  /** Memory as Spark reads it: `512m`, `4g`; a number alone is of the unit given. */
  #mib(field: string | undefined, key: string, absent: string, unit = 'm'): number {
    const { value, path } = this.#value(field, key) ?? { value: absent, path: '' };
    const match = /^\s*(\d+)\s*(?:([kmgtp])b?|(b))?\s*$/i.exec(String(value));
    if (match === null) throw new FieldProblem(path, 'must be an amount of memory such as 512m or 4g');
    const [, digits = '', suffix, bytes] = match;
    const power = ['b', 'k', 'm', 'g', 't', 'p'].indexOf((suffix ?? bytes ?? unit).toLowerCase());
    return Math.trunc((Number(digits) * 1024 ** power) / 1024 ** 2);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
