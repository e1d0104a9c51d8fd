/**
 * What lint says of policies, worked out anew only when the policy or its nodes changed: with thousands of nodes it
 * takes milliseconds, and figures change every second.
 *
 * @module
 */
import type { Labels } from '../facts/labels.ts';
import type { PolicyFigures } from '../ledger/census.ts';
import type { Finding, NamedNode } from '../placement/finding.ts';
import { lintPolicy } from '../placement/lint.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';

export interface StatusFindingsParts {
  /** All nodes of the cluster. */
  readonly nodes: () => Iterable<NamedNode>;
  readonly nodeCount: () => number;
  readonly virtualNodes: Labels;
}

interface Known {
  /** How many nodes there were, in all and in each unit. */
  readonly nodeCounts: string;
  readonly findings: readonly Finding[];
}

export class StatusFindings {
  readonly #parts: StatusFindingsParts;
  /** By policy as parsed: a changed one is another object. */
  readonly #known = new WeakMap<ResourcePolicy, Known>();

  constructor(parts: StatusFindingsParts) {
    this.#parts = parts;
  }

  of({ policy, units }: PolicyFigures): readonly Finding[] {
    const { nodes, nodeCount, virtualNodes } = this.#parts;
    const nodeCounts = [nodeCount(), ...units.map((unit) => unit.nodes)].join();
    const known = this.#known.get(policy);
    if (known?.nodeCounts === nodeCounts) return known.findings;
    const findings = lintPolicy(policy, { nodes: [...nodes()], virtualNodes });
    this.#known.set(policy, { nodeCounts, findings });
    return findings;
  }
}
