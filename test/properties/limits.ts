/**
 * No unit holds more of a group than max and maxResources allow, as far as the program can help it: what may exceed them
 * is what others do (limits lowered, pods bound, resized or relabelled by others, nodes that change) after the program
 * sent a Binding, or before it was told.
 *
 * @module
 */
import { POLICY_ANNOTATION, UNIT_ANNOTATION } from '../../src/facts/annotations.ts';
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import type { Binding } from '../../src/scheduling/ports.ts';
import type { ApiServer } from './api-server.ts';
import type { Program } from './program.ts';
import type { Place } from './rules.ts';
import { countedIn, groupOf, isOfUnit, isSelected, isWithin, placeOf, sumOf } from './rules.ts';
import type { Story } from './story.ts';

export class Limits {
  readonly #api: ApiServer;
  readonly #story: Story;

  constructor(api: ApiServer, story: Story) {
    this.#api = api;
    this.#story = story;
  }

  /**
   * A Binding goes out. By all that the program was told and did itself: would the pod's unit hold more than it may,
   * were all there that may land?
   *
   * @param mayLand other Bindings of the program that may land, or have landed without its having been told.
   */
  checkSent(binding: Binding, program: Program, mayLand: readonly Binding[]): void {
    const pod = this.#asDecidedUpon(binding, program);
    if (pod === undefined) return;
    const [policy, another] = [...program.policies.values()].filter((each) => isSelected(each, pod));
    this.#story.expect(another === undefined, `${pod.name} is bound though policies overlap`);
    if (policy === undefined) {
      this.#story.expect(binding.annotations === undefined, `${pod.name}: marks without a policy`);
      return;
    }
    const bound = asBound(pod, binding);
    const unit = policy.units.find(({ name }) => name === bound.recordedUnit);
    const group = groupOf(policy, bound);
    const isOfNode = unit !== undefined && isOfUnit(unit, program.nodes.get(binding.nodeName));
    const isRecorded = bound.recordedPolicy === policy.name && isOfNode && group !== undefined;
    this.#story.expect(isRecorded, `${pod.name} goes to ${binding.nodeName} as of unit ${unit?.name}`);
    const isPinnedElsewhere =
      policy.units.some(({ name }) => name === pod.pinnedUnit) && unit?.name !== pod.pinnedUnit;
    this.#story.expect(!isPinnedElsewhere, `${pod.name}, pinned to ${pod.pinnedUnit}, goes to ${unit?.name}`);
    if (unit === undefined || group === undefined) return;
    const place = { unit, group };
    const known = [...program.pods.values()];
    const pods = [...known, ...this.#landing(mayLand, program)].filter(({ uid }) => uid !== pod.uid);
    const others = countedIn(policy, place, { pods, nodes: program.nodes });
    const distinct = new Map(others.map((other) => [other.uid, other]));
    const what = `${pod.name} is let into ${policy.name}, with what may land`;
    this.#checkWithin(place, [...distinct.values(), bound], what);
  }

  /** A Binding landed, and nothing of what others do has happened since it was sent that its sender did not know. */
  checkLanded(uid: string): void {
    const pod = this.#api.pods.get(uid);
    if (pod === undefined) return;
    for (const policy of this.#api.policies.values()) {
      const place = placeOf(policy, pod, this.#api.nodes);
      if (place === undefined) continue;
      const there = countedIn(policy, place, { pods: this.#api.pods.values(), nodes: this.#api.nodes });
      this.#checkWithin(place, there, `${pod.name} has landed in ${policy.name}`);
    }
  }

  #checkWithin({ unit }: Place, pods: readonly PodFacts[], what: string): void {
    const names = (): string => pods.map(({ name }) => name).join();
    this.#story.expect(isWithin(unit, sumOf(unit, pods)), () => `${what}: ${names()} in unit ${unit.name}`);
  }

  /** The pods that the program has not been shown bound, as each of these Bindings makes them. */
  #landing(bindings: readonly Binding[], program: Program): readonly PodFacts[] {
    return bindings.flatMap((binding) => {
      const pod = this.#asDecidedUpon(binding, program);
      const isUnseen = pod !== undefined && pod.nodeName === undefined && !pod.terminating;
      return isUnseen ? [asBound(pod, binding)] : [];
    });
  }

  /**
   * The version that the Binding names. One that names none is of a pod that no policy selects, by the watch or by a
   * later version that /filter brought.
   */
  #asDecidedUpon(binding: Binding, program: Program): PodFacts | undefined {
    const versions = this.#api.versionsOf(binding.uid);
    if (binding.resourceVersion !== undefined)
      return versions.find(({ resourceVersion }) => resourceVersion === binding.resourceVersion);
    const known = this.#asKnown(binding.uid, program);
    const since = known === undefined ? versions : versions.slice(versions.indexOf(known) + 1);
    const policies = [...program.policies.values()];
    return since.find((pod) => policies.every((policy) => !isSelected(policy, pod))) ?? known;
  }

  /** The pod as the program has it; undefined also if that is not clear: the watch has not shown a pod that changed. */
  #asKnown(uid: string, program: Program): PodFacts | undefined {
    const known = program.pods.get(uid);
    if (known !== undefined) return known;
    const versions = this.#api.versionsOf(uid);
    const [first] = versions;
    const isClear = versions.every(
      ({ labels, requests }) => labels === first?.labels && requests === first.requests,
    );
    return isClear ? first : undefined;
  }
}

/** The pod as the Binding makes it. */
function asBound(pod: PodFacts, { nodeName, labels, annotations = {} }: Binding): PodFacts {
  return {
    ...pod,
    nodeName,
    labels: { ...pod.labels, ...labels },
    annotations: { ...pod.annotations, ...annotations },
    recordedPolicy: annotations[POLICY_ANNOTATION],
    recordedUnit: annotations[UNIT_ANNOTATION],
  };
}
