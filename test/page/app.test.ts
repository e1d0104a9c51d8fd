import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RunningServer } from '../../src/http/server.ts';
import type { PoliciesAnswer, ReplicaAnswer } from '../../src/page/answers.ts';
import { aNode, aPod, aPolicy } from '../support/builders.ts';
import type { Got } from './page-server.ts';
import { asked, get, Scene } from './page-server.ts';

let scene: Scene;
let server: RunningServer;
let nowMs: number;

beforeEach(async () => {
  nowMs = 0;
  scene = new Scene().node(aNode('ecs-0')).policy(aPolicy('spark').unit({ resource: 'ecs', max: 4 }));
  server = await scene.serve({ clock: { ...scene.parts().clock, nowMs: () => nowMs } });
});

afterEach(() => server.close(0));

async function as(viewer: string): Promise<Got> {
  return get(server, '/api/policies', { headers: { 'resource-policy-viewer': viewer } });
}

describe('the page’s files', () => {
  it('are served with their types, and nothing beside them', async () => {
    expect((await get(server, '/')).headers['content-type']).toBe('text/html; charset=utf-8');
    expect((await get(server, '/assets/main.js')).headers['content-type']).toBe(
      'text/javascript; charset=utf-8',
    );
    const others = ['/assets/tsconfig.json', '/assets/../app.ts', '/assets/', '/assets/%2e%2e/app.ts', '/x'];
    const statuses = await Promise.all(others.map(async (path) => (await get(server, path)).status));
    expect(statuses).toEqual(others.map(() => 404));
  });

  it('name no other origin', async () => {
    const html = (await get(server, '/')).text;
    const scripts = await Promise.all(
      ['main', 'dom', 'ask', 'bars', 'frame', 'list'].map((name) => get(server, `/assets/${name}.js`)),
    );
    const css = (await get(server, '/assets/page.css')).text;

    for (const { text } of [...scripts, { text: html }, { text: css }])
      expect(/https?:\/\//.test(text)).toBe(false);
    expect(/@import|url\(/.test(css)).toBe(false);
  });

  it('may do nothing but what the page needs', async () => {
    const { headers } = await get(server, '/');

    expect(String(headers['content-security-policy']).split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]),
    );
    expect(String(headers['content-security-policy'])).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  it('are asked for again and not sent again', async () => {
    const first = await get(server, '/assets/main.js');
    const again = await get(server, '/assets/main.js', {
      headers: { 'if-none-match': String(first.headers['etag']) },
    });

    expect(first.headers['cache-control']).toBe('private, no-cache');
    expect(again).toMatchObject({ status: 304, text: '' });
  });
});

describe('answers', () => {
  it('are not sent again while they hold, and are when something changes', async () => {
    const first = await get(server, '/api/policies');
    const etag = String(first.headers['etag']);

    nowMs += 5_000;
    expect(await get(server, '/api/policies', { headers: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
      text: '',
    });

    scene.pod(aPod('a').on('ecs-0'));
    nowMs += 5_000;
    const changed = await get(server, '/api/policies', { headers: { 'if-none-match': etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers['etag']).not.toBe(etag);
  });

  it('are worked out at most once a second, however many ask, and say how old they are', async () => {
    let worked = 0;
    const { policies } = scene.parts();
    const counting = await scene.serve({
      clock: { ...scene.parts().clock, nowMs: () => nowMs },
      policies: {
        ...policies,
        items: () => {
          worked += 1;
          return policies.items();
        },
      },
    });
    onTestFinished(() => counting.close(0));

    await Promise.all(Array.from({ length: 10 }, () => get(counting, '/api/policies')));
    nowMs += 999;
    await get(counting, '/api/policies');
    expect(worked).toBe(1);

    nowMs += 1;
    await get(counting, '/api/policies');
    expect(worked).toBe(2);

    nowMs += 100;
    expect((await get(counting, '/api/policies')).headers['age']).toBe('0');
  });

  it('are worked out for nobody when nobody asks', async () => {
    let looks = 0;
    const { policies } = scene.parts();
    const idle = await scene.serve({ policies: { ...policies, items: () => (looks++, policies.items()) } });
    onTestFinished(() => idle.close(0));

    await get(idle, '/');
    await get(idle, '/api/replica');
    scene.pod(aPod('a').on('ecs-0'));

    expect(looks).toBe(0);
  });

  it('hold the names of pods and policies as they are: the browser shows them as text', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    scene.pod(aPod(hostile));

    const got = await get(server, '/api/group?namespace=default&name=spark&group=');

    expect(got.headers['content-type']).toBe('application/json');
    expect(JSON.parse(got.text).pods.rows).toMatchObject([{ name: hostile }]);
  });

  it('are of bounded size, whatever there is', async () => {
    for (let index = 0; index < 130; index += 1) {
      scene.policy(aPolicy(`p-${index}`).in(`ns-${index}`).unit({ resource: 'ecs', max: 1 }));
      scene.pod(aPod(`pod-${index}`).on('ecs-0'));
    }

    const first = await asked<PoliciesAnswer>(server, 'policies');
    const last = await asked<PoliciesAnswer>(server, 'policies', { offset: '100' });
    const beyond = await asked<PoliciesAnswer>(server, 'policies', { offset: '999999' });

    expect(first).toMatchObject({ offset: 0, limit: 50, total: 131, matching: 131 });
    expect(first.rows).toHaveLength(50);
    expect(last.rows).toHaveLength(31);
    expect(beyond).toEqual(last);
    expect(new Set([...first.rows, ...last.rows].map(({ namespace }) => namespace)).size).toBe(81);
  });
});

describe('who may ask, and what', () => {
  it.for(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
    for (const path of ['/', '/api/policies', '/api/replica']) {
      const got = await get(server, path, { method });

      expect(got.status).toBe(405);
      expect(got.headers['allow']).toBe('GET, HEAD');
    }
  });

  it('HEAD is answered without a body', async () => {
    expect(await get(server, '/api/policies', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it.for([
    ['/api/policies?offset=-1', 'offset is a number of rows'],
    ['/api/policies?offset=1e9', 'offset is a number of rows'],
    [`/api/policies?filter=${'x'.repeat(101)}`, 'a filter has at most 100 characters'],
    ['/api/policy', 'namespace and name'],
    ['/api/pod?namespace=a', 'namespace and name'],
  ] as const)('%s is refused', async ([path, problem]) => {
    expect(await get(server, path)).toMatchObject({ status: 400, text: expect.stringContaining(problem) });
  });

  it('a question with a body is refused', async () => {
    const got = await get(server, '/api/policies', { headers: { 'content-length': '5' } });

    expect(got).toMatchObject({ status: 400, text: expect.stringContaining('a question has no body') });
  });

  it.for([
    'evil.example',
    'evil.example:8912',
    'localhost.evil.example',
    '10.0.0.7:8912',
    '127.0.0.1.evil.example',
  ])('on loopback it is not found under the name %s', async (host) => {
    expect((await get(server, '/api/policies', { headers: { host } })).status).toBe(421);
  });

  it.for(['localhost', 'localhost:1234', '127.0.0.1:8912', '[::1]:8912'])(
    'on loopback it is found under the name %s',
    async (host) => {
      expect((await get(server, '/api/policies', { headers: { host } })).status).toBe(200);
    },
  );

  it('elsewhere, where certificates say who asks, under every name', async () => {
    const elsewhere = await scene.serve({ isLoopback: false });
    onTestFinished(() => elsewhere.close(0));

    expect((await get(elsewhere, '/api/policies', { headers: { host: 'page.example' } })).status).toBe(200);
  });

  it('at most 32 pages are answered at a time', async () => {
    for (let index = 0; index < 32; index += 1) expect((await as(`v${index}`)).status).toBe(200);

    const turnedAway = await as('one-more');
    expect(turnedAway).toMatchObject({
      status: 503,
      text: expect.stringContaining('32 others look at this page now'),
    });
    expect(turnedAway.headers['retry-after']).toBe('5');
    expect((await as('v0')).status).toBe(200);

    // Those who do not ask any more are gone.
    nowMs += 10_000;
    expect((await as('one-more')).status).toBe(200);
  });

  it('who does not say which page it is, is not answered', async () => {
    expect(
      (await get(server, '/api/policies', { headers: { 'resource-policy-viewer': 'no good' } })).status,
    ).toBe(400);
  });
});

describe('the replica', () => {
  it('says who it is, whether it leads and how fresh its view is', async () => {
    const answer = await asked<ReplicaAnswer>(server, 'replica');

    expect(answer).toEqual({ ...scene.replica, assets: expect.any(String) });
  });

  it('shows nothing before it has seen everything', async () => {
    const problem = 'resource-policy is starting: waiting for the list of pods';
    scene.replica = { ...scene.replica, isComplete: false, problem };

    expect(await get(server, '/api/policies')).toMatchObject({
      status: 503,
      text: JSON.stringify({ problem }),
    });
    expect(await asked<ReplicaAnswer>(server, 'replica')).toMatchObject({ isComplete: false, problem });
  });

  it('answers 500 to what it cannot work out, and tells the log, not the caller, why', async () => {
    const errors: unknown[] = [];
    const broken = await scene.serve({
      policies: {
        items: () => {
          throw new Error('secret');
        },
        getByName: () => undefined,
      },
      failed: (error) => errors.push(error),
    });
    onTestFinished(() => broken.close(0));

    const got = await get(broken, '/api/policies');

    expect(got.status).toBe(500);
    expect(got.text).not.toContain('secret');
    expect(errors).toMatchObject([{ message: 'secret' }]);
  });
});
