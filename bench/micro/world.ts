/**
 * A cluster in memory, as the extender knows it after a start: nodes, a policy, pods that are bound, by group.
 *
 * @module
 */
import { NO_SCOUT } from '../../test/support/plain-chooser.ts';
import { nodeFacts } from '../../src/facts/node-facts.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { podFacts } from '../../src/facts/pod-facts.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { QUIET } from '../../src/ledger/quiet-listener.ts';
import { parseResourcePolicy } from '../../src/policy/parse.ts';
import { Attempts } from '../../src/scheduling/attempts.ts';
import { Chooser } from '../../src/scheduling/chooser.ts';
import { Decider } from '../../src/scheduling/decide.ts';
import { Matcher } from '../../src/scheduling/matcher.ts';
import { Waits } from '../../src/scheduling/waits.ts';
import { planNodes } from '../workload/nodes.ts';
import { GROUP_LABEL, NAMESPACE, SELECTED } from '../workload/pods.ts';

export interface WorldSize {
  /** Nodes that kube-scheduler names in a call. */
  readonly candidates: number;
  /** Bound pods. */
  readonly tracked: number;
  /** Jobs that these pods are of. */
  readonly groups: number;
}

export interface World {
  readonly decider: Decider;
  readonly nodeNames: readonly string[];
  /** Pods to be decided about, of the groups in turn. */
  readonly pods: readonly PodFacts[];
}

const VIRTUAL_NODES = 2;
/** Few enough to stay in the processor's cache, as the pod of a call does. */
const ASKING_PODS = 500;

const nothing = (): void => undefined;

/** @param firstUnitMax 0: every pod goes to the second unit, two virtual nodes; undefined: to the first, all others. */
export function makeWorld(
  { candidates, tracked, groups }: WorldSize,
  firstUnitMax: number | undefined,
): World {
  const clock = { nowMs: (): number => performance.now() };
  const virtualNodes = { type: 'virtual-kubelet' };
  const ledger = new Ledger({ virtualNodes, clock, checksAtBind: true, listener: QUIET });
  const nodes = planNodes({
    order: 'contiguous',
    groups: [
      { kind: 'ecs', count: candidates - VIRTUAL_NODES },
      { kind: 'virtual', count: VIRTUAL_NODES },
    ],
  });
  for (const { spec, labels } of nodes) {
    ledger.upsertNode(
      nodeFacts({
        metadata: { uid: spec.name, name: spec.name, resourceVersion: '1', labels: { ...labels } },
      }),
    );
  }
  ledger.upsertPolicy(parseResourcePolicy(policyObject(firstUnitMax)));
  const nodeNames = nodes.map(({ spec }) => spec.name);
  for (let pod = 0; pod < tracked; pod += 1) {
    ledger.upsertPod(podOf(`bound-${pod}`, pod % groups, nodeNames[pod % nodeNames.length]));
  }
  const matcher = new Matcher(ledger);
  const chooser = new Chooser(
    ledger,
    new Waits({ wallClock: Date.now, began: nothing, waiting: nothing }),
    new Attempts({ clock, retry: nothing }),
  );
  return {
    decider: new Decider({
      ledger,
      matcher,
      chooser,
      view: { unready: () => undefined },
      scout: NO_SCOUT,
      offers: { saw: nothing },
    }),
    nodeNames,
    pods: Array.from({ length: ASKING_PODS }, (_, pod) => podOf(`asking-${pod}`, pod % groups)),
  };
}

function policyObject(firstUnitMax: number | undefined): object {
  return {
    metadata: {
      uid: 'policy',
      name: 'bench',
      namespace: NAMESPACE,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      selector: SELECTED,
      matchLabelKeys: [GROUP_LABEL],
      units: [
        { resource: 'ecs', ...(firstUnitMax === undefined ? {} : { max: firstUnitMax }) },
        { resource: 'eci' },
      ],
    },
  };
}

function podOf(name: string, group: number, nodeName?: string): PodFacts {
  return podFacts({
    metadata: {
      uid: `uid-${name}`,
      name,
      namespace: NAMESPACE,
      resourceVersion: '1',
      labels: { ...SELECTED, [GROUP_LABEL]: `job-${group}` },
    },
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      containers: [{ name: 'main', resources: { requests: { cpu: '100m', memory: '128Mi' } } }],
    },
    status: { phase: nodeName === undefined ? 'Pending' : 'Running' },
  });
}
