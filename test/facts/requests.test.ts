import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodSpecObject, PodStatusObject, Requests } from '../../src/facts/requests.ts';
import { requestsOf } from '../../src/facts/requests.ts';

type Container = NonNullable<PodSpecObject['containers']>[number];

function asks(requests: Record<string, string>): Container {
  return { name: 'main', resources: { requests } };
}

function sidecar(requests: Record<string, string>): Container {
  return { name: 'proxy', restartPolicy: 'Always', resources: { requests } };
}

function holds(
  name: string,
  cpu: string,
  allocated: string,
): NonNullable<PodStatusObject['containerStatuses']> {
  return [{ name, resources: { requests: { cpu } }, allocatedResources: { cpu: allocated } }];
}

const KI = 1_024;
const MI = 2 ** 20;

describe('requests of a pod', () => {
  const cases: Record<string, { spec: PodSpecObject; want: Requests }> = {
    'without any': { spec: { containers: [{}] }, want: { pods: 1 } },
    'of one container': {
      spec: { containers: [asks({ cpu: '500m', memory: '1Ki', 'nvidia.com/gpu': '2' })] },
      want: { cpu: 500, memory: KI, 'nvidia.com/gpu': 2, pods: 1 },
    },
    'containers add up': {
      spec: { containers: [asks({ cpu: '1' }), asks({ cpu: '250m', memory: '1Mi' })] },
      want: { cpu: 1_250, memory: MI, pods: 1 },
    },
    'are rounded once, after adding up': {
      spec: { containers: [asks({ memory: '100m' }), asks({ memory: '100m' })] },
      want: { memory: 1, pods: 1 },
    },
    'nothing of a resource is no request': {
      spec: { containers: [asks({ cpu: '0', memory: '0Mi' })] },
      want: { pods: 1 },
    },
    'limits are no requests': {
      spec: {
        containers: [{ resources: Object.assign({ requests: { cpu: '1' } }, { limits: { memory: '1' } }) }],
      },
      want: { cpu: 1_000, pods: 1 },
    },
    'an init container smaller than the rest': {
      spec: { containers: [asks({ cpu: '2' })], initContainers: [asks({ cpu: '1' })] },
      want: { cpu: 2_000, pods: 1 },
    },
    'an init container larger in one resource': {
      spec: {
        containers: [asks({ cpu: '2', memory: '1Ki' })],
        initContainers: [asks({ cpu: '1', memory: '2Ki' })],
      },
      want: { cpu: 2_000, memory: 2 * KI, pods: 1 },
    },
    'init containers run one after the other': {
      spec: { containers: [asks({ cpu: '1' })], initContainers: [asks({ cpu: '2' }), asks({ cpu: '3' })] },
      want: { cpu: 3_000, pods: 1 },
    },
    'a sidecar runs beside the containers': {
      spec: { containers: [asks({ cpu: '1' })], initContainers: [sidecar({ cpu: '500m' })] },
      want: { cpu: 1_500, pods: 1 },
    },
    'a sidecar runs beside the init containers after it': {
      spec: {
        containers: [asks({ cpu: '1' })],
        initContainers: [sidecar({ cpu: '500m' }), asks({ cpu: '4' })],
      },
      want: { cpu: 4_500, pods: 1 },
    },
    'but not beside those before it': {
      spec: {
        containers: [asks({ cpu: '1' })],
        initContainers: [asks({ cpu: '4' }), sidecar({ cpu: '500m' })],
      },
      want: { cpu: 4_000, pods: 1 },
    },
    'sidecars add up': {
      spec: {
        containers: [asks({ cpu: '1' })],
        initContainers: [
          sidecar({ cpu: '1' }),
          asks({ cpu: '1' }),
          sidecar({ cpu: '1' }),
          asks({ cpu: '3' }),
        ],
      },
      want: { cpu: 5_000, pods: 1 },
    },
    'a container that restarts OnFailure is no sidecar': {
      spec: {
        containers: [asks({ cpu: '1' })],
        initContainers: [{ ...asks({ cpu: '500m' }), restartPolicy: 'OnFailure' }],
      },
      want: { cpu: 1_000, pods: 1 },
    },
    'overhead is added': {
      spec: { containers: [asks({ cpu: '1' })], overhead: { cpu: '250m', memory: '1Mi' } },
      want: { cpu: 1_250, memory: MI, pods: 1 },
    },
    'overhead is added to an init container too': {
      spec: {
        containers: [asks({ cpu: '1' })],
        initContainers: [asks({ cpu: '2' })],
        overhead: { cpu: '250m' },
      },
      want: { cpu: 2_250, pods: 1 },
    },
    'pod-level requests stand above the containers’': {
      spec: {
        containers: [asks({ cpu: '1', memory: '1Ki', 'hugepages-2Mi': '2Mi' })],
        resources: { requests: { cpu: '3', memory: '512', 'hugepages-2Mi': '4Mi' } },
      },
      want: { cpu: 3_000, memory: 512, 'hugepages-2Mi': 4 * MI, pods: 1 },
    },
    'pod-level requests for some resources leave the others': {
      spec: { containers: [asks({ cpu: '1', memory: '1Ki' })], resources: { requests: { cpu: '3' } } },
      want: { cpu: 3_000, memory: KI, pods: 1 },
    },
    'pod-level requests of nothing': {
      spec: { containers: [asks({ cpu: '1' })], resources: { requests: { cpu: '0' } } },
      want: { pods: 1 },
    },
    'a device has no pod-level request': {
      spec: {
        containers: [asks({ 'nvidia.com/gpu': '1' })],
        resources: { requests: { 'nvidia.com/gpu': '5', 'ephemeral-storage': '1Ki' } },
      },
      want: { 'nvidia.com/gpu': 1, pods: 1 },
    },
    'overhead is added to pod-level requests': {
      spec: {
        containers: [asks({ cpu: '1' })],
        resources: { requests: { cpu: '3' } },
        overhead: { cpu: '250m' },
      },
      want: { cpu: 3_250, pods: 1 },
    },
    'what is no quantity counts as not there': {
      spec: { containers: [asks({ cpu: 'much', memory: '1Ki' })] },
      want: { memory: KI, pods: 1 },
    },
    'what is no quantity counts as not there at pod level either': {
      spec: { containers: [asks({ cpu: '1' })], resources: { requests: { cpu: 'much' } } },
      want: { cpu: 1_000, pods: 1 },
    },
    'null, as Go clients write it, is empty': {
      spec: {
        containers: [{ resources: null }, { resources: { requests: null } }],
        initContainers: null,
        overhead: null,
        resources: null,
      },
      want: { pods: 1 },
    },
  };

  it.for(Object.entries(cases))('%s', ([, { spec, want }]) => {
    expect(requestsOf(spec)).toEqual(want);
  });

  it('of which nothing is known', () => {
    expect(requestsOf(undefined)).toEqual({ pods: 1 });
  });
});

describe('requests of a pod that is resized in place', () => {
  const INFEASIBLE = [{ type: 'PodResizePending', reason: 'Infeasible' }];
  const DEFERRED = [{ type: 'PodResizePending', reason: 'Deferred' }];

  const spec: PodSpecObject = { containers: [asks({ cpu: '2' })] };
  const withSidecar: PodSpecObject = { containers: [{}], initContainers: [sidecar({ cpu: '1' })] };
  const podLevel: PodSpecObject = { containers: [{}], resources: { requests: { cpu: '2' } } };

  const cases: Record<string, { spec: PodSpecObject; status: PodStatusObject; want: number }> = {
    'no resize': { spec, status: { containerStatuses: holds('main', '2', '2') }, want: 2_000 },
    'up: what it asks for': { spec, status: { containerStatuses: holds('main', '1', '1') }, want: 2_000 },
    'down: what it still holds': {
      spec,
      status: { containerStatuses: holds('main', '3', '2') },
      want: 3_000,
    },
    'down: what is still allocated': {
      spec,
      status: { containerStatuses: holds('main', '2', '3') },
      want: 3_000,
    },
    'deferred: what it asks for': {
      spec,
      status: { containerStatuses: holds('main', '1', '1'), conditions: DEFERRED },
      want: 2_000,
    },
    'infeasible: what it holds': {
      spec,
      status: { containerStatuses: holds('main', '1', '1'), conditions: INFEASIBLE },
      want: 1_000,
    },
    'the status of another container': {
      spec,
      status: { containerStatuses: holds('other', '5', '5') },
      want: 2_000,
    },
    'a status without resources': {
      spec,
      status: { containerStatuses: [{ name: 'main', resources: null, allocatedResources: { cpu: '5' } }] },
      want: 2_000,
    },
    'a sidecar': {
      spec: withSidecar,
      status: { initContainerStatuses: holds('proxy', '4', '1') },
      want: 4_000,
    },
    'an init container that ends is never resized': {
      spec: { containers: [{}], initContainers: [asks({ cpu: '1' })] },
      status: { initContainerStatuses: holds('main', '4', '4') },
      want: 1_000,
    },
    'pod level, down': {
      spec: podLevel,
      status: { resources: { requests: { cpu: '3' } }, allocatedResources: { cpu: '2' } },
      want: 3_000,
    },
    'pod level, infeasible': {
      spec: podLevel,
      status: {
        resources: { requests: { cpu: '1' } },
        allocatedResources: { cpu: '1' },
        conditions: INFEASIBLE,
      },
      want: 1_000,
    },
  };

  it.for(Object.entries(cases))('%s', ([, { spec: pod, status, want }]) => {
    expect(requestsOf(pod, status)).toEqual({ cpu: want, pods: 1 });
  });

  it('pod level, infeasible, and nothing of it held', () => {
    const pod: PodSpecObject = { containers: [asks({ cpu: '1' })], resources: { requests: { cpu: '2' } } };

    expect(requestsOf(pod, { resources: { requests: {} }, conditions: INFEASIBLE })).toEqual({ pods: 1 });
  });
});

describe('requests of any pod', () => {
  const cores = fc.nat({ max: 5 });
  const inits = fc.array(fc.record({ cores, isSidecar: fc.boolean() }), { maxLength: 5 });
  const containers = fc.array(cores, { minLength: 1, maxLength: 3 });

  it('are the most that ever runs at one time', () => {
    fc.assert(
      fc.property(inits, containers, cores, (started, main, overhead) => {
        // The pod's life, moment by moment: which containers run, and what they request together.
        const moments = started.map((_, now) =>
          started.filter(({ isSidecar }, i) => i === now || (i < now && isSidecar)).map((init) => init.cores),
        );
        moments.push([...started.filter(({ isSidecar }) => isSidecar).map((init) => init.cores), ...main]);
        const most = Math.max(...moments.map((running) => running.reduce((sum, one) => sum + one, 0)));

        const { cpu = 0 } = requestsOf({
          containers: main.map((n) => asks({ cpu: String(n) })),
          initContainers: started.map((init) =>
            (init.isSidecar ? sidecar : asks)({ cpu: String(init.cores) }),
          ),
          overhead: { cpu: String(overhead) },
        });

        expect(cpu).toBe((most + overhead) * 1_000);
      }),
    );
  });
});
