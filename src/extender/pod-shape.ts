/**
 * The shape of the fields of a Pod that are read. The API server's pods have it; whoever else calls may send anything.
 *
 * @module
 */
import type { Shape } from './shape.ts';

const TEXTS: Shape = { mapOf: 'text' };
const QUANTITIES: Shape = { mapOf: 'quantity' };
const RESOURCES: Shape = { fields: { requests: QUANTITIES } };
const PORTS: Shape = { listOf: { fields: { hostPort: 'whole' } } };
const CONTAINERS: Shape = {
  listOf: { fields: { name: 'text', restartPolicy: 'text', resources: RESOURCES, ports: PORTS } },
};
const CONTAINER_STATUSES: Shape = {
  listOf: { fields: { name: 'text', resources: RESOURCES, allocatedResources: QUANTITIES } },
};

/** Objects of which only the number, or the presence of a field, matters. */
const OBJECTS: Shape = { listOf: { fields: {} } };
const REQUIREMENTS: Shape = {
  listOf: { fields: { key: 'text', operator: 'text', values: { listOf: 'text' } } },
};
const NODE_TERMS: Shape = {
  listOf: { fields: { matchExpressions: REQUIREMENTS, matchFields: REQUIREMENTS } },
};
const POD_AFFINITY: Shape = { fields: { requiredDuringSchedulingIgnoredDuringExecution: OBJECTS } };
const AFFINITY: Shape = {
  fields: {
    nodeAffinity: {
      fields: {
        requiredDuringSchedulingIgnoredDuringExecution: { fields: { nodeSelectorTerms: NODE_TERMS } },
      },
    },
    podAffinity: POD_AFFINITY,
    podAntiAffinity: POD_AFFINITY,
  },
};
const TOLERATIONS: Shape = {
  listOf: { fields: { key: 'text', operator: 'text', value: 'text', effect: 'text' } },
};

export const POD_SHAPE: Shape = {
  fields: {
    metadata: {
      fields: {
        resourceVersion: 'text',
        creationTimestamp: 'time',
        deletionTimestamp: 'time',
        labels: TEXTS,
        annotations: TEXTS,
      },
    },
    spec: {
      fields: {
        nodeName: 'text',
        priority: 'whole',
        preemptionPolicy: 'text',
        containers: CONTAINERS,
        initContainers: CONTAINERS,
        overhead: QUANTITIES,
        resources: RESOURCES,
        schedulerName: 'text',
        schedulingGates: { listOf: { fields: { name: 'text' } } },
        nodeSelector: TEXTS,
        affinity: AFFINITY,
        tolerations: TOLERATIONS,
        topologySpreadConstraints: { listOf: { fields: { whenUnsatisfiable: 'text' } } },
        volumes: OBJECTS,
        resourceClaims: OBJECTS,
      },
    },
    status: {
      fields: {
        phase: 'text',
        nominatedNodeName: 'text',
        conditions: {
          listOf: {
            fields: {
              type: 'text',
              status: 'text',
              reason: 'text',
              message: 'text',
              lastTransitionTime: 'time',
            },
          },
        },
        resources: RESOURCES,
        allocatedResources: QUANTITIES,
        containerStatuses: CONTAINER_STATUSES,
        initContainerStatuses: CONTAINER_STATUSES,
      },
    },
  },
};
