/**
 * What a pod requests, counted as kube-scheduler counts it: PodRequests of k8s.io/component-helpers
 * resource/helpers.go, with the options of pkg/scheduler/framework/types.go (CalculateResource, 1.36). Pure.
 *
 * @module
 */
import { parseBillionths, wholeAmount } from './quantity.ts';

/**
 * Requests by resource name, in the whole units of `parseAmount` (cpu in millicores). A resource that is absent is not
 * requested; none is 0. `pods` is always there and 1.
 */
export type Requests = Readonly<Record<string, number>>;

type Quantities = Readonly<Record<string, unknown>> | null;

interface ResourcesObject {
  readonly requests?: Quantities;
}

interface ContainerObject {
  readonly name?: string;
  /** `Always` on an init container makes it a sidecar: it keeps running beside all that start after it. */
  readonly restartPolicy?: string | null;
  readonly resources?: ResourcesObject | null;
}

/** What a container, or the pod as a whole, holds on its node; differs from the spec while a resize is under way. */
interface HeldObject {
  readonly resources?: ResourcesObject | null;
  readonly allocatedResources?: Quantities;
}

interface ContainerStatusObject extends HeldObject {
  readonly name?: string;
}

/** The parts of a pod's spec that bear on its requests. */
export interface PodSpecObject {
  readonly containers?: readonly ContainerObject[] | null;
  /** In the order in which they start. */
  readonly initContainers?: readonly ContainerObject[] | null;
  readonly overhead?: Quantities;
  /** Pod-level resources. */
  readonly resources?: ResourcesObject | null;
}

/** The parts of a pod's status that bear on its requests, once it runs. */
export interface PodStatusObject extends HeldObject {
  readonly containerStatuses?: readonly ContainerStatusObject[] | null;
  readonly initContainerStatuses?: readonly ContainerStatusObject[] | null;
  readonly conditions?: readonly { readonly type?: string; readonly reason?: string }[] | null;
}

/** Billionths by resource name: summed exactly, rounded once at the end. */
type Demand = Map<string, bigint>;

/**
 * Requests of a pod: the most that runs at one time (each init container beside the sidecars started before it, or
 * all containers and sidecars), replaced by pod-level requests for the resources that can have them (cpu, memory,
 * hugepages), plus overhead.
 *
 * Limits are not looked at: the API server writes missing requests from them when it creates the pod. A quantity that
 * cannot be read counts as not there; the API server admits none. Devices of resource claims do not count.
 *
 * @param spec `undefined` is a pod of which nothing is known: it requests `{ pods: 1 }`.
 * @param status Makes a pod whose resize is under way count with the larger of what it asks for and what it holds, and
 *   one whose resize the node cannot do with what it holds. Absent: as if no resize were under way.
 */
export function requestsOf(spec: PodSpecObject = {}, status: PodStatusObject = {}): Requests {
  const demand = peakOf(spec, status);
  const podLevel = spec.resources?.requests;
  const podDemand = effective(podLevel, status, isInfeasible(status));
  for (const resource of read(podLevel).keys()) {
    if (isPodLevelResource(resource)) demand.set(resource, podDemand.get(resource) ?? 0n);
  }
  add(demand, read(spec.overhead));

  const requests: [string, number][] = [];
  for (const [resource, billionths] of demand) {
    if (billionths > 0n) requests.push([resource, wholeAmount(resource, billionths)]);
  }
  return Object.fromEntries([...requests, ['pods', 1]]);
}

/** The most that the containers of a pod request at one time, resource by resource. */
function peakOf(spec: PodSpecObject, status: PodStatusObject): Demand {
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const held = new Map(statuses.map((container) => [container.name, container]));
  const isStuck = isInfeasible(status);
  const demandOf = ({ name, resources }: ContainerObject): Demand =>
    effective(resources?.requests, held.get(name), isStuck);

  const running: Demand = new Map();
  const starting: Demand = new Map();
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(running, demandOf(container));
    } else {
      // An init container that ends cannot be resized: its status says nothing that the spec does not.
      const beside = new Map(running);
      add(beside, read(container.resources?.requests));
      raise(starting, beside);
    }
  }
  for (const container of spec.containers ?? []) add(running, demandOf(container));
  raise(running, starting);
  return running;
}

/** What counts of a request, given what is held already. */
function effective(asked: Quantities | undefined, held: HeldObject | undefined, isStuck: boolean): Demand {
  if (!held?.resources) return read(asked);
  const demand = read(held.resources.requests);
  raise(demand, read(held.allocatedResources));
  if (!isStuck) raise(demand, read(asked));
  return demand;
}

/** Whether the kubelet found that the node can never hold what a resize asks for. */
function isInfeasible({ conditions }: PodStatusObject): boolean {
  return conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible';
}

function isPodLevelResource(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');
}

function read(quantities: Quantities | undefined): Demand {
  const demand: Demand = new Map();
  for (const [resource, quantity] of Object.entries(quantities ?? {})) {
    const billionths = parseBillionths(quantity);
    if (billionths !== undefined) demand.set(resource, billionths);
  }
  return demand;
}

function add(to: Demand, demand: Demand): void {
  for (const [resource, billionths] of demand) to.set(resource, (to.get(resource) ?? 0n) + billionths);
}

function raise(to: Demand, demand: Demand): void {
  for (const [resource, billionths] of demand) {
    if (billionths > (to.get(resource) ?? 0n)) to.set(resource, billionths);
  }
}
