/**
 * A pod as etcd holds it: the bytes that the API server wrote, read without its help and without any code of the
 * extender. Field numbers are those of k8s.io/api core/v1 generated.proto.
 *
 * @module
 */
import { Message } from './wire.ts';

/** What the checker needs of a pod. */
export interface PodRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Empty: not bound. */
  readonly nodeName: string;
  /** Pending, Running, Succeeded, Failed; empty right after creation. */
  readonly phase: string;
  readonly isTerminating: boolean;
  readonly priority: number;
  /** Sum of the containers' requests. */
  readonly milliCpu: number;
  /** kube-scheduler evicted it in favour of another pod. */
  readonly isPreempted: boolean;
  /** Why it is not scheduled, in kube-scheduler's words; empty: nobody said. */
  readonly waitReason: string;
}

const MAGIC = Buffer.from('k8s\0');
const ENVELOPE = { raw: 2 };
const POD = { metadata: 1, spec: 2, status: 3 };
const METADATA = { name: 1, namespace: 3, uid: 5, deletionTimestamp: 9, labels: 11 };
const SPEC = { containers: 2, nodeName: 10, priority: 25 };
const CONTAINER = { resources: 8 };
const RESOURCES = { requests: 2 };
const ENTRY = { key: 1, value: 2 };
const QUANTITY = { text: 1 };
const STATUS = { phase: 1, conditions: 2 };
const CONDITION = { type: 1, status: 2, reason: 5, message: 6 };

/** @throws {Error} when the bytes are no object in protobuf. */
export function readPod(value: Uint8Array): PodRecord {
  if (!MAGIC.equals(value.subarray(0, MAGIC.length)))
    throw new Error('etcd holds something else than protobuf');
  const pod = new Message(new Message(value.subarray(MAGIC.length)).bytes(ENVELOPE.raw));
  const metadata = pod.message(POD.metadata);
  const spec = pod.message(POD.spec);
  const status = pod.message(POD.status);
  const conditions = status.messages(STATUS.conditions);
  const condition = (type: string): Message | undefined =>
    conditions.find((each) => each.text(CONDITION.type) === type);
  return {
    namespace: metadata.text(METADATA.namespace),
    name: metadata.text(METADATA.name),
    uid: metadata.text(METADATA.uid),
    labels: metadata.texts(METADATA.labels),
    nodeName: spec.text(SPEC.nodeName),
    phase: status.text(STATUS.phase),
    isTerminating: metadata.has(METADATA.deletionTimestamp),
    priority: spec.integer(SPEC.priority),
    milliCpu: milliCpuOf(spec),
    isPreempted: condition('DisruptionTarget')?.text(CONDITION.reason) === 'PreemptionByScheduler',
    waitReason: condition('PodScheduled')?.text(CONDITION.message) ?? '',
  };
}

function milliCpuOf(spec: Message): number {
  const quantities = spec.messages(SPEC.containers).flatMap((container) =>
    container
      .message(CONTAINER.resources)
      .messages(RESOURCES.requests)
      .filter((entry) => entry.text(ENTRY.key) === 'cpu')
      .map((entry) => entry.message(ENTRY.value).text(QUANTITY.text)),
  );
  return quantities.reduce((sum, quantity) => sum + milliOf(quantity), 0);
}

/** Of `2` or `500m`: the pods of these tests are ours, and so is the way their requests are written. */
function milliOf(quantity: string): number {
  const match = /^(\d+)(m?)$/.exec(quantity);
  if (match === null) throw new Error(`a cpu request of ${quantity} is none of ours`);
  return Number(match[1]) * (match[2] === 'm' ? 1 : 1000);
}
