/**
 * Which waiting pods should not have to wait: the limits leave them room, and a node has room, too.
 *
 * @module
 */
import type { Checker, GroupState } from './checker.ts';
import { unitOf } from './checker.ts';
import type { PodRecord } from './history/pod-record.ts';
import type { UnitLimits, Used } from './limits.ts';
import { hasRoom } from './limits.ts';

/** What is needed of a {@link Checker}. */
export type State = Pick<Checker, 'groups' | 'onNode'>;

/** Waiting pods that could be placed all together, as things are. */
export function placeablePods({ groups, onNode }: State): PodRecord[] {
  const nodes = new Map(onNode);
  return [...groups].flatMap((group) => placeableIn(group, nodes));
}

/**
 * Urgent pods that wait although a pod of lower priority is on the nodes of a unit that their group has room in: it should
 * have been evicted.
 */
export function outrankedPods({ groups }: State): PodRecord[] {
  const all = [...groups];
  return all.flatMap(({ limits, waiting, used }) => {
    if (waiting.size === 0) return [];
    const open = limits.units.filter(({ capacity }) => capacity !== undefined);
    return [...waiting].filter(({ priority, milliCpu }) =>
      open.some(
        (unit) =>
          hasRoom(unit, used.get(unit) ?? NOTHING, milliCpu) &&
          all.some(({ limits: others, counted }) =>
            [...counted].some((pod) => pod.priority < priority && unitOf(others, pod)?.nodes === unit.nodes),
          ),
      ),
    );
  });
}

/** Groups with waiting pods: they tell whether units are exactly full, since somebody would take any place left. */
export function groupsWithWaiting({ groups }: State): GroupState[] {
  return [...groups].filter(({ waiting }) => waiting.size > 0);
}

const NOTHING: Used = { pods: 0, milliCpu: 0 };

/** @param nodes millicores in use by node; what is placed is added. */
function placeableIn({ limits, waiting, used }: GroupState, nodes: Map<string, number>): PodRecord[] {
  if (waiting.size === 0 || limits.units.length === 0) return [...waiting];
  const filled = new Map(limits.units.map((unit) => [unit, { ...(used.get(unit) ?? NOTHING) }]));
  return [...waiting].filter((pod) =>
    [...filled].some(([unit, fill]) => {
      if (!hasRoom(unit, fill, pod.milliCpu) || !takesNode(unit, pod.milliCpu, nodes)) return false;
      fill.pods += 1;
      fill.milliCpu += pod.milliCpu;
      return true;
    }),
  );
}

function takesNode({ capacity }: UnitLimits, milliCpu: number, nodes: Map<string, number>): boolean {
  if (capacity === undefined) return true;
  const free = Object.entries(capacity).find(
    ([node, offered]) => offered - (nodes.get(node) ?? 0) >= milliCpu,
  );
  if (free === undefined) return false;
  nodes.set(free[0], (nodes.get(free[0]) ?? 0) + milliCpu);
  return true;
}
