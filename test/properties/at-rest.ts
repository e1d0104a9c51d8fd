/**
 * What must be true once everything has come to rest: the watch has told all, what was on its way has arrived or never
 * will, and kube-scheduler has tried every pod that it has any reason to try.
 *
 * @module
 */
import type { PodFacts } from '../../src/facts/pod-facts.ts';
import { answerOf, rightAnswers } from './answers.ts';
import { checkAlways, checkCounts } from './invariants.ts';
import { hasRoom, memberOf } from './rules.ts';
import type { World } from './world.ts';
import { settle } from './world.ts';

const CARRIED_OUT_BY_S = 60;
const RESERVED_S = 65;
/** In which a pod is asked about again whose Binding got no answer. */
const DOUBTED_S = 10;
const UNCERTAIN_S = 120;
/** Rounds of kube-scheduler after which a world that has not come to rest never will. */
const MOST_ROUNDS = 80;

export async function checkAtRest(world: World): Promise<void> {
  const { story, program, api } = world;
  story.note('at rest');
  await land(world);
  await world.advance(DOUBTED_S);
  program.drain();
  checkDoubts(world);
  checkCounts(world);
  await world.advance(2 * UNCERTAIN_S);
  program.drain();
  program.expire();
  await checkAlways(world);
  for (const pod of program.pods.values()) {
    const isHeld = program.ledger.reservation(pod.uid) !== undefined;
    const isNeeded = program.ledger.isNominated(pod) || isHeldByPin(world, pod);
    story.expect(!isHeld || isNeeded, () => `${pod.name} holds a place that nobody needs`);
  }
  await runScheduler(world);
  checkCounts(world);
  story.expect(program.ledger.reservationCount === 0, 'a place is held that nobody needs, at the end');
  for (const pod of api.items('pods')) {
    checkWaiting(world, pod);
    if (pod.isInWaitingRoom && !pod.terminating) checkHeld(world, pod);
  }
  story.check();
}

/** Everything on its way arrives, or never will. */
async function land(world: World): Promise<void> {
  while (world.hasReads) {
    world.answerRead(0, 1);
    await settle();
  }
  await openGates(world);
  world.program.drain();
  await world.advance(CARRIED_OUT_BY_S);
  world.program.drain();
}

/** Nobody waits for an answer about a pod that is gone, though its end was never shown. */
function checkDoubts({ story, api, program }: World): void {
  for (const uid of api.uids()) {
    const isDoubted = !api.pods.has(uid) && program.ledger.reservation(uid)?.state === 'uncertain';
    story.expect(!isDoubted, () => `${uid} is gone, and holds a place for a Binding without an answer`);
  }
  story.check();
}

async function openGates({ gates, program }: World): Promise<void> {
  while (!gates.isEmpty) {
    gates.carryOut(0);
    await settle();
  }
  program.drain();
}

/**
 * kube-scheduler goes on until nothing happens any more: pods in its hands are tried, pods it has parked only when
 * they are woken.
 */
async function runScheduler(world: World): Promise<void> {
  const { story, scheduler, api, program, time } = world;
  const nodes = [...api.nodes.keys()];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const isOpening = !world.gates.isEmpty;
    await openGates(world);
    const tried = api.items('pods').filter((pod) => isOpen(pod) && !scheduler.waitsToBeWoken(pod, nodes));
    for (const pod of tried) await schedule(world, pod, nodes);
    program.drain();
    if (time.nextMs() < Infinity) {
      await world.advance(Math.max(1, time.nextMs() - time.nowMs()) / 1_000);
      program.drain();
    } else if (program.ledger.reservationCount > 0) {
      await world.advance(RESERVED_S);
      program.expire();
    } else if (tried.length === 0 && !isOpening) return;
  }
  story.expect(false, 'kube-scheduler tries pods again and again');
}

/** One cycle; a pod that is let through is bound, and to the right unit. */
async function schedule(
  world: World,
  { uid, name, nominatedNode }: PodFacts,
  nodes: readonly string[],
): Promise<void> {
  const { story, scheduler, api, program, flights } = world;
  story.note(`at rest: cycle of ${name}`);
  const pod = api.pods.get(uid);
  const pinned = api.items('pods').filter((each) => isHeldByPin(world, each));
  const isFree = nominatedNode === undefined && program.ledger.reservationCount === pinned.length;
  const others = pinned.filter((each) => each !== pod);
  const right = pod === undefined || !isFree ? undefined : rightAnswers(pod, api, others);
  if (scheduler.cycle(uid, nodes) === undefined) return;
  await settle();
  flights.carryOut(0);
  flights.answer(0, false);
  await checkAlways(world);
  const bound = api.pods.get(uid);
  story.expect(bound?.nodeName !== undefined, `${name} could not be bound`);
  const answer = bound?.recordedUnit === undefined ? 'not-ours' : `unit ${bound.recordedUnit}`;
  story.expect(right?.includes(answer) ?? true, () => `${name}: ${answer} instead of ${right?.join(' or ')}`);
  program.drain();
  story.check();
}

/** A pod that waits at the end waits for a reason. */
function checkWaiting({ story, scheduler, api, program }: World, pod: PodFacts): void {
  const nodes = scheduler.offeredTo(pod.uid, [...api.nodes.keys()]);
  if (!isOpen(pod) || nodes.length === 0) return;
  const decision = program.decide(pod, nodes);
  const right = rightAnswers(pod, api);
  const answer = answerOf(decision);
  story.note(`at the end ${pod.name}: ${answer}`);
  story.expect(right.includes(answer), () => `${pod.name}: ${answer} instead of ${right.join(' or ')}`);
  const mayGo = decision.outcome === 'chosen' || decision.outcome === 'not-ours';
  story.expect(
    !mayGo,
    () => `${pod.name} waits, ${scheduler.isParked(pod.uid) ? 'and nobody was told' : 'though told'}`,
  );
  program.ledger.forget(pod.uid);
}

/** A pod that is left in the waiting room is there because its group is full. */
function checkHeld({ story, api }: World, pod: PodFacts): void {
  const member = memberOf(api.policies.values(), pod);
  story.expect(member !== undefined, () => `${pod.name} is in the waiting room, and no policy holds it back`);
  if (member === undefined) return;
  const cluster = { pods: api.items('pods'), nodes: api.nodes };
  const isFull = !hasRoom(member.policy, member.group, cluster);
  story.expect(isFull, () => `${pod.name} is in the waiting room, and its group has room that nobody takes`);
}

/** The pod is in kube-scheduler's queue, and the place that it is pinned to is its own. */
function isHeldByPin({ program }: World, pod: PodFacts): boolean {
  const held = program.ledger.reservation(pod.uid);
  return held?.state === 'reserved' && held.unit.name === pod.pinnedUnit;
}

function isOpen({ nodeName, terminating, finished, isGated }: PodFacts): boolean {
  return nodeName === undefined && !terminating && !finished && !isGated;
}
