/**
 * The shape of the fields of a Pod that become facts. The API server's pods have it; whoever else calls may send anything.
 *
 * @module
 */
import type { Shape } from './shape.ts';

const TEXTS: Shape = { mapOf: 'text' };
const QUANTITIES: Shape = { mapOf: 'quantity' };
const RESOURCES: Shape = { fields: { requests: QUANTITIES } };
const CONTAINERS: Shape = {
  listOf: { fields: { name: 'text', restartPolicy: 'text', resources: RESOURCES } },
};
const CONTAINER_STATUSES: Shape = {
  listOf: { fields: { name: 'text', resources: RESOURCES, allocatedResources: QUANTITIES } },
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
