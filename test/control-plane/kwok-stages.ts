/**
 * kwok's stages: what it does to objects, and when. Its own make every bound pod run at once.
 *
 * @module
 */
import { parseAllDocuments, stringify } from 'yaml';

/** How pods on some of the nodes start. */
export interface PodStart {
  /** `only`: pods on these nodes; `except`: pods on all others. */
  readonly nodes: { readonly only: readonly string[] } | { readonly except: readonly string[] };
  /** The share of those pods that this is for, in relation to the weights of others that match. */
  readonly weight: number;
  /** A pod runs at a random time between these, milliseconds after it was bound. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** The stage that makes a pod run; its status template stays kwok's own. */
const STARTING = /^pod-ready(-\d+)?$/;

interface Stage {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly selector?: { readonly matchExpressions?: readonly object[] } };
}

/**
 * kwok's configuration with these starts in place of those it has.
 *
 * @throws when it has no stage that starts pods
 */
export function withPodStarts(config: string, starts: readonly PodStart[]): string {
  const documents = parseAllDocuments(config).map((document): Stage | null => document.toJS());
  const present = documents.filter((document) => document !== null);
  const template = present.find(isStarting);
  if (template === undefined) throw new Error("kwok's configuration has no stage pod-ready");
  const kept = present.filter((document) => !isStarting(document));
  const made = starts.map((start, index) => stageOf(template, start, index));
  return [...kept, ...made].map((document) => stringify(document)).join('---\n');
}

function isStarting({ kind, metadata }: Stage): boolean {
  return kind === 'Stage' && STARTING.test(metadata?.name ?? '');
}

function stageOf(template: Stage, { nodes, weight, fromMs, toMs }: PodStart, index: number): object {
  const where =
    'only' in nodes
      ? { key: '.spec.nodeName', operator: 'In', values: nodes.only }
      : { key: '.spec.nodeName', operator: 'NotIn', values: nodes.except };
  const matchExpressions = (template.spec?.selector?.matchExpressions ?? []).filter(
    (expression) => !('key' in expression) || expression.key !== where.key,
  );
  return {
    ...template,
    metadata: { name: `pod-ready-${index}` },
    spec: {
      ...template.spec,
      selector: { matchExpressions: [...matchExpressions, where] },
      weight,
      // From the second to the first, kwok chooses evenly.
      delay: { durationMilliseconds: fromMs, jitterDurationMilliseconds: toMs },
    },
  };
}
