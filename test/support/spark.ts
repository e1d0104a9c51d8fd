/**
 * The pods of a Spark job as Spark Operator's spark-submit and the driver make them: names, labels, owners, requests.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';

/** The parts of a SparkApplication that become pods. */
export interface SparkApplication {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly image: string;
    readonly sparkVersion: string;
    readonly driver: SparkRole & { readonly serviceAccount: string };
    readonly executor: SparkRole & { readonly instances: number };
  };
}

interface SparkRole {
  readonly cores: number;
  readonly coreLimit?: string;
  readonly memory: string;
  readonly tolerations?: readonly Readonly<Record<string, string>>[];
  readonly affinity?: Readonly<Record<string, unknown>>;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface PodManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Spark's default memory overhead: a tenth, but at least this many MiB. */
const LEAST_OVERHEAD_MIB = 384;

/** One submission of an application: its own submission-id, so its own group under the policy. */
export class Submission {
  readonly #app: SparkApplication;
  readonly #isByOperator: boolean;
  readonly submissionId = randomUUID();
  readonly #appSelector = `spark-${randomBytes(16).toString('hex')}`;
  readonly #executorPrefix: string;

  /** @param submitter who calls spark-submit: without Spark Operator pods lack its labels. */
  constructor(app: SparkApplication, submitter: 'operator' | 'user' = 'operator') {
    this.#app = app;
    this.#isByOperator = submitter === 'operator';
    this.#executorPrefix = `${app.metadata.name}-${randomBytes(8).toString('hex')}-exec`;
  }

  driver(): PodManifest {
    const { metadata, spec } = this.#app;
    return this.#pod(`${metadata.name}-driver`, 'driver', {
      role: spec.driver,
      labels: this.#isByOperator ? { 'sparkoperator.k8s.io/mutated-by-spark-operator': 'true' } : {},
      spec: { serviceAccountName: spec.driver.serviceAccount },
    });
  }

  /**
   * Executor `id`, from 1.
   *
   * @param driverUid uid of the driver pod, which owns the executors.
   */
  executor(id: number, driverUid: string): PodManifest {
    const { metadata, spec } = this.#app;
    const pod = this.#pod(`${this.#executorPrefix}-${id}`, 'executor', {
      role: spec.executor,
      labels: { 'spark-exec-id': String(id) },
      spec: {},
    });
    const driver = {
      apiVersion: 'v1',
      kind: 'Pod',
      name: `${metadata.name}-driver`,
      uid: driverUid,
      controller: true,
    };
    return { ...pod, metadata: { ...pod.metadata, ownerReferences: [driver] } };
  }

  get executorCount(): number {
    return this.#app.spec.executor.instances;
  }

  #pod(
    name: string,
    roleName: 'driver' | 'executor',
    parts: { role: SparkRole; labels: Record<string, string>; spec: Record<string, unknown> },
  ): PodManifest {
    const { metadata, spec } = this.#app;
    const memory = memoryWithOverhead(parts.role.memory);
    const { affinity, nodeSelector, annotations } = parts.role;
    const operatorLabels = {
      'sparkoperator.k8s.io/app-name': metadata.name,
      'sparkoperator.k8s.io/launched-by-spark-operator': 'true',
      'sparkoperator.k8s.io/submission-id': this.submissionId,
    };
    const cpuLimit = parts.role.coreLimit === undefined ? {} : { cpu: parts.role.coreLimit };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: metadata.namespace,
        labels: {
          ...(this.#isByOperator ? operatorLabels : {}),
          ...parts.role.labels,
          'spark-role': roleName,
          'spark-app-name': metadata.name,
          'spark-app-selector': this.#appSelector,
          'spark-version': spec.sparkVersion,
          ...parts.labels,
        },
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec: {
        restartPolicy: 'Never',
        ...parts.spec,
        tolerations: parts.role.tolerations ?? [],
        ...(affinity === undefined ? {} : { affinity }),
        ...(nodeSelector === undefined ? {} : { nodeSelector }),
        containers: [
          {
            name: `spark-kubernetes-${roleName}`,
            image: spec.image,
            args: [roleName],
            resources: {
              requests: { cpu: String(parts.role.cores), memory },
              limits: { ...cpuLimit, memory },
            },
          },
        ],
      },
    };
  }
}

/** Java's `512m` or `4g` → Kubernetes' `896Mi`, overhead included. */
function memoryWithOverhead(memory: string): string {
  const match = /^(\d+)([mg])b?$/i.exec(memory);
  if (match === null) throw new Error(`memory ${memory} is not a number of m or g`);
  const mib = Number(match[1]) * (match[2]?.toLowerCase() === 'g' ? 1024 : 1);
  return `${mib + Math.max(LEAST_OVERHEAD_MIB, Math.floor(mib / 10))}Mi`;
}
