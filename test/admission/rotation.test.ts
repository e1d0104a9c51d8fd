import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/admission/certificate.ts';
import { Rotation } from '../../src/admission/rotation.ts';

const DAY_MS = 24 * 3_600_000;

/** Certificates that say when they were made; valid for three days. */
function certificate(nowMs: number): Certificate {
  return {
    certPem: `made on day ${nowMs / DAY_MS}\n`,
    keyPem: '',
    notBeforeMs: nowMs,
    notAfterMs: nowMs + 3 * DAY_MS,
  };
}

function aRotation(): Rotation {
  return new Rotation(async (nowMs) => certificate(nowMs), certificate(0));
}

describe('a rotation', () => {
  it('does nothing for two thirds of the time', async () => {
    const rotation = aRotation();
    await rotation.step(2 * DAY_MS - 1, rotation.caBundle);
    expect(rotation.caBundle).toBe('made on day 0\n');
  });

  it('shows a new certificate only when the API server was told of it, and keeps the old one trusted', async () => {
    const rotation = aRotation();
    const before = rotation.caBundle;

    await rotation.step(2 * DAY_MS, before);
    expect(rotation.shown.certPem).toBe('made on day 0\n');
    expect(rotation.caBundle).toBe('made on day 0\nmade on day 2\n');

    // The API server was not reached yet.
    await rotation.step(2 * DAY_MS, before);
    expect(rotation.shown.certPem).toBe('made on day 0\n');
    expect(rotation.caBundle).toBe('made on day 0\nmade on day 2\n');

    await rotation.step(2 * DAY_MS, rotation.caBundle);
    expect(rotation.shown.certPem).toBe('made on day 2\n');
    expect(rotation.caBundle).toBe('made on day 0\nmade on day 2\n');
  });

  it('replaces a certificate that was made by a clock which was ahead', async () => {
    const rotation = aRotation();
    await rotation.step(-DAY_MS, rotation.caBundle);
    await rotation.step(-DAY_MS, rotation.caBundle);
    expect(rotation.shown.certPem).toBe('made on day -1\n');
  });

  it('does not show one that begins in the future, if the clock was put right meanwhile', async () => {
    const rotation = aRotation();
    await rotation.step(2 * DAY_MS, rotation.caBundle);
    await rotation.step(DAY_MS, rotation.caBundle);
    expect(rotation.shown.certPem).toBe('made on day 0\n');
    await rotation.step(DAY_MS, rotation.caBundle);
    expect(rotation.shown.certPem).toBe('made on day 1\n');
  });

  it('goes on for ever, with two certificates at most', async () => {
    const rotation = aRotation();
    for (const day of [2, 2, 3, 4, 4]) await rotation.step(day * DAY_MS, rotation.caBundle);
    expect(rotation.shown.certPem).toBe('made on day 4\n');
    expect(rotation.caBundle).toBe('made on day 2\nmade on day 4\n');
  });

  it('waits for nobody when nobody calls', async () => {
    const rotation = aRotation();
    await rotation.step(2 * DAY_MS, undefined);
    await rotation.step(2 * DAY_MS, undefined);
    expect(rotation.shown.certPem).toBe('made on day 2\n');
  });
});
