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
/** Pods deleted by force, without a grace period, which the API server removes itself. kwok compares strings only. */
const NOT_BY_FORCE: Expression = {
  key: '.metadata.deletionGracePeriodSeconds | tostring',
  operator: 'NotIn',
  values: ['0'],
};

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface Stage {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: { readonly selector?: { readonly matchExpressions?: readonly Expression[] } };
}

/**
 * kwok's configuration with these starts in place of those it has.
 *
 * @throws when it has no stage that starts pods
 */
export function withPodStarts(config: string, starts: readonly PodStart[]): string {
  const documents = read(config);
  const template = documents.find(isStarting);
  if (template === undefined) throw new Error("kwok's configuration has no stage pod-ready");
  const kept = documents.filter((document) => !isStarting(document));
  return written([...kept, ...starts.map((start, index) => stageOf(template, start, index))]);
}

/**
 * kwok's configuration, in which it leaves pods alone that are deleted by force. It deletes by name: late, it would hit
 * the pod's successor of that name (7 of 300 when they follow each other at once).
 *
 * @throws when it has no stage that deletes pods
 */
export function withoutForcedDeletes(config: string): string {
  const documents = read(config);
  if (!documents.some(isDeleting)) throw new Error("kwok's configuration has no stage pod-delete");
  return written(
    documents.map((document) => (isDeleting(document) ? matching(document, NOT_BY_FORCE) : document)),
  );
}

function read(config: string): readonly Stage[] {
  return parseAllDocuments(config)
    .map((document): Stage | null => document.toJS())
    .filter((document) => document !== null);
}

function written(documents: readonly object[]): string {
  return documents.map((document) => stringify(document)).join('---\n');
}

/** The stage for what this expression matches, too; it takes the place of one about the same field. */
function matching(stage: Stage, expression: Expression): Stage {
  const others = (stage.spec?.selector?.matchExpressions ?? []).filter(({ key }) => key !== expression.key);
  return { ...stage, spec: { ...stage.spec, selector: { matchExpressions: [...others, expression] } } };
}

function isDeleting({ kind, metadata }: Stage): boolean {
  return kind === 'Stage' && metadata?.name === 'pod-delete';
}

function isStarting({ kind, metadata }: Stage): boolean {
  return kind === 'Stage' && STARTING.test(metadata?.name ?? '');
}

function stageOf(template: Stage, { nodes, weight, fromMs, toMs }: PodStart, index: number): object {
  const where =
    'only' in nodes
      ? { key: '.spec.nodeName', operator: 'In', values: nodes.only }
      : { key: '.spec.nodeName', operator: 'NotIn', values: nodes.except };
  const stage = matching(template, where);
  return {
    ...stage,
    metadata: { name: `pod-ready-${index}` },
    spec: {
      ...stage.spec,
      weight,
      // From the second to the first, kwok chooses evenly.
      delay: { durationMilliseconds: fromMs, jitterDurationMilliseconds: toMs },
    },
  };
}
