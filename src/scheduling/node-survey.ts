/**
 * Which nodes can take a pod, asked again and again while pods are placed. Pods that ask for the same share what was
 * found, and after each placement only its node is looked at again.
 *
 * @module
 */
import type { NodeFacts } from '../facts/node-facts.ts';
import type { Requests } from '../facts/requests.ts';
import type { Demand, Obstacle } from '../placement/node-fit.ts';
import { obstacle } from '../placement/node-fit.ts';
import { reasonsOf } from '../placement/unschedulable.ts';

interface Findings {
  readonly demand: Demand;
  readonly obstacles: Map<string, Obstacle>;
  /** In the order of the nodes. */
  feasible: readonly string[];
  /** How many changes it takes account of. */
  seen: number;
}

export class NodeSurvey {
  readonly #nodes: ReadonlyMap<string, NodeFacts>;
  readonly #usedOn: (nodeName: string) => Requests;
  readonly #findings = new Map<string, Findings>();
  /** Names of the nodes that got a pod. */
  readonly #changes: string[] = [];

  /** @param usedOn summed requests of the pods on a node, at any time. */
  constructor(nodes: readonly NodeFacts[], usedOn: (nodeName: string) => Requests) {
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#usedOn = usedOn;
  }

  get nodeCount(): number {
    return this.#nodes.size;
  }

  node(name: string): NodeFacts | undefined {
    return this.#nodes.get(name);
  }

  /** A pod was put on the node. */
  changed(nodeName: string): void {
    this.#changes.push(nodeName);
  }

  /** Names of the nodes that nothing looked at speaks against. */
  feasible(demand: Demand): readonly string[] {
    return this.#look(demand).feasible;
  }

  /** What keeps the pod off the other nodes, in kube-scheduler's words, with the number of nodes. */
  reasons(demand: Demand): Map<string, number> {
    const counts = new Map<string, number>();
    for (const found of this.#look(demand).obstacles.values()) {
      for (const reason of reasonsOf(found)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    return counts;
  }

  #look(demand: Demand): Findings {
    const key = JSON.stringify(demand);
    let findings = this.#findings.get(key);
    if (findings === undefined) {
      findings = { demand, obstacles: new Map(), feasible: [], seen: 0 };
      this.#findings.set(key, findings);
      this.#update(findings, this.#nodes.keys(), true);
    } else if (findings.seen < this.#changes.length) {
      this.#update(findings, new Set(this.#changes.slice(findings.seen)), false);
    }
    return findings;
  }

  #update(findings: Findings, names: Iterable<string>, isNew: boolean): void {
    const { demand, obstacles } = findings;
    let hasLost = isNew;
    for (const name of names) {
      const node = this.#nodes.get(name);
      const found = node && obstacle(demand, node.capacity, this.#usedOn(name));
      if (found === undefined) continue;
      hasLost ||= !obstacles.has(name);
      obstacles.set(name, found);
    }
    if (hasLost) findings.feasible = [...this.#nodes.keys()].filter((name) => !obstacles.has(name));
    findings.seen = this.#changes.length;
  }
}
