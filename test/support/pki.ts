/**
 * Certificates of tests: a CA, and what it issues, right or wrong.
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
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
} from 'pkijs';

const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const SUBJECT_ALT_NAME = '2.5.29.17';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const PURPOSES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };
const HOUR_MS = 3_600_000;

/** A certificate and its key. */
export interface Identity {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface IssueOptions {
  readonly purpose: 'server' | 'client';
  /** Address or name of a server; default 127.0.0.1. */
  readonly host?: string;
  /** Default: an hour from now. */
  readonly notAfterMs?: number;
}

interface Issuer {
  readonly name: string;
  readonly key: CryptoKey;
}

/** A CA that exists for one test. */
export class TestCa {
  readonly certPem: string;
  readonly #issuer: Issuer;

  private constructor(certPem: string, issuer: Issuer) {
    this.certPem = certPem;
    this.#issuer = issuer;
  }

  /** Its common name. */
  get name(): string {
    return this.#issuer.name;
  }

  static async create(name = `ca-${randomBytes(4).toString('hex')}`): Promise<TestCa> {
    const keys = await newKeys();
    const issuer = { name, key: keys.privateKey };
    const notAfterMs = Date.now() + HOUR_MS;
    const extensions = [extension(BASIC_CONSTRAINTS, new BasicConstraints({ cA: true }))];
    return new TestCa(await signed({ name, keys, notAfterMs, extensions }, issuer), issuer);
  }

  async issue(name: string, { purpose, host = '127.0.0.1', notAfterMs }: IssueOptions): Promise<Identity> {
    const keys = await newKeys();
    const extensions = [
      extension(BASIC_CONSTRAINTS, new BasicConstraints({ cA: false })),
      extension(EXTENDED_KEY_USAGE, new ExtKeyUsage({ keyPurposes: [PURPOSES[purpose]] })),
      ...(purpose === 'server'
        ? [extension(SUBJECT_ALT_NAME, new AltName({ altNames: [subject(host)] }))]
        : []),
    ];
    const end = notAfterMs ?? Date.now() + HOUR_MS;
    return {
      certPem: await signed({ name, keys, notAfterMs: end, extensions }, this.#issuer),
      keyPem: pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
    };
  }
}

type Keys = Awaited<ReturnType<typeof newKeys>>;

interface Subject {
  readonly name: string;
  readonly keys: Keys;
  readonly notAfterMs: number;
  readonly extensions: Extension[];
}

async function signed({ name, keys, notAfterMs, extensions }: Subject, issuer: Issuer): Promise<string> {
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = new Integer({ valueHex: Uint8Array.of(1, ...randomBytes(8)) });
  certificate.issuer.typesAndValues = [commonName(issuer.name)];
  certificate.subject.typesAndValues = [commonName(name)];
  certificate.notBefore.value = new Date(Math.min(Date.now(), notAfterMs) - HOUR_MS);
  certificate.notAfter.value = new Date(notAfterMs);
  certificate.extensions = extensions;
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign(issuer.key, 'SHA-256');
  return pem('CERTIFICATE', certificate.toSchema(true).toBER());
}

async function newKeys() {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

function commonName(value: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value }) });
}

function extension(extnID: string, content: { toSchema(): { toBER(): ArrayBuffer } }): Extension {
  return new Extension({ extnID, critical: false, extnValue: content.toSchema().toBER() });
}

/** A GeneralName: 2 is a DNS name, 7 an address. */
function subject(host: string): GeneralName {
  if (isIP(host) === 0) return new GeneralName({ type: 2, value: host });
  const bytes = Uint8Array.from(host.split('.'), Number);
  return new GeneralName({ type: 7, value: new OctetString({ valueHex: bytes }) });
}

function pem(what: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g);
  return `-----BEGIN ${what}-----\n${lines!.join('\n')}\n-----END ${what}-----\n`;
}
