import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Admission } from '../../src/cli/admission.ts';
import { composeAdmission } from '../../src/cli/admission.ts';
import { ConfigurationsOfTest } from '../admission/configurations.ts';
import { aPolicy } from '../support/builders.ts';

const NAME = 'resource-policy';
const DAY_MS = 24 * 3_600_000;
const UPKEEP_MS = 30_000;
const SPILLS = aPolicy('spills').unit({ resource: 'eci' });
const STAYS = aPolicy('stays').unit({ resource: 'ecs' });

let api: ConfigurationsOfTest;

beforeEach(() => {
  api = new ConfigurationsOfTest();
});

/** A webhook on a port of its own. */
function anAdmission(schedulerName?: string): Admission {
  const admission = composeAdmission({
    settings: {
      admission: { host: '127.0.0.1', port: 0 },
      admissionName: NAME,
      admissionSchedulerName: schedulerName,
    },
    client: api,
    ledger: { policiesOf: () => [] },
    arrives: () => ({ kind: 'queued' }),
    metrics: { registry: new Registry() },
    logger: pino({ level: 'silent' }),
  });
  if (admission === undefined) throw new Error('no webhook');
  onTestFinished(() => admission.stop());
  return admission;
}

describe('the webhook of serve', () => {
  it('is not there unless it is asked for', () => {
    const admission = composeAdmission({
      settings: { admission: undefined, admissionName: NAME, admissionSchedulerName: undefined },
      client: api,
      ledger: { policiesOf: () => [] },
      arrives: () => ({ kind: 'queued' }),
      metrics: { registry: new Registry() },
      logger: pino({ level: 'silent' }),
    });
    expect(admission).toBeUndefined();
  });

  it('is registered from the start, for namespaces whose pods it can change, and not before', async () => {
    const admission = anAdmission();
    await admission.listen();
    for (const policy of [SPILLS.in('a'), STAYS.in('b')]) admission.seen(policy.parsed());
    expect(api.standing.size).toBe(0);

    admission.start();
    await expect.poll(() => api.namespacesOf(NAME)).toEqual(['a']);
    admission.seen(SPILLS.in('c').parsed());
    await expect.poll(() => api.namespacesOf(NAME)).toEqual(['a', 'c']);
    admission.gone(SPILLS.in('a').parsed());
    await expect.poll(() => api.namespacesOf(NAME)).toEqual(['c']);

    await admission.stop();
    expect(api.standing.size).toBe(0);
  });

  it('is registered for every namespace with a policy when it names the scheduler', async () => {
    const admission = anAdmission('dedicated');
    await admission.listen();
    admission.seen(STAYS.in('b').parsed());
    admission.start();
    await expect.poll(() => api.namespacesOf(NAME)).toEqual(['b']);
  });

  it('is called by its address, under a certificate that it made', async () => {
    const admission = anAdmission();
    await admission.listen();
    admission.seen(SPILLS.parsed());
    admission.start();
    await expect.poll(() => api.standing.size).toBe(1);
    expect(urlOf(api).pathname).toBe('/mutate-pods');
    expect((await shown(api)).checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('is never registered when it was stopped first', async () => {
    const admission = anAdmission();
    await admission.listen();
    admission.seen(SPILLS.parsed());
    await admission.stop();
    admission.start();
    admission.seen(SPILLS.in('b').parsed());
    expect(api.writes).toEqual([]);
  });

  it('has a new certificate before the old one ends, and at every moment one that the API server trusts', async () => {
    // The real clock judges certificates: the first is made in the past, so that the second is made now.
    const nowMs = Date.now();
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: nowMs - 5 * DAY_MS });
    onTestFinished(() => void vi.useRealTimers());
    const admission = anAdmission();
    await admission.listen();
    admission.seen(SPILLS.parsed());
    admission.start();
    await expect.poll(() => api.standing.size).toBe(1);
    const first = await shown(api);
    expect(certificates(api)).toEqual([first.fingerprint256]);

    vi.setSystemTime(nowMs);
    vi.advanceTimersByTime(UPKEEP_MS);
    await expect.poll(() => certificates(api)).toHaveLength(2);
    expect((await shown(api)).fingerprint256).toBe(first.fingerprint256);

    await expect
      .poll(async () => {
        vi.advanceTimersByTime(UPKEEP_MS);
        return (await shown(api)).fingerprint256;
      })
      .not.toBe(first.fingerprint256);
    expect(certificates(api)).toEqual([first.fingerprint256, (await shown(api)).fingerprint256]);
  });
});

/** Where the API server would call. */
function urlOf({ standing }: ConfigurationsOfTest): URL {
  return new URL(standing.get(NAME)?.webhooks[0]?.clientConfig.url ?? '');
}

/** The certificate that is shown to a caller who trusts what was registered, and nothing else. */
async function shown(configurations: ConfigurationsOfTest): Promise<X509Certificate> {
  const { hostname, port } = urlOf(configurations);
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const ca = configurations.caBundleOf(NAME) ?? '';
    const opening = connect({ host: hostname, port: Number(port), ca }, () => resolve(opening));
    opening.once('error', reject);
  });
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}

/** Fingerprints of the certificates that the API server trusts. */
function certificates(configurations: ConfigurationsOfTest): readonly string[] {
  const bundle = configurations.caBundleOf(NAME) ?? '';
  return bundle
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .map((certificate) => new X509Certificate(certificate).fingerprint256);
}
