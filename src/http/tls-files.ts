/**
 * The files of mutual TLS: our certificate and key, and the CA that client certificates must come from. Read again as
 * they rotate, by content and not by events of the file system: Kubernetes replaces mounted secrets by swapping a symbolic
 * link some folders up, which no watch of the files themselves shows.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../facts/message-of.ts';

/** What a server shows, and whom it lets in. PEM. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
  /** Certificates of the CAs that may issue client certificates; undefined: clients need none. */
  readonly clientCa: string | undefined;
}

/** Paths of PEM files. */
export interface TlsFiles {
  /** Our certificate, with the intermediate ones after it. */
  readonly cert: string;
  /** Its key, without a passphrase. */
  readonly key: string;
  /** Certificates of the CAs that may issue client certificates. */
  readonly clientCa: string;
}

/** What the files hold. */
interface Pem {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
}

/** What the files hold, and fits together. */
export interface TlsMaterial extends Pem, Tls {
  readonly clientCa: string;
  /** When our certificate ends. */
  readonly notAfter: Date;
}

/** A file cannot be read, or what it holds cannot be used; the message names the file, and quotes nothing of a key. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** @throws {TlsFilesError} */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  return materialOf(files, await readAll(files));
}

/** Told of each look at the files that had news. */
export interface TlsFilesObserver {
  changed(material: TlsMaterial): void;
  /** What the files hold now cannot be used, and what they held before stays in use. Told once. */
  unusable(message: string): void;
}

/** Follows the files; {@link look} is to be called at intervals. */
export class TlsFilesFollower {
  readonly #files: TlsFiles;
  readonly #observer: TlsFilesObserver;
  #current: Pem;
  #problem: { readonly message: string; isTold: boolean } | undefined;

  /** @param current what was read from the files and is in use. */
  constructor(files: TlsFiles, current: TlsMaterial, observer: TlsFilesObserver) {
    this.#files = files;
    this.#current = current;
    this.#observer = observer;
  }

  /**
   * One look at the files. A problem is told when the second look in succession finds it: while they are being replaced,
   * one of them is missing, or the key is not yet that of the certificate. Never rejects.
   */
  async look(): Promise<void> {
    try {
      const found = await readAll(this.#files);
      if (!isSame(found, this.#current)) {
        const material = materialOf(this.#files, found);
        this.#current = found;
        this.#observer.changed(material);
      }
      this.#problem = undefined;
    } catch (error) {
      this.#failed(messageOf(error));
    }
  }

  #failed(message: string): void {
    if (this.#problem?.message !== message) {
      this.#problem = { message, isTold: false };
    } else if (!this.#problem.isTold) {
      this.#problem.isTold = true;
      this.#observer.unusable(message);
    }
  }
}

async function readAll({ cert, key, clientCa }: TlsFiles): Promise<Pem> {
  const [certPem, keyPem, clientCaPem] = await Promise.all([
    readOne('TLS certificate', cert),
    readOne('TLS key', key),
    readOne('client CA', clientCa),
  ]);
  return { cert: certPem, key: keyPem, clientCa: clientCaPem };
}

async function readOne(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TlsFilesError(`${what} ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function isSame(a: Pem, b: Pem): boolean {
  return a.cert === b.cert && a.key === b.key && a.clientCa === b.clientCa;
}

/** @throws {TlsFilesError} */
function materialOf(files: TlsFiles, { cert, key, clientCa }: Pem): TlsMaterial {
  const [own] = certificatesIn('TLS certificate', files.cert, cert);
  certificatesIn('client CA', files.clientCa, clientCa);
  if (own?.checkPrivateKey(privateKeyIn(files.key, key)) !== true)
    throw new TlsFilesError(`TLS key ${files.key}: it is not the key of the certificate ${files.cert}`);
  try {
    createSecureContext({ cert, key, ca: clientCa, minVersion: 'TLSv1.3' });
  } catch (error) {
    throw new TlsFilesError(`TLS certificate ${files.cert}: ${messageOf(error)}`, { cause: error });
  }
  return { cert, key, clientCa, notAfter: own.validToDate };
}

/** At least one: OpenSSL takes a CA file without any, and then trusts nobody. */
function certificatesIn(what: string, path: string, pem: string): readonly X509Certificate[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new TlsFilesError(`${what} ${path}: there is no PEM certificate in it`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      const message = `${what} ${path}: certificate ${index + 1} in it cannot be read: ${messageOf(error)}`;
      throw new TlsFilesError(message, { cause: error });
    }
  });
}

function privateKeyIn(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's own words say less, and are not ours to vouch for.
    throw new TlsFilesError(`TLS key ${path}: there is no PEM key without passphrase in it`);
  }
}
