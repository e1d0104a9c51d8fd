/**
 * The certificate that the webhook makes for itself. Its key never leaves the process.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { Integer, OctetString, Utf8String } from 'asn1js';
import {
  AltName,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate as X509,
  Extension,
  ExtKeyUsage,
  GeneralName,
} from 'pkijs';

/** A self-signed server certificate; whoever trusts it trusts nothing else by that. */
export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface CertificateRequest {
  /** IP address, or DNS name, by which the server is called. */
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly validForMs: number;
}

/** Clocks of other machines may be behind ours. */
const CLOCK_SKEW_MS = 3_600_000;

const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const SUBJECT_ALT_NAME = '2.5.29.17';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
/** Kinds of GeneralName (RFC 5280). */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** Makes a key and its certificate. */
export async function createCertificate({
  host,
  nowMs,
  validForMs,
}: CertificateRequest): Promise<Certificate> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const notBeforeMs = nowMs - CLOCK_SKEW_MS;
  const notAfterMs = nowMs + validForMs;
  const certificate = new X509();
  // X.509 v3, which extensions need.
  certificate.version = 2;
  const serial = serialNumber();
  certificate.serialNumber = new Integer({ valueHex: serial });
  certificate.issuer.typesAndValues = [commonName(serial)];
  certificate.subject.typesAndValues = [commonName(serial)];
  certificate.notBefore.value = new Date(notBeforeMs);
  certificate.notAfter.value = new Date(notAfterMs);
  certificate.extensions = [
    extension(BASIC_CONSTRAINTS, new BasicConstraints({ cA: false })),
    extension(EXTENDED_KEY_USAGE, new ExtKeyUsage({ keyPurposes: [SERVER_AUTH] })),
    extension(SUBJECT_ALT_NAME, new AltName({ altNames: [subjectOf(host)] })),
  ];
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign(keys.privateKey, 'SHA-256');
  return {
    certPem: pem('CERTIFICATE', certificate.toSchema(true).toBER()),
    keyPem: pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
    notBeforeMs,
    notAfterMs,
  };
}

/** 16 bytes that read as a positive number and do not begin with a zero, as DER wants them. */
function serialNumber(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

/** Another for each certificate: who trusts two of one name may look for the one among the other. */
function commonName(serial: Uint8Array): AttributeTypeAndValue {
  const value = `resource-policy ${Buffer.from(serial).toString('hex')}`;
  return new AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value }) });
}

function extension(extnID: string, content: { toSchema(): { toBER(): ArrayBuffer } }): Extension {
  return new Extension({ extnID, critical: false, extnValue: content.toSchema().toBER() });
}

function subjectOf(host: string): GeneralName {
  if (isIP(host) === 0) return new GeneralName({ type: DNS_NAME, value: host });
  return new GeneralName({ type: IP_ADDRESS, value: new OctetString({ valueHex: addressBytes(host) }) });
}

function addressBytes(address: string): Uint8Array<ArrayBuffer> {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.'), Number);
  // The URL parser leaves hexadecimal groups and at most one "::".
  const normal = new URL(`https://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = normal
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function pem(what: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${what}-----\n${lines.join('\n')}\n-----END ${what}-----\n`;
}
