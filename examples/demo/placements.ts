/**
 * Where the pods of a submission are, and why: from the API server and from the extender's log.
 *
 * @module
 */
import type { ControlPlane } from '../../test/control-plane/control-plane.ts';
import type { ExtenderProcess } from '../../test/support/extender-process.ts';
import type { Cell } from './table.ts';
import { table } from './table.ts';

const UNIT_ANNOTATION = 'resource-policy.scheduling/unit';

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly { readonly ready: boolean }[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

/** One pod of a submission as the demo shows and checks it. */
export interface Placement {
  readonly pod: string;
  /** Ready containers of all, e.g. `1/1`. */
  readonly ready: string;
  readonly phase: string;
  readonly node: string | undefined;
  readonly unit: string | undefined;
  /** For a placed pod why this unit; for a waiting one why none. */
  readonly reason: string;
}

/** The pods of a submission, driver first, then executors by number. */
export async function placementsOf(
  cluster: ControlPlane,
  extender: ExtenderProcess,
  submissionId: string,
): Promise<readonly Placement[]> {
  const selector = encodeURIComponent(`sparkoperator.k8s.io/submission-id=${submissionId}`);
  const list = await cluster.api.request<{ items: Pod[] }>('GET', `/api/v1/pods?labelSelector=${selector}`);
  return list.items.map((pod) => placement(pod, extender)).toSorted((a, b) => order(a.pod) - order(b.pod));
}

/** As `kubectl get pods -o wide` shows pods, with the unit and the reason. */
export function placementTable(placements: readonly Placement[]): string {
  return table(
    ['NAME', 'READY', 'STATUS', 'NODE', 'UNIT', 'WHY'],
    placements.map(({ pod, ready, phase, node, unit, reason }): readonly Cell[] => [
      pod,
      ready,
      { text: phase, style: phase === 'Running' ? 'green' : 'yellow' },
      node ?? '<none>',
      unit === undefined ? '-' : { text: unit, style: unit.startsWith('ecs') ? 'cyan' : 'magenta' },
      reason,
    ]),
  );
}

function placement({ metadata, spec, status }: Pod, extender: ExtenderProcess): Placement {
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  const chosen = extender.log.findLast(
    (line) => line['pod'] === `${metadata.namespace}/${metadata.name}` && line['outcome'] === 'chosen',
  );
  return {
    pod: metadata.name,
    ready: `${(status.containerStatuses ?? []).filter(({ ready }) => ready).length}/1`,
    phase: status.phase,
    node: spec.nodeName,
    unit: metadata.annotations?.[UNIT_ANNOTATION],
    reason:
      spec.nodeName === undefined
        ? (scheduled?.message ?? 'not tried yet')
        : (chosen?.msg ?? 'not by the extender'),
  };
}

function order(name: string): number {
  return Number(/-exec-(\d+)$/.exec(name)?.[1] ?? 0);
}
