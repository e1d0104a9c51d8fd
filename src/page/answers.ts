/**
 * What the page in the browser is told: the answers of /api/…, each of bounded size whatever there is in the cluster. Times
 * are milliseconds since the epoch; a field that is absent has nothing to say.
 *
 * @module
 */
import type { PodReport } from '../scheduling/explain-pod.ts';

/** Who answers, and how well it sees the cluster. */
export interface Replica {
  /** Another one after every start. */
  readonly instance: string;
  readonly version: string;
  readonly host: string;
  /** Where kube-scheduler finds it; absent: it does not listen yet. */
  readonly address?: string;
  /** Whether it is the one that decides. */
  readonly leads: boolean;
  /** Why it cannot decide now, or shows nothing. */
  readonly problem?: string;
  /** Whether everything has been listed once, so that there is something to show. */
  readonly isComplete: boolean;
  /** Seconds since the API server was last heard of, by resource. */
  readonly ages: readonly { readonly resource: string; readonly seconds: number }[];
}

/** Checksum of the page's own files: another one means that the page should be loaded anew. */
export interface ReplicaAnswer extends Replica {
  readonly assets: string;
}

/** A part of a list. */
export interface ListAnswer<Row> {
  readonly rows: readonly Row[];
  /** Place of the first row among the matching ones, from 0. */
  readonly offset: number;
  /** Most rows of an answer. */
  readonly limit: number;
  /** How many match the filter. */
  readonly matching: number;
  /** How many there are. */
  readonly total: number;
}

/** One unit of a policy, or of one of its groups. */
export interface UnitRow {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  /** `any`: nodes of any kind. */
  readonly resource: 'ecs' | 'eci' | 'acs' | 'elastic' | 'any';
  /** Places taken, those that are held for pods on their way included. */
  readonly used: number;
  readonly held: number;
  /** Most pods, of all groups together where there are several; absent: no limit. */
  readonly max?: number;
  /** Most pods of each group. */
  readonly maxPerGroup?: number;
  /** Groups that are at their max. */
  readonly fullGroups: number;
  /** Limits of maxResources, as `cpu 12/16`. */
  readonly resources: readonly string[];
  /** Pods that stay in this unit, whatever later ones have. */
  readonly waiting: number;
  readonly nodes: number;
}

export interface PolicyRow {
  readonly namespace: string;
  readonly name: string;
  readonly units: readonly UnitRow[];
  /** Selected pods that hold no place. */
  readonly waiting: number;
  readonly groups: number;
  /** Whether limits hold for each group. */
  readonly isGrouped: boolean;
  /** What is wrong with it, in a word each. */
  readonly troubles: readonly string[];
}

export interface PoliciesAnswer extends ListAnswer<PolicyRow> {
  /** Of all policies, whatever the filter. */
  readonly waiting: number;
}

export interface Trouble {
  readonly type: string;
  readonly message: string;
}

export interface GroupRow {
  readonly key: string;
  /** matchLabelKeys with the group's values. */
  readonly labels: readonly (readonly [label: string, value: string])[];
  /** Places taken, by unit, in order. */
  readonly used: readonly number[];
  readonly waiting: number;
}

export interface PolicyAnswer {
  readonly policy: PolicyRow;
  readonly createdMs: number;
  readonly selects: readonly string[];
  readonly matchLabelKeys: readonly string[];
  readonly tryNext: string;
  readonly timeout: string;
  readonly preemptPolicy: string;
  readonly troubles: readonly Trouble[];
  /** Waiting pods that are in no group. */
  readonly outside: number;
  readonly groups: ListAnswer<GroupRow>;
}

export interface PodRow {
  readonly name: string;
  readonly state: 'waiting' | 'placing' | 'placed' | 'leaving';
  /** The unit that it counts in, or is on its way to. */
  readonly unit?: { readonly number: number; readonly name: string; readonly resource: UnitRow['resource'] };
  readonly nodeName?: string;
  /** Since when it waits or is placed. */
  readonly sinceMs?: number;
  /** Of a waiting pod what kube-scheduler last said, of a placed one why it does not count. */
  readonly why?: string;
}

export interface GroupAnswer {
  readonly policy: Pick<PolicyRow, 'namespace' | 'name' | 'isGrouped'>;
  /** Absent for the pods that are in no group. */
  readonly group?: {
    readonly labels: GroupRow['labels'];
    readonly units: readonly UnitRow[];
    readonly waiting: number;
  };
  readonly pods: ListAnswer<PodRow>;
}

/** A part of an explanation, as `resource-policy explain` prints it. */
export type Section =
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [label: string, text: string])[] }
  | {
      readonly kind: 'table';
      readonly header: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

export interface PodAnswer {
  readonly report: PodReport;
  readonly sections: readonly Section[];
}

/** Instead of an answer, with its status. */
export interface ProblemAnswer {
  readonly problem: string;
}
