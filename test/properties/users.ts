/**
 * What users, controllers, kubelets and other schedulers do to pods, nodes and policies.
 *
 * @module
 */
import type { NodeFacts } from '../../src/facts/node-facts.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { TRY_NEXT } from '../../src/policy/resource-policy.ts';
import type { ApiServer, Ties } from './api-server.ts';
import type { PolicySetting, Setting, UnitSetting } from './setting.ts';
import { APPS, JOBS, NODE_LABELS, NODES, nodeOf, podOf, policyOf, requestsOf } from './setting.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Standing {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdMs: number;
  readonly setting: PolicySetting;
}

export class Users {
  readonly #api: ApiServer;
  readonly #time: VirtualTime;
  readonly #setting: Setting;
  /** How often each pod was created. */
  readonly #lives: number[];
  #nodeLives = 1;
  /** Policies as last applied, existing or not. */
  readonly #policies: Standing[];

  constructor(api: ApiServer, time: VirtualTime, setting: Setting) {
    this.#api = api;
    this.#time = time;
    this.#setting = setting;
    this.#lives = setting.pods.map(() => 0);
    for (const [index, name] of NODES.entries()) api.setNode(nodeOf(name, NODE_LABELS[index] ?? {}));
    this.#policies = setting.policies.map((policy, index) => ({
      name: `policy-${index}`,
      uid: `policy-${index}-1`,
      generation: 1,
      createdMs: 0,
      setting: policy,
    }));
    for (const standing of this.#policies) this.#apply(standing);
    setting.pods.forEach(({ start }, index) => {
      if (start === 'absent') return;
      this.createPod(index);
      if (start !== 'waiting') api.bindForeign(this.uidOf(index), start);
    });
  }

  /** Of the pod's last life. */
  uidOf(index: number): string {
    return `p${index}-${this.#lives[index] ?? 0}`;
  }

  // ── pods ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Creates the pod, or recreates it under its name.
   *
   * @param admitted what webhooks, and whoever creates it, have made of it; by default it comes past all of them.
   */
  createPod(index: number, admitted: Partial<PodFacts> = {}, ties: Ties = {}): void {
    const setting = this.#setting.pods[index];
    if (setting === undefined || this.#api.pods.has(this.uidOf(index))) return;
    this.#lives[index] = (this.#lives[index] ?? 0) + 1;
    this.#api.createPod({ ...podOf(setting, `p${index}`, this.uidOf(index)), ...admitted }, ties);
  }

  /** The pod as somebody is about to create it; undefined: it is there. */
  newPod(index: number): PodFacts | undefined {
    const setting = this.#setting.pods[index];
    if (setting === undefined || this.#api.pods.has(this.uidOf(index))) return undefined;
    return podOf(setting, `p${index}`, 'unnamed');
  }

  /** Whoever else gated the pod lets it go. */
  ungate(index: number): void {
    this.#api.ungateByOthers(this.uidOf(index));
  }

  terminate(index: number): void {
    this.#api.changePod(this.uidOf(index), { terminating: true }, 'harmless');
  }

  finish(index: number): void {
    const uid = this.uidOf(index);
    if (this.#api.pods.get(uid)?.nodeName !== undefined)
      this.#api.changePod(uid, { finished: true }, 'harmless');
  }

  deletePod(index: number): void {
    this.#api.removePod(this.uidOf(index));
  }

  /** Another version that says nothing new. */
  touch(index: number): void {
    this.#api.changePod(this.uidOf(index), {}, 'harmless');
  }

  relabel(index: number, choice: number): void {
    const pod = this.#api.pods.get(this.uidOf(index));
    if (pod === undefined) return;
    const { job = '', unit = '', ...labels } = pod.labels;
    const others: readonly PodFacts['labels'][] = [
      { ...pod.labels, job: JOBS.find((each) => each !== job) ?? '' },
      { ...pod.labels, app: APPS.find((each) => each !== pod.labels['app']) ?? '' },
      unit === '' ? { ...pod.labels, unit: 'ecs' } : { ...labels, job },
      job === '' ? { ...pod.labels, job: JOBS[0] } : { ...labels, ...(unit === '' ? {} : { unit }) },
    ];
    this.#api.changePod(pod.uid, { labels: others[choice % others.length] ?? {} }, 'disturbing');
  }

  resize(index: number, cpu: number): void {
    this.#api.changePod(this.uidOf(index), { requests: requestsOf(cpu) }, 'disturbing');
  }

  /** Another scheduler takes the pod. */
  bindForeign(index: number, choice: number): void {
    const nodes = [...this.#api.nodes.keys()];
    const nodeName = nodes[choice % Math.max(1, nodes.length)];
    if (nodeName !== undefined) this.#api.bindForeign(this.uidOf(index), nodeName);
  }

  // ── nodes ────────────────────────────────────────────────────────────────────────────────────────────────────

  setNode(choice: number, kind: number): void {
    const name = NODES[choice % NODES.length] ?? '';
    const labels: NodeFacts['labels'] = NODE_LABELS[kind % NODE_LABELS.length] ?? {};
    const uid = this.#api.nodes.get(name)?.uid ?? `${name}-${this.#nodeLives}`;
    this.#api.setNode({ ...nodeOf(name, labels), uid });
  }

  removeNode(choice: number): void {
    this.#nodeLives += 1;
    this.#api.removeNode(NODES[choice % NODES.length] ?? '');
  }

  // ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────

  deletePolicy(choice: number): void {
    this.#api.removePolicy(`policy-${choice % this.#policies.length}`);
  }

  /** Creates the policy anew, in the place of one that may exist. */
  replacePolicy(choice: number): void {
    const standing = this.#policies[choice % this.#policies.length];
    if (standing === undefined) return;
    this.#api.removePolicy(standing.name);
    const life = Number(standing.uid.split('-')[2]) + 1;
    this.#apply({ ...standing, uid: `${standing.name}-${life}`, createdMs: this.#time.nowMs() });
  }

  setMax(choice: number, max: number): void {
    this.#edit(choice, ({ units }) => ({
      units: changed(units, choice, (unit) => ({ ...unit, max: max > 2 ? undefined : max })),
    }));
  }

  setCpu(choice: number, cpu: number): void {
    this.#edit(choice, ({ units }) => ({
      units: changed(units, choice, (unit) => ({ ...unit, cpu: cpu > 4 ? undefined : cpu })),
    }));
  }

  removeUnit(choice: number): void {
    this.#edit(choice, ({ units }) => ({
      units: units.length < 2 ? units : units.filter((_, index) => index !== choice % units.length),
    }));
  }

  insertUnit(choice: number, kind: number): void {
    const nodes = (['ecs', 'eci', 'any', 'pool'] as const)[kind % 4] ?? 'any';
    const unit = { nodes, max: (kind >> 2) % 3, cpu: undefined, isMarked: kind > 15, isWaiting: false };
    this.#edit(choice, ({ units }) => ({
      units: units.length > 3 ? units : units.toSpliced(choice % (units.length + 1), 0, unit),
    }));
  }

  reorderUnits(choice: number): void {
    this.#edit(choice, ({ units }) => ({ units: units.toReversed() }));
  }

  setSelector(choice: number, kind: number): void {
    this.#edit(choice, () => ({ app: [undefined, ...APPS][kind % 3] }));
  }

  toggleGrouping(choice: number): void {
    this.#edit(choice, ({ isGrouped }) => ({ isGrouped: !isGrouped }));
  }

  setTryNext(choice: number, kind: number): void {
    this.#edit(choice, ({ tryNext }) => ({ tryNext: TRY_NEXT[kind % TRY_NEXT.length] ?? tryNext }));
  }

  toggleIgnored(choice: number, kind: number): void {
    this.#edit(choice, ({ ignoreTerminatingPod, ignorePreviousPod }) =>
      kind % 2 === 0
        ? { ignoreTerminatingPod: !ignoreTerminatingPod }
        : { ignorePreviousPod: !ignorePreviousPod },
    );
  }

  #edit(choice: number, change: (setting: PolicySetting) => Partial<PolicySetting>): void {
    const standing = this.#policies[choice % this.#policies.length];
    if (standing === undefined) return;
    const setting = { ...standing.setting, ...change(standing.setting) };
    this.#apply({ ...standing, setting, generation: standing.generation + 1 });
  }

  #apply(standing: Standing): void {
    this.#policies[Number(standing.name.split('-')[1])] = standing;
    this.#api.setPolicy(policyOf(standing.setting, standing));
  }
}

function changed(
  units: readonly UnitSetting[],
  choice: number,
  change: (unit: UnitSetting) => UnitSetting,
): readonly UnitSetting[] {
  return units.map((unit, index) => (index === (choice >> 1) % units.length ? change(unit) : unit));
}
