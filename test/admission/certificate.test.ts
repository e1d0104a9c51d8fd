import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCertificate } from '../../src/admission/certificate.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 0, 1);

async function certificateFor(host: string): Promise<X509Certificate> {
  const { certPem } = await createCertificate({ host, nowMs: NOW_MS, validForMs: HOUR_MS });
  return new X509Certificate(certPem);
}

describe('the certificate', () => {
  it.for([
    ['10.1.2.3', '10.1.2.3'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['fd00:1::2', 'FD00:1:0:0:0:0:0:2'],
    ['fd00:1:2:3:4:5:6:7', 'FD00:1:2:3:4:5:6:7'],
    ['::ffff:1.2.3.4', '0:0:0:0:0:FFFF:102:304'],
  ] as const)('is for the address %s', async ([host, written]) => {
    const certificate = await certificateFor(host);

    expect(certificate.subjectAltName).toBe(`IP Address:${written}`);
    expect(certificate.checkIP(host)).toBe(host);
    expect(certificate.checkIP('10.9.9.9')).toBeUndefined();
  });

  it('is for a name', async () => {
    const certificate = await certificateFor('hook.example.com');

    expect(certificate.checkHost('hook.example.com')).toBe('hook.example.com');
    expect(certificate.checkHost('example.com')).toBeUndefined();
  });

  it('signs itself, and nothing else', async () => {
    const certificate = await certificateFor('h');

    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('is valid from an hour ago, for clocks that are behind, and for as long as is asked', async () => {
    const { validFromDate, validToDate } = await certificateFor('h');

    expect(validFromDate.getTime()).toBe(NOW_MS - HOUR_MS);
    expect(validToDate.getTime()).toBe(NOW_MS + HOUR_MS);
  });

  it('comes with its own key', async () => {
    const request = { host: 'h', nowMs: NOW_MS, validForMs: HOUR_MS };
    const [first, second] = await Promise.all([createCertificate(request), createCertificate(request)]);

    expect(first.keyPem).not.toBe(second.keyPem);
    expect(new X509Certificate(first.certPem).serialNumber).not.toBe(
      new X509Certificate(second.certPem).serialNumber,
    );
  });
});
