/**
 * Lint of whole files: policies beside the jobs and nodes that stand in the same files.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import { nodeFacts } from '../facts/node-facts.ts';
import type { Finding, FindingCode, KnownJob, NamedNode } from '../placement/finding.ts';
import type { JobSpec } from '../placement/lint-jobs.ts';
import { knownJob, overlappingPolicies, ungroupedJob } from '../placement/lint-jobs.ts';
import { lintPolicy } from '../placement/lint.ts';
import { groupOf } from '../policy/group.ts';
import { selects } from '../policy/match.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import { jobSpecOf, podLabels } from './job-specs.ts';
import type { Manifest, Unreadable } from './manifests.ts';
import { readManifests } from './manifests.ts';
import type { PolicyManifest } from './policy-manifest.ts';
import { namespaceOf, policyManifest, policyProblems } from './policy-manifest.ts';

/** One line of the report. */
export interface FileFinding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly namespace: string;
  readonly policy: string;
  readonly path: string;
  /** `invalid`: the policy cannot be used, and no other rule was applied to it. */
  readonly code: FindingCode | 'invalid';
  readonly message: string;
}

export interface LintReport {
  /** Policies that were looked at. */
  readonly policies: number;
  /** In the order of the files and of the policies in them. */
  readonly findings: readonly FileFinding[];
  readonly unreadable: readonly Unreadable[];
}

/** Where objects without a namespace go. */
const NAMESPACE = 'default';

/** @param virtualNodes labels by which virtual nodes are known. */
export function lintFiles(
  files: readonly { readonly name: string; readonly text: string }[],
  virtualNodes: Labels,
): LintReport {
  const read = files.map(({ name, text }) => readManifests(name, text));
  const manifests = read.flatMap((file) => file.manifests);
  const nodes = manifests.flatMap(({ object }) => nodeOf(object));
  const policies = manifests
    .filter(({ object }) => object['kind'] === 'ResourcePolicy')
    .map((manifest) => policyManifest(manifest, NAMESPACE));
  const lint = new Linter(manifests, policies, {
    virtualNodes,
    nodes: nodes.length === 0 ? undefined : nodes,
  });
  return {
    policies: policies.length,
    findings: policies.flatMap((policy) => lint.findings(policy)),
    unreadable: read.flatMap((file) => file.unreadable),
  };
}

class Linter {
  readonly #policies: readonly PolicyManifest[];
  readonly #jobs: readonly (JobSpec & { readonly namespace: string })[];
  readonly #pods: readonly { readonly namespace: string; readonly labels: Labels }[];
  readonly #cluster: { readonly virtualNodes: Labels; readonly nodes: readonly NamedNode[] | undefined };

  constructor(
    manifests: readonly Manifest[],
    policies: readonly PolicyManifest[],
    cluster: { readonly virtualNodes: Labels; readonly nodes: readonly NamedNode[] | undefined },
  ) {
    this.#policies = policies;
    this.#cluster = cluster;
    this.#jobs = manifests.flatMap(({ object }) => {
      const job = jobSpecOf(object);
      return job === undefined ? [] : [{ ...job, namespace: namespaceOf(object, NAMESPACE) }];
    });
    this.#pods = manifests.flatMap(({ object }) => {
      const labels = podLabels(object);
      return labels === undefined ? [] : [{ namespace: namespaceOf(object, NAMESPACE), labels }];
    });
  }

  findings({ manifest, policy }: PolicyManifest): readonly FileFinding[] {
    const at = ({ path, code, message }: Omit<Finding, 'code'> & Pick<FileFinding, 'code'>): FileFinding => ({
      file: manifest.file,
      line: manifest.lineOf(path),
      namespace: policy.namespace,
      policy: policy.name,
      path,
      code,
      message,
    });
    const problems = policyProblems({ manifest, policy });
    if (problems.length > 0) return problems.map((problem) => at({ ...problem, code: 'invalid' }));
    return [...this.#twins({ manifest, policy }), ...this.#found(policy)].map(at);
  }

  /** The same policy, elsewhere in what was given. */
  #twins({ manifest, policy }: PolicyManifest): readonly Finding[] {
    const path = 'metadata.name';
    const others = this.#policies.filter(
      (each) => each.manifest !== manifest && policyKey(each.policy) === policyKey(policy),
    );
    return others.map(({ manifest: other }) => ({
      code: 'defined-twice',
      path,
      message: `is that of ${other.file}:${other.lineOf(path)}, too: the one that is applied last replaces the other; rename one of them`,
    }));
  }

  #found(policy: ResourcePolicy): readonly Finding[] {
    const { virtualNodes, nodes } = this.#cluster;
    const specs = this.#jobs.filter(({ namespace }) => namespace === policy.namespace);
    const jobs = [
      ...specs.flatMap((spec) => knownJob(policy, spec) ?? []),
      ...podGroups(
        policy,
        this.#pods.filter(({ namespace }) => namespace === policy.namespace),
      ),
    ];
    const neighbours = this.#policies
      .map((other) => other.policy)
      .filter(({ namespace, name }) => namespace === policy.namespace && name !== policy.name);
    return [
      ...lintPolicy(policy, { virtualNodes, jobs, ...(nodes === undefined ? {} : { nodes }) }),
      ...specs.flatMap((spec) => ungroupedJob(policy, spec) ?? []),
      ...overlappingPolicies(policy, neighbours, specs),
    ];
  }
}

/** Bare pods stand for jobs by their group. */
function podGroups(
  policy: ResourcePolicy,
  pods: readonly { readonly labels: Labels }[],
): readonly KnownJob[] {
  const sizes = new Map<string, number>();
  for (const { labels } of pods) {
    const grouping = selects(policy, labels) ? groupOf(policy, labels) : undefined;
    if (grouping?.kind === 'group') sizes.set(grouping.group, (sizes.get(grouping.group) ?? 0) + 1);
  }
  return [...sizes].map(([group, size]) => ({
    name: group === '' ? 'the set of pods given' : `the set of pods given as group ${group}`,
    pods: size,
  }));
}

function nodeOf(object: JsonObject): readonly NamedNode[] {
  const metadata = asObject(object['metadata']);
  if (object['kind'] !== 'Node' || typeof metadata['name'] !== 'string') return [];
  return [nodeFacts({ ...object, metadata: { uid: 'not-created-yet', ...metadata } })];
}
