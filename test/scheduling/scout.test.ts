import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NodeBuilder, PodBuilder } from '../support/builders.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import { Harness } from '../support/harness.ts';

const CPU_4 = { cpu: '4', memory: '8Gi', pods: '110' };
const pod = aPod('e1').requesting({ cpu: '1' });
const policy = aPolicy('spark')
  .unit({ nodeSelector: { pool: 'paid' } })
  .unit({ nodeSelector: { pool: 'elastic' } });

/** Nodes of no unit, as many as make kube-scheduler stop looking early: it offers 188 of 400. */
const others = Array.from({ length: 397 }, (_, i) => aNode(`other-${i}`).allocating(CPU_4));
const offered = others.slice(0, 187).map((node) => node.facts().name);
const elastic = aNode('elastic-0').labelled({ pool: 'elastic' }).allocating(CPU_4);

function paid(name: string): NodeBuilder {
  return aNode(name).labelled({ pool: 'paid' }).allocating(CPU_4);
}

/** A cluster of 400 nodes of which two are paid and one is elastic. */
function world(...nodes: readonly NodeBuilder[]): Harness {
  return new Harness({ nodes: [...others, elastic, ...nodes], policies: [policy] });
}

/** kube-scheduler offers the elastic node and others, and stopped looking then. */
const sampled = [...offered, 'elastic-0'];
/** It has looked at everything. */
const complete = sampled.slice(1);

describe('a unit without a node among those that kube-scheduler offered', () => {
  it('has its own node looked at first, when our view knows one with room', () => {
    const scene = world(paid('paid-0'), paid('paid-1'));
    expect(scene.filter(pod, sampled)).toMatchObject({
      outcome: 'waiting',
      text: expect.stringContaining('unit 1 any(pool=paid) has a node that was not offered'),
    });
    expect(scene.nominations).toEqual([{ pod: 'e1', nodeName: expect.stringMatching(/^paid-/) }]);
  });

  it('takes the pod when kube-scheduler then offers that node alone', () => {
    const scene = world(paid('paid-0'), paid('paid-1'));
    scene.filter(pod, sampled);
    const { nodeName } = scene.nominations[0]!;
    expect(scene.filter(pod.nominated(nodeName), [nodeName])).toMatchObject({
      outcome: 'chosen',
      nodeNames: [nodeName],
    });
  });

  it('is passed over when kube-scheduler had looked at all nodes', () => {
    const scene = world(paid('paid-0'), paid('paid-1'));
    expect(scene.unitFor(pod, complete)).toBe('any(pool=elastic)');
    expect(scene.nominations).toEqual([]);
  });

  it('is passed over when our view shows that all of its nodes are full', () => {
    const full = aPod('big').requesting({ cpu: '4' }).labels({});
    const scene = world(paid('paid-0'), paid('paid-1'));
    scene.sees(full.on('paid-0'));
    scene.sees(full.uid('big-2').on('paid-1'));
    expect(scene.unitFor(pod, sampled)).toBe('any(pool=elastic)');
  });

  it('is passed over when the pod does not tolerate its nodes', () => {
    const tainted = paid('paid-0').tainted('dedicated', 'NoSchedule');
    expect(world(tainted, paid('paid-1').cordoned()).unitFor(pod, sampled)).toBe('any(pool=elastic)');
  });

  it('has the next node looked at when the first turned out not to be feasible, and is passed over after the last', () => {
    const scene = world(paid('paid-0'), paid('paid-1'));
    scene.filter(pod, sampled);
    const [first] = scene.nominations;
    expect(scene.unitFor(pod.nominated(first!.nodeName), sampled)).toBe('waiting');
    const second = scene.nominations[1]!;
    expect(second.nodeName).not.toBe(first!.nodeName);
    expect(scene.unitFor(pod.nominated(second.nodeName), sampled)).toBe('any(pool=elastic)');
  });

  it('waits for an answer to the nomination, and asks nothing more meanwhile', () => {
    const scene = world(paid('paid-0'), paid('paid-1'));
    scene.filter(pod, sampled);
    expect(scene.unitFor(pod, sampled)).toBe('waiting');
    expect(scene.nominations).toHaveLength(1);
  });

  it('is not waited for endlessly: a nomination that nothing comes of is a node that was tried', () => {
    const scene = world(paid('paid-0'));
    scene.filter(pod, sampled);
    expect(scene.alarms.at(-1)).toEqual({ pod: 'e1', atMs: 10_000 });
    for (const atMs of [2_000, 4_000, 6_000, 8_000]) {
      expect(scene.reminders.at(-1)).toEqual({ pod: 'e1', atMs });
      scene.advance(2_000);
      expect(scene.unitFor(pod, sampled)).toBe('waiting');
    }
    scene.advance(2_000);
    expect(scene.unitFor(pod, sampled)).toBe('any(pool=elastic)');
  });

  it('has the same node nominated again when kube-scheduler has withdrawn that, and not sooner than it can know', () => {
    const scene = world(paid('paid-0'), paid('paid-1'));
    scene.filter(pod, sampled);
    const [first] = scene.nominations;
    scene.advance(1_999);
    expect(scene.unitFor(pod, sampled)).toBe('waiting');
    expect(scene.nominations).toEqual([first]);
    scene.advance(1);
    expect(scene.unitFor(pod, sampled)).toBe('waiting');
    expect(scene.nominations).toEqual([first, first]);
    expect(scene.filter(pod.nominated(first!.nodeName), [first!.nodeName])).toMatchObject({
      outcome: 'chosen',
    });
  });

  it('stands when only one of the times that it was sent was written, whichever is answered last', async () => {
    const scene = world(paid('paid-0'));
    const [first, second] = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
    const writes = [first, second].values();
    scene.writes = () => writes.next().value?.promise ?? Promise.resolve(true);
    scene.filter(pod, sampled);
    scene.advance(2_000);
    scene.filter(pod, sampled);
    second.resolve(true);
    await setImmediate();
    first.resolve(false);
    await setImmediate();
    expect(scene.scout.isOut(pod.facts().uid)).toBe(true);
  });

  it('is given up at once when it could not be written', async () => {
    const scene = world(paid('paid-0'));
    scene.writes = async () => false;
    scene.filter(pod, sampled);
    expect(scene.scout.isOut(pod.facts().uid)).toBe(true);
    await setImmediate();
    expect(scene.scout.isOut(pod.facts().uid)).toBe(false);
  });

  it('is still waited for by a pod that has a node of a later unit looked at: nobody is evicted for that', () => {
    const limited = aPolicy('spark')
      .unit({ nodeSelector: { pool: 'paid' }, max: 1 })
      .unit({ nodeSelector: { pool: 'elastic' } })
      .spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
    const scene = new Harness({ nodes: [...others, elastic], policies: [limited] });
    expect(scene.unitFor(pod.nominated('elastic-0'), ['elastic-0'])).toBe('waiting');
  });

  it('is looked at again before a later unit takes a pod whose nominated node is offered alone', () => {
    const scene = world();
    expect(scene.unitFor(pod, offered)).toBe('waiting');
    expect(scene.nominations).toEqual([{ pod: 'e1', nodeName: 'elastic-0' }]);
    scene.sees(paid('paid-0'));
    const nominated = pod.nominated('elastic-0');
    expect(scene.unitFor(nominated, ['elastic-0'])).toBe('waiting');
    expect(scene.nominations.at(-1)).toEqual({ pod: 'e1', nodeName: 'paid-0' });
    expect(scene.unitFor(nominated, sampled)).toBe('waiting');
    expect(scene.unitFor(pod.nominated('paid-0'), ['paid-0'])).toBe('any(pool=paid)');
  });

  it('does not keep a pod from the units after it when none of its nodes is feasible, while an earlier unit is full', () => {
    const three = aPolicy('spark')
      .unit({ nodeSelector: { pool: 'paid' } })
      .unit({ nodeSelector: { pool: 'ports' } })
      .unit({ nodeSelector: { pool: 'elastic' } });
    const ports = aNode('ports-0').labelled({ pool: 'ports' }).allocating(CPU_4);
    const scene = new Harness({ nodes: [...others, elastic, paid('paid-0'), ports], policies: [three] });
    scene.sees(aPod('big').requesting({ cpu: '4' }).labels({}).on('paid-0'));
    expect(scene.unitFor(pod, sampled)).toBe('waiting');
    expect(scene.nominations).toEqual([{ pod: 'e1', nodeName: 'ports-0' }]);
    expect(scene.unitFor(pod.nominated('ports-0'), sampled)).toBe('any(pool=elastic)');
  });

  it('is passed over after its last node, however long the pod waited for each of them', () => {
    const scene = world(paid('paid-0'), paid('paid-1'));
    scene.filter(pod, sampled);
    expect(scene.unitFor(pod.nominated(scene.nominations[0]!.nodeName), sampled)).toBe('waiting');
    scene.advance(31_000);
    expect(scene.unitFor(pod.nominated(scene.nominations[1]!.nodeName), sampled)).toBe('any(pool=elastic)');
  });

  it('has its nodes tried again half a minute after the last', () => {
    const scene = world(paid('paid-0'));
    scene.filter(pod, sampled);
    expect(scene.unitFor(pod.nominated('paid-0'), offered)).toBe('waiting');
    expect(scene.nominations.at(-1)).toEqual({ pod: 'e1', nodeName: 'elastic-0' });
    expect(scene.unitFor(pod.nominated('elastic-0'), offered)).toBe('lacks-resources');
    scene.advance(29_999);
    expect(scene.unitFor(pod, offered)).toBe('lacks-resources');
    scene.advance(1);
    expect(scene.unitFor(pod, offered)).toBe('waiting');
    expect(scene.nominations.at(-1)).toEqual({ pod: 'e1', nodeName: 'paid-0' });
  });

  it('is looked at as soon as it has room, when it had none before', () => {
    const patient = aPolicy('spark')
      .unit({ nodeSelector: { pool: 'paid' }, max: 9 })
      .unit({ nodeSelector: { pool: 'elastic' } })
      .spec({ whenTryNextUnits: { policy: 'ExceedMax' } });
    const scene = new Harness({ nodes: [...others, elastic, paid('paid-0')], policies: [patient] });
    const big = aPod('big').requesting({ cpu: '4' }).labels({}).on('paid-0');
    scene.sees(big);
    expect(scene.filter(pod, sampled)).toMatchObject({ text: expect.not.stringContaining('not offered') });
    scene.seesGone(big);
    scene.filter(pod, sampled);
    expect(scene.nominations).toEqual([{ pod: 'e1', nodeName: 'paid-0' }]);
  });

  it('has its node tried again when another pod had just taken it', () => {
    const scene = world(paid('paid-0'));
    scene.filter(pod, sampled);
    const other = aPod('other').requesting({ cpu: '4' }).labels({});
    scene.sees(other.on('paid-0'));
    expect(scene.unitFor(pod.nominated('paid-0'), sampled)).toBe('any(pool=elastic)');
    scene.seesGone(other);
    expect(scene.unitFor(pod, sampled)).toBe('waiting');
  });

  it('does not have anybody evicted meanwhile', () => {
    const scene = world(paid('paid-0'));
    const victim = aPod('low').labels({}).on('paid-0');
    scene.sees(victim);
    scene.filter(pod.priority(10), sampled);
    expect(scene.preempt(pod.priority(10), { 'paid-0': [victim] })).toMatchObject({ outcome: 'nobody' });
  });

  it.each<[string, (scene: Harness, urgent: PodBuilder) => void]>([
    ['nothing came of the nomination', (scene) => scene.advance(10_000)],
    ['kube-scheduler has looked at all nodes since', (scene, urgent) => void scene.filter(urgent, [])],
  ])('may have somebody evicted when %s', (_, then) => {
    const scene = world(paid('paid-0'));
    const victim = aPod('low').labels({}).on('paid-0');
    const urgent = pod.priority(10);
    scene.sees(victim);
    scene.filter(urgent, sampled);
    then(scene, urgent);
    expect(scene.preempt(urgent, { 'paid-0': [victim] })).toMatchObject({ outcome: 'offered' });
  });
});

describe('nominations', () => {
  /** Of 418 nodes kube-scheduler offers 196. */
  const more = [...others.slice(0, 195).map((node) => node.facts().name), 'elastic-0'];

  it('are few at a time; the other pods take their turn as these get their places', () => {
    const scene = world(...Array.from({ length: 20 }, (_, i) => paid(`paid-${i}`)));
    const pods = Array.from({ length: 12 }, (_, i) => aPod(`e${i}`).requesting({ cpu: '100m' }));
    for (const each of pods) expect(scene.unitFor(each, more)).toBe('waiting');
    expect(scene.nominations).toHaveLength(8);
    const [first] = scene.nominations;
    scene.filter(pods[0]!.nominated(first!.nodeName), [first!.nodeName]);
    expect(scene.nominations.slice(7).map((each) => each.pod)).toEqual(['e7', 'e8']);
  });

  it('do not promise the same room twice: who finds none left is tried again, and goes on', () => {
    const scene = world(paid('paid-0'));
    const pods = Array.from({ length: 6 }, (_, i) => aPod(`e${i}`).requesting({ cpu: '1' }));
    const units = pods.map((each) => scene.unitFor(each, sampled));
    expect(scene.nominations).toHaveLength(4);
    expect(units.slice(0, 4)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(units.slice(4)).toEqual(['any(pool=elastic)', 'any(pool=elastic)']);
  });

  it('spread over the nodes of the unit', () => {
    const scene = world(...Array.from({ length: 20 }, (_, i) => paid(`paid-${i}`)));
    for (let i = 0; i < 8; i += 1) scene.filter(aPod(`e${i}`).requesting({ cpu: '1' }), more);
    expect(new Set(scene.nominations.map(({ nodeName }) => nodeName)).size).toBe(8);
  });
});

describe('whose turn it is', () => {
  /** Of 418 nodes kube-scheduler offers 196, none of which is in a unit. */
  const none = others.slice(0, 196).map((node) => node.facts().name);
  const pods = Array.from({ length: 12 }, (_, i) => aPod(`e${i}`).requesting({ cpu: '1' }));

  /** All of them have to go to the elastic nodes, eight are nominated and four wait for their turn. */
  function queue(): Harness {
    const many = Array.from({ length: 20 }, (_, i) =>
      aNode(`elastic-${i + 1}`)
        .labelled({ pool: 'elastic' })
        .allocating(CPU_4),
    );
    const scene = world(...many);
    for (const each of pods) {
      scene.sees(each);
      expect(scene.unitFor(each, none)).toBe('waiting');
    }
    expect(scene.nominations).toHaveLength(8);
    return scene;
  }

  it('that of one who finds room in an earlier unit stays, and the room is promised to nobody else', () => {
    const scene = queue();
    scene.sees(paid('paid-0').allocating({ ...CPU_4, cpu: '1' }));
    const [first, second] = scene.nominations;
    expect(scene.unitFor(pods[0]!.nominated(first!.nodeName), [first!.nodeName])).toBe('waiting');
    expect(scene.nominations.at(-1)).toEqual({ pod: 'e0', nodeName: 'paid-0' });
    expect(scene.unitFor(pods[1]!.nominated(second!.nodeName), [second!.nodeName])).toBe('any(pool=elastic)');
  });

  it('that of one who is gone is the next one’s at once', () => {
    const scene = queue();
    for (const each of pods.slice(0, 8)) scene.seesGone(each);
    expect(scene.nominations.slice(8).map((each) => each.pod)).toEqual(['e8', 'e9', 'e10', 'e11']);
  });

  it('that of one whom nothing was heard of is the next one’s as soon as anybody asks', () => {
    const scene = queue();
    scene.advance(10_000);
    expect(scene.scout.isOut('uid-of-another')).toBe(false);
    expect(scene.nominations.slice(8).map((each) => each.pod)).toEqual(['e8', 'e9', 'e10', 'e11']);
  });

  it('that of one whom no unit takes any more is the next one’s', () => {
    const scene = queue();
    const closed = aPolicy('spark')
      .unit({ nodeSelector: { pool: 'elastic' }, max: 0 })
      .generation(2);
    scene.sees(closed);
    expect(scene.unitFor(pods[0]!, none)).toBe('full');
    expect(scene.scout.isOut(pods[0]!.facts().uid)).toBe(false);
    scene.seesGone(closed);
    expect(scene.unitFor(pods[1]!, none)).toBe('not-ours');
    expect(scene.scout.isOut(pods[1]!.facts().uid)).toBe(false);
  });
});

describe('a pod that was nominated before our start', () => {
  it('holds its place while its victims leave: nobody else takes it', () => {
    const max1 = aPolicy('spark').unit({ nodeSelector: { pool: 'paid' }, max: 1 });
    const scene = new Harness({ nodes: [paid('paid-0')], policies: [max1] });
    scene.sees(aPod('victim').on('paid-0').terminating());
    scene.sees(aPod('high').priority(10).nominated('paid-0').unschedulable());
    expect(scene.unitFor(aPod('rival'), ['paid-0'])).toBe('full');
    expect(scene.unitFor(aPod('high').priority(10).nominated('paid-0'), ['paid-0'])).toBe('any(pool=paid)');
  });
});
