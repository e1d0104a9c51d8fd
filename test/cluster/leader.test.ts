import { describe, expect, it } from 'vitest';

import { ApiError } from '../../src/cluster/api-error.ts';
import { Leader } from '../../src/cluster/leader.ts';
import type { LeaseState } from '../../src/cluster/lease.ts';
import { Timeline } from '../controllers/timeline.ts';

const DURATION_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
const FORBIDDEN_RETRY_MS = 10_000;

const unreachable = (): Error => new Error('connection refused');
const forbidden = (): ApiError =>
  new ApiError({ status: 403, reason: 'Forbidden', message: 'leases is forbidden', definite: true });

/** The one Lease, kept as the API server keeps it: replaced only by who saw its last version. */
class SharedLease {
  state: LeaseState | undefined;
  #version = 0;

  read(): LeaseState | undefined {
    return this.state;
  }

  write(from: LeaseState | undefined, holder: string, durationMs: number): LeaseState | undefined {
    if (this.state?.version !== from?.version) return undefined;
    this.#version += 1;
    const version = String(this.#version);
    const wantedBy = from?.holder !== holder && holder !== '' ? '' : (from?.wantedBy ?? '');
    this.state = { holder, durationMs, version, beat: version, wantedBy, object: {} };
    return this.state;
  }

  ask(from: LeaseState, by: string): LeaseState | undefined {
    if (this.state?.version !== from.version) return undefined;
    this.#version += 1;
    this.state = { ...from, version: String(this.#version), wantedBy: by };
    return this.state;
  }
}

interface ContenderOptions {
  readonly time: Timeline;
  readonly shared: SharedLease;
  readonly name: string;
}

/** A process that wants to lead, its connection to the API server included. */
class Contender {
  readonly told: string[] = [];
  /** Who led before it, each time it was elected. */
  readonly after: (string | undefined)[] = [];
  readonly requests: { readonly verb: 'read' | 'write'; readonly atMs: number }[] = [];
  /** What happens to a request before the API server does it. */
  onRequest: () => Promise<void> = async () => undefined;
  /** Its kube-scheduler is at work. */
  isBusy = false;
  /** So much later it is than what is planned knows: the process was held up. */
  heldUpMs = 0;
  /** What happens to an answer on its way. */
  onAnswer: () => Promise<void> = async () => undefined;
  readonly leader: Leader;
  readonly #time: Timeline;
  /** What it has planned no longer happens: it was killed. */
  #isDead = false;

  constructor({ time, shared, name }: ContenderOptions) {
    this.#time = time;
    this.leader = new Leader({
      lease: {
        read: () => this.#ask('read', () => shared.read()),
        write: (...args) => this.#ask('write', () => shared.write(...args)),
        ask: (...args) => this.#ask('write', () => shared.ask(...args)),
      },
      mayYield: () => !this.isBusy,
      identity: name,
      clock: { nowMs: () => time.nowMs() + this.heldUpMs },
      schedule: (run, delayMs) => time.schedule(() => (this.#isDead ? undefined : run()), delayMs),
      observer: {
        elected: (after) => {
          this.told.push('elected');
          this.after.push(after);
        },
        deposed: () => void this.told.push('deposed'),
        forbidden: (message) => void this.told.push(`forbidden: ${message}`),
        failing: (message) => void this.told.push(`failing: ${message}`),
      },
    });
  }

  /** SIGKILL. */
  kill(): void {
    this.#isDead = true;
    this.onRequest = () => new Promise(() => undefined);
  }

  get leads(): boolean {
    return !this.#isDead && this.leader.leads;
  }

  async #ask<Answer>(verb: 'read' | 'write', perform: () => Answer): Promise<Answer> {
    this.requests.push({ verb, atMs: this.#time.nowMs() });
    await this.onRequest();
    const answer = perform();
    await this.onAnswer();
    return answer;
  }
}

class Scene {
  readonly time = new Timeline();
  readonly shared = new SharedLease();

  contender(name: string): Contender {
    return new Contender({ time: this.time, shared: this.shared, name });
  }

  /** One that leads, beside one that waits. */
  async aPair(): Promise<readonly [Contender, Contender]> {
    const [first, second] = [this.contender('first'), this.contender('second')];
    first.leader.start();
    await this.time.advance(0);
    second.leader.start();
    await this.time.advance(0);
    return [first, second];
  }

  /** A promise that is kept after so long. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.time.schedule(resolve, ms);
    });
  }
}

describe('the first one', () => {
  it('leads at once where there is no lease yet', async () => {
    const scene = new Scene();
    const one = scene.contender('one');

    one.leader.start();
    await scene.time.advance(0);

    expect([one.leads, one.told]).toEqual([true, ['elected']]);
    expect(scene.shared.state).toMatchObject({ holder: 'one', durationMs: DURATION_MS });
  });

  it('goes on leading, with one write every two seconds', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    one.leader.start();

    await scene.time.advance(60_000);

    expect([one.leads, one.told]).toEqual([true, ['elected']]);
    expect(one.requests.slice(1)).toEqual(
      Array.from({ length: 31 }, (_, n) => ({ verb: 'write', atMs: n * RETRY_MS })),
    );
  });

  it('takes a lease that nobody holds', async () => {
    const scene = new Scene();
    scene.shared.write(undefined, '', 1_000);
    const one = scene.contender('one');

    one.leader.start();
    await scene.time.advance(0);

    expect(one.leads).toBe(true);
  });

  it('waits for a holder that it has never seen renew, since it cannot know how old that is', async () => {
    const scene = new Scene();
    scene.shared.write(undefined, 'killed long ago', DURATION_MS);
    const one = scene.contender('one');
    one.leader.start();

    await scene.time.advance(DURATION_MS - 1);
    expect(one.leads).toBe(false);
    await scene.time.advance(RETRY_MS);
    expect(one.leads).toBe(true);
  });

  it('believes the holder about how long the lease lasts', async () => {
    const scene = new Scene();
    scene.shared.write(undefined, 'patient', 60_000);
    const one = scene.contender('one');
    one.leader.start();

    await scene.time.advance(59_999);
    expect(one.leads).toBe(false);
    await scene.time.advance(RETRY_MS);
    expect(one.leads).toBe(true);
  });
});

describe('a second one', () => {
  it('never leads while the first renews', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();

    await scene.time.advance(600_000);

    expect([first.told, second.told]).toEqual([['elected'], []]);
  });

  it('takes over when the first was killed, after the lease and no sooner', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    await scene.time.advance(60_000);

    first.kill();
    await scene.time.advance(DURATION_MS - 1);
    expect(second.leads).toBe(false);
    await scene.time.advance(RETRY_MS);

    expect(second.leads).toBe(true);
  });

  it('takes over within one look when the first was stopped', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    await scene.time.advance(60_000);

    await first.leader.stop();
    expect([first.leads, first.told, scene.shared.state?.holder]).toEqual([
      false,
      ['elected', 'deposed'],
      '',
    ]);
    await scene.time.advance(RETRY_MS);

    expect(second.leads).toBe(true);
  });

  it('loses when both find the lease free at the same time', async () => {
    const scene = new Scene();
    scene.shared.write(undefined, '', 1_000);
    const pair = [scene.contender('a'), scene.contender('b')];
    for (const { leader } of pair) leader.start();

    await scene.time.advance(0);

    expect(pair.filter(({ leads }) => leads)).toHaveLength(1);
  });
});

describe('a leader', () => {
  it('survives errors for less than ten seconds, told of once', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    await scene.time.advance(RETRY_MS);

    first.onRequest = () => Promise.reject(unreachable());
    await scene.time.advance(RENEW_DEADLINE_MS - RETRY_MS - 1);
    first.onRequest = async () => undefined;
    await scene.time.advance(60_000);

    expect([first.told, second.told]).toEqual([['elected', 'failing: connection refused'], []]);
  });

  it('steps down after ten seconds of errors, before another takes over, and does not come back by itself', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    first.onRequest = () => Promise.reject(unreachable());

    await scene.time.advance(RENEW_DEADLINE_MS);
    expect([first.leads, second.leads]).toEqual([false, false]);
    await scene.time.advance(DURATION_MS - RENEW_DEADLINE_MS + RETRY_MS);
    expect([first.leads, second.leads]).toEqual([false, true]);

    first.onRequest = async () => undefined;
    await scene.time.advance(60_000);
    expect([first.leads, second.leads]).toEqual([false, true]);
    expect(first.told).toEqual(['elected', 'failing: connection refused', 'deposed']);
  });

  it('counts from before the request: a slow answer does not make its time longer', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    one.onAnswer = () => scene.after(4_000);
    one.leader.start();
    await scene.time.advance(8_000);
    expect(one.leads).toBe(true);

    // Asked for at 4 s, answered at 8 s; the next request is never answered.
    one.onAnswer = () => new Promise(() => undefined);
    await scene.time.advance(5_999);
    expect(one.leads).toBe(true);
    await scene.time.advance(1);
    expect(one.leads).toBe(false);
  });

  it('says so when it did not lead for a moment, since others may have seen that', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    one.leader.start();
    await scene.time.advance(0);
    one.onRequest = () => Promise.reject(unreachable());
    await scene.time.advance(RENEW_DEADLINE_MS - RETRY_MS - 1);
    const answer = Promise.withResolvers<void>();
    one.onRequest = async () => undefined;
    one.onAnswer = () => answer.promise;
    await scene.time.advance(1);

    one.heldUpMs = RETRY_MS + 500;
    expect(one.leads).toBe(false);
    answer.resolve();
    await scene.time.advance(0);

    expect([one.leads, one.told]).toEqual([
      true,
      ['elected', 'failing: connection refused', 'deposed', 'elected'],
    ]);
  });

  it('does not count an answer that comes too late', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    one.onAnswer = () => scene.after(RENEW_DEADLINE_MS);
    one.leader.start();

    await scene.time.advance(60_000);

    expect([one.leads, one.told]).toEqual([false, []]);
  });

  it('goes on when its answer was lost though it was written', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    first.onAnswer = () => Promise.reject(unreachable());
    await scene.time.advance(RETRY_MS);

    first.onAnswer = async () => undefined;
    await scene.time.advance(60_000);

    expect([first.told, second.told]).toEqual([['elected', 'failing: connection refused'], []]);
  });

  it('goes on when somebody edited the lease', async () => {
    const scene = new Scene();
    const [first] = await scene.aPair();

    scene.shared.write(scene.shared.state, 'first', DURATION_MS);
    await scene.time.advance(60_000);

    expect(first.told).toEqual(['elected']);
  });

  it('goes on when somebody deleted the lease', async () => {
    const scene = new Scene();
    const [first, second] = [scene.contender('first'), scene.contender('second')];
    first.leader.start();
    await scene.time.advance(RETRY_MS / 2);
    second.leader.start();
    // The second looks halfway between two renewals of the first, here the next time before the first renews.
    await scene.time.advance(RETRY_MS);

    scene.shared.state = undefined;
    await scene.time.advance(60_000);

    expect([first.told, second.told]).toEqual([['elected'], []]);
    expect(scene.shared.state).toMatchObject({ holder: 'first' });
  });

  it('is followed by another when it was killed and the lease deleted', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();

    first.kill();
    scene.shared.state = undefined;
    await scene.time.advance(DURATION_MS + RETRY_MS);

    expect(second.leads).toBe(true);
  });

  it('steps down at once when the lease is another’s', async () => {
    const scene = new Scene();
    const [first] = await scene.aPair();

    scene.shared.write(scene.shared.state, 'usurper', DURATION_MS);
    await scene.time.advance(RETRY_MS);

    expect([first.leads, first.told]).toEqual([false, ['elected', 'deposed']]);
  });

  it('stops leading by the clock alone, even when nothing of its own has the time to run', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    one.leader.start();
    await scene.time.advance(0);

    one.kill();
    await scene.time.advance(RENEW_DEADLINE_MS - 1);
    expect(one.leader.leads).toBe(true);
    await scene.time.advance(1);
    expect(one.leader.leads).toBe(false);
  });
});

it('two never lead at once, whatever fails and however slow it is', async () => {
  // A fixed walk through delays, errors and deletions of the lease; each step is a quarter of a second on the common timeline.
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const scene = new Scene();
  const trouble = async (): Promise<void> => {
    const kind = random(10);
    if (kind < 3) throw unreachable();
    if (kind < 6) await scene.after(random(16_000));
  };
  const contenders = ['a', 'b', 'c'].map((name) => scene.contender(name));
  for (const contender of contenders) {
    contender.onRequest = trouble;
    contender.onAnswer = trouble;
    contender.leader.start();
  }
  const leaders = new Set<Contender>();

  for (let step = 0; step < 6_000; step += 1) {
    if (random(200) === 0) scene.shared.state = undefined;
    await scene.time.advance(250);
    const leading = contenders.filter(({ leads }) => leads);
    for (const contender of leading) leaders.add(contender);
    expect(leading.length).toBeLessThanOrEqual(1);
  }

  // It was a fight, not one that led all the time.
  expect(leaders.size).toBe(3);
});

describe('a replica that is called asks for the lease', () => {
  it('and has it within a few seconds when the holder is idle, with no time in which both lead', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();

    second.leader.want();
    for (let ms = 0; ms < 3_000; ms += 100) {
      await scene.time.advance(100);
      expect([first.leads, second.leads]).not.toEqual([true, true]);
    }

    expect([first.leads, second.leads]).toEqual([false, true]);
    expect(second.told).toEqual(['elected']);
  });

  it('and is told that somebody led before it', async () => {
    const scene = new Scene();
    const [, second] = await scene.aPair();
    second.leader.want();
    await scene.time.advance(3_000);
    expect(second.after).toEqual(['']);
  });

  it('in vain while the holder is at work', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    first.isBusy = true;
    second.leader.want();
    await scene.time.advance(9_000);
    expect([first.leads, second.leads]).toEqual([true, false]);
  });

  it('and gets it when the holder’s work is done', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    first.isBusy = true;
    second.leader.want();
    await scene.time.advance(5_000);
    first.isBusy = false;
    await scene.time.advance(3_000);
    expect([first.leads, second.leads]).toEqual([false, true]);
  });

  it('and it goes back to the first when the one who asked has died', async () => {
    const scene = new Scene();
    const [first, second] = await scene.aPair();
    second.leader.want();
    await scene.time.advance(0);
    second.kill();
    await scene.time.advance(10_000);
    expect(first.leads).toBe(true);
    expect(first.told).toEqual(['elected', 'deposed', 'elected']);
  });
});

describe('a replica that is started again under its name', () => {
  it('leads at once, and is told that it was itself who led', async () => {
    const scene = new Scene();
    const first = scene.contender('one');
    first.leader.start();
    await scene.time.advance(0);
    first.kill();
    const again = scene.contender('one');
    again.leader.start();
    await scene.time.advance(0);
    expect([again.leads, again.after]).toEqual([true, ['one']]);
  });
});

describe('an account without the right', () => {
  it('is not thought to lack it for good while the API server starts', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    one.onRequest = () => (one.requests.length > 2 ? Promise.resolve() : Promise.reject(forbidden()));
    one.leader.start();

    await scene.time.advance(6_000);
    expect([one.leads, one.told.filter((told) => told.startsWith('forbidden'))]).toEqual([true, []]);
  });

  it('leads nothing, is told of it once, and looks again every ten seconds', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    one.onRequest = () => Promise.reject(forbidden());
    one.leader.start();

    await scene.time.advance(3 * FORBIDDEN_RETRY_MS);
    const told = ['failing: leases is forbidden', 'forbidden: leases is forbidden'];
    expect([one.leads, one.told]).toEqual([false, told]);
    expect(one.requests.map(({ atMs }) => atMs)).toEqual([0, 2_000, 4_000, 6_000, 16_000, 26_000]);

    one.onRequest = async () => undefined;
    await scene.time.advance(FORBIDDEN_RETRY_MS);
    expect(one.leads).toBe(true);
  });
});

describe('stop', () => {
  it('waits for the request under way, and gives up what that won', async () => {
    const scene = new Scene();
    const one = scene.contender('one');
    const answer = Promise.withResolvers<void>();
    one.onAnswer = () => (one.requests.length === 2 ? answer.promise : Promise.resolve());
    one.leader.start();
    await scene.time.advance(0);
    expect(scene.shared.state?.holder).toBe('one');

    const stopped = one.leader.stop();
    answer.resolve();
    await stopped;

    expect([one.leads, one.told, scene.shared.state?.holder]).toEqual([false, [], '']);
    expect(scene.time.planned).toBe(0);
  });

  it('leaves the lease of another alone', async () => {
    const scene = new Scene();
    const [, second] = await scene.aPair();
    await scene.time.advance(60_000);

    await second.leader.stop();

    expect(scene.shared.state?.holder).toBe('first');
    expect(second.requests.every(({ verb }) => verb === 'read')).toBe(true);
  });

  it('ends although the API server cannot be asked', async () => {
    const scene = new Scene();
    const [first] = await scene.aPair();
    first.onRequest = () => Promise.reject(unreachable());

    await expect(first.leader.stop()).resolves.toBeUndefined();
    expect(first.leads).toBe(false);
  });
});
