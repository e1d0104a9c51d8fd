/**
 * The questions of the page and their answers: read-only, each worked out when somebody asks, at most once a second, and in
 * slices.
 *
 * @module
 */
import { messageOf } from '../facts/message-of.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { policyKey } from '../policy/resource-policy.ts';
import type { PodReport } from '../scheduling/explain-pod.ts';
import type { Matcher } from '../scheduling/matcher.ts';
import type { GroupAnswer, PodAnswer, PoliciesAnswer, PolicyAnswer, Section } from './answers.ts';
import { etagOf } from './assets.ts';
import type { PodDetails } from './explanation.ts';
import { Explainer } from './explanation.ts';
import { Keeper } from './kept.ts';
import type { Part } from './list.ts';
import { podsAnswer, podsOfGroup, podsOutside } from './pods.ts';
import { groupLabels, policiesAnswer, policyAnswer, unitRow } from './policies.ts';
import { Slices } from './slices.ts';
import type { PolicyTally } from './tally.ts';
import { tallyAll } from './tally.ts';

/** What a watch has shown. */
export interface Seen<Item> {
  items(): Iterable<Item>;
  getByName(namespace: string, name: string): Item | undefined;
}

export interface QuestionsParts {
  readonly ledger: Ledger;
  readonly matcher: Matcher;
  /** With the conditions of their status as it stands. */
  readonly policies: Seen<ResourcePolicy>;
  readonly pods: Seen<PodFacts>;
  /** Asks the API server. Undefined: there is no such pod. Rejects when it cannot be asked. */
  readonly details: (namespace: string, name: string) => Promise<PodDetails | undefined>;
  /** The words of `resource-policy explain`. */
  readonly describe: (report: PodReport) => readonly Section[];
  readonly clock: {
    /** Monotonic milliseconds. */
    readonly nowMs: () => number;
    /** Milliseconds since the epoch. */
    readonly wallMs: () => number;
    readonly pause: (ms: number) => Promise<void>;
  };
}

/** A question that has no answer: what it is about is not there, or cannot be asked. */
export class NoAnswer extends Error {
  readonly status: 404 | 502;

  constructor(status: 404 | 502, message: string) {
    super(message);
    this.status = status;
  }
}

/** An answer, ready to be sent. */
export interface Body {
  readonly text: string;
  readonly etag: string;
}

export interface Sent extends Body {
  /** How long ago it was worked out, in whole seconds. */
  readonly ageSeconds: number;
}

interface Name {
  readonly namespace: string;
  readonly name: string;
}

type Tallies = ReadonlyMap<string, PolicyTally>;

/** The one group of a policy without matchLabelKeys is '', so the pods in no group have a name that no group has. */
export const OUTSIDE = '*';
const MOST_DETAILS = 64;

export class Questions {
  readonly #parts: QuestionsParts;
  readonly #slices: Slices;
  readonly #explainer: Explainer;
  readonly #tallies: Keeper<Tallies>;
  readonly #bodies: Keeper<Body>;
  /** By uid and version of the pod. */
  readonly #details = new Map<string, PodDetails>();

  constructor(parts: QuestionsParts) {
    const { ledger, matcher, clock } = parts;
    this.#parts = parts;
    this.#slices = new Slices(clock);
    this.#explainer = new Explainer({ ledger, matcher, wallClock: clock.wallMs });
    this.#tallies = new Keeper(clock.nowMs);
    this.#bodies = new Keeper(clock.nowMs);
  }

  async policies(part: Part): Promise<Sent> {
    return this.#ask(['policies', part], async (): Promise<PoliciesAnswer> => {
      const tallies = await this.#tally();
      return this.#slices.run(policiesAnswer(tallies, part, (policy) => this.#standing(policy)));
    });
  }

  /** @throws {NoAnswer} when there is no such policy; so do the others. */
  async policy(named: Name, part: Part): Promise<Sent> {
    return this.#ask(['policy', named, part], async (): Promise<PolicyAnswer> => {
      const tally = await this.#tallyOf(named);
      return this.#slices.run(policyAnswer(tally, part, this.#standing(tally.policy)));
    });
  }

  /** @param key a group's key, or {@link OUTSIDE}. */
  async group(named: Name, key: string, part: Part): Promise<Sent> {
    return this.#ask(['group', named, key, part], async () => this.#group(named, key, part));
  }

  async pod(named: Name): Promise<Sent> {
    return this.#ask(['pod', named], async (): Promise<PodAnswer> => {
      const { namespace, name } = named;
      const gone = new NoAnswer(404, `there is no pod ${name} in namespace ${namespace}`);
      const facts = this.#parts.pods.getByName(namespace, name);
      if (facts === undefined) throw gone;
      const details = await this.#detailsOf(facts);
      if (details === undefined) throw gone;
      const report = await this.#slices.run(this.#explainer.explain(facts, details));
      return { report, sections: this.#parts.describe(report) };
    });
  }

  async #ask(question: readonly unknown[], workOut: () => Promise<object>): Promise<Sent> {
    const { answer, atMs } = await this.#bodies.get(JSON.stringify(question), async () => {
      const text = JSON.stringify(await workOut());
      return { text, etag: etagOf(text) };
    });
    return { ...answer, ageSeconds: Math.floor((this.#parts.clock.nowMs() - atMs) / 1_000) };
  }

  async #group(named: Name, key: string, part: Part): Promise<GroupAnswer> {
    const { ledger, pods } = this.#parts;
    const { policy, groups } = await this.#tallyOf(named);
    const { namespace, name, matchLabelKeys } = policy;
    const shown = { policy: { namespace, name, isGrouped: matchLabelKeys.length > 0 } };
    if (key === OUTSIDE) {
      const outside = podsOutside(ledger, policy);
      return { ...shown, pods: await this.#slices.run(podsAnswer(ledger, { pods: outside, policy, part })) };
    }
    const group = groups.find((each) => each.key === key);
    const found = await this.#slices.run(podsOfGroup(pods.items(), policy, key));
    if (group === undefined && found.length === 0 && matchLabelKeys.length > 0)
      throw new NoAnswer(404, `no pod of the group ${key} is there any more`);
    return {
      ...shown,
      group: {
        labels: groupLabels(policy, key),
        units: policy.units.map((unit) => {
          const tally = group?.units[unit.index];
          const isFull = unit.max !== undefined && (tally?.bound ?? 0) + (tally?.held ?? 0) >= unit.max;
          const nodes = ledger.nodesOf(policy, unit).size;
          return unitRow(unit, tally, { groups: 1, nodes, fullGroups: isFull ? 1 : 0 });
        }),
        waiting: group?.waiting ?? 0,
      },
      pods: await this.#slices.run(podsAnswer(ledger, { pods: found, policy, part })),
    };
  }

  async #tally(): Promise<Tallies> {
    const { answer } = await this.#tallies.get('', async () =>
      this.#slices.run(tallyAll(this.#parts.ledger, [...this.#parts.policies.items()])),
    );
    return answer;
  }

  async #tallyOf(named: Name): Promise<PolicyTally> {
    const tally = (await this.#tally()).get(policyKey(named));
    if (tally === undefined)
      throw new NoAnswer(404, `there is no ResourcePolicy ${named.name} in namespace ${named.namespace}`);
    return tally;
  }

  /** The ledger's does not follow changes of the status. */
  #standing(policy: ResourcePolicy): ResourcePolicy {
    return this.#parts.policies.getByName(policy.namespace, policy.name) ?? policy;
  }

  async #detailsOf({ uid, resourceVersion, namespace, name }: PodFacts): Promise<PodDetails | undefined> {
    const key = `${uid}/${resourceVersion}`;
    const known = this.#details.get(key);
    if (known !== undefined) return known;
    const details = await this.#parts.details(namespace, name).catch((error: unknown) => {
      throw new NoAnswer(502, `the API server does not tell what the pod asks for: ${messageOf(error)}`);
    });
    if (details === undefined) return undefined;
    this.#details.set(key, details);
    for (const oldest of this.#details.keys()) {
      if (this.#details.size <= MOST_DETAILS) break;
      this.#details.delete(oldest);
    }
    return details;
  }
}
