/**
 * Nodes by unit, kept up to date node by node, so that a decision asks "is this name in the unit?" and nothing more.
 * Units of any policies that select alike share one set.
 *
 * @module
 */
import type { NodeFacts } from '../facts/node-facts.ts';
import type { Labels } from '../facts/labels.ts';
import type { NodeRule } from '../placement/unit-nodes.ts';
import { belongsTo } from '../placement/unit-nodes.ts';

/** Names of the nodes that a rule selects now; live, do not keep a copy. */
export interface NodeSet {
  readonly names: ReadonlySet<string>;
}

interface OwnedSet extends NodeSet {
  readonly rule: NodeRule;
  readonly names: Set<string>;
  users: number;
}

export class NodeSets {
  readonly #virtualNodes: Labels;
  readonly #nodes = new Map<string, NodeFacts>();
  readonly #sets = new Map<string, OwnedSet>();

  /** @param virtualNodes labels by which virtual nodes are known, all of them. */
  constructor(virtualNodes: Labels) {
    this.#virtualNodes = virtualNodes;
  }

  get nodeCount(): number {
    return this.#nodes.size;
  }

  has(name: string): boolean {
    return this.#nodes.has(name);
  }

  get(name: string): NodeFacts | undefined {
    return this.#nodes.get(name);
  }

  /** The set of a rule, shared with everyone who acquired an equal one; {@link release} it when done. */
  acquire(rule: NodeRule): NodeSet {
    const key = ruleKey(rule);
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = { rule, names: new Set(), users: 0 };
      for (const node of this.#nodes.values()) this.#place(node, set);
      this.#sets.set(key, set);
    }
    set.users += 1;
    return set;
  }

  release(rule: NodeRule): void {
    const key = ruleKey(rule);
    const set = this.#sets.get(key);
    if (set === undefined) return;
    set.users -= 1;
    if (set.users === 0) this.#sets.delete(key);
  }

  /** Returns the sets the node joined or left; empty when its labels did not matter to any. */
  upsert(node: NodeFacts): readonly NodeSet[] {
    const known = this.#nodes.get(node.name);
    this.#nodes.set(node.name, node);
    if (known !== undefined && sameLabels(known.labels, node.labels)) return [];
    return [...this.#sets.values()].filter((set) => this.#place(node, set));
  }

  remove(node: NodeFacts): readonly NodeSet[] {
    if (!this.#nodes.delete(node.name)) return [];
    return [...this.#sets.values()].filter((set) => set.names.delete(node.name));
  }

  /** Whether the node's membership changed. */
  #place(node: NodeFacts, set: OwnedSet): boolean {
    if (!belongsTo(set.rule, node.labels, this.#virtualNodes)) return set.names.delete(node.name);
    const before = set.names.size;
    return set.names.add(node.name).size !== before;
  }
}

function ruleKey(rule: NodeRule): string {
  const pairs = Object.entries(rule.nodeSelector).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([rule.resource, pairs]);
}

function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}
