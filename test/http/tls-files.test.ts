import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TlsFiles, TlsMaterial } from '../../src/http/tls-files.ts';
import { readTlsFiles, TlsFilesFollower } from '../../src/http/tls-files.ts';
import type { Identity } from '../support/pki.ts';
import { TestCa } from '../support/pki.ts';

let ca: TestCa;
let otherCa: TestCa;
let first: Identity;
let second: Identity;
let directory: string;
let files: TlsFiles;

beforeAll(async () => {
  [ca, otherCa] = await Promise.all([TestCa.create(), TestCa.create()]);
  [first, second] = await Promise.all([
    ca.issue('first', { purpose: 'server', notAfterMs: Date.UTC(2040, 0) }),
    ca.issue('second', { purpose: 'server' }),
  ]);
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tls-files-'));
  files = { cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key'), clientCa: at('ca.crt') };
  write(first);
  return () => rmSync(directory, { recursive: true });
});

const at = (name: string): string => join(directory, name);

function write({ certPem, keyPem }: Identity, clientCa: TestCa = ca): void {
  writeFileSync(files.cert, certPem);
  writeFileSync(files.key, keyPem);
  writeFileSync(files.clientCa, clientCa.certPem);
}

describe('reading the files', () => {
  it('gives what they hold, and when the certificate ends', async () => {
    expect(await readTlsFiles(files)).toEqual({
      cert: first.certPem,
      key: first.keyPem,
      clientCa: ca.certPem,
      notAfter: new Date(Date.UTC(2040, 0)),
    });
  });

  it('takes several client CAs, and intermediate certificates after ours', async () => {
    writeFileSync(files.cert, `${first.certPem}${ca.certPem}`);
    writeFileSync(files.clientCa, `# of the platform\n${ca.certPem}\n# of the team\n${otherCa.certPem}`);

    expect((await readTlsFiles(files)).clientCa).toContain(otherCa.certPem);
  });

  const broken: Record<string, { how: () => void; want: RegExp }> = {
    'no certificate file': { how: () => rmSync(files.cert), want: /^TLS certificate \S+tls\.crt: ENOENT/ },
    'no key file': { how: () => rmSync(files.key), want: /^TLS key \S+tls\.key: ENOENT/ },
    'no client CA file': { how: () => rmSync(files.clientCa), want: /^client CA \S+ca\.crt: ENOENT/ },
    'an empty certificate file': {
      how: () => writeFileSync(files.cert, ''),
      want: /^TLS certificate \S+tls\.crt: there is no PEM certificate in it$/,
    },
    'an empty client CA file, by which nobody would be trusted': {
      how: () => writeFileSync(files.clientCa, '\n'),
      want: /^client CA \S+ca\.crt: there is no PEM certificate in it$/,
    },
    'a client CA that is none': {
      how: () =>
        writeFileSync(
          files.clientCa,
          `${ca.certPem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
        ),
      want: /^client CA \S+ca\.crt: certificate 2 in it cannot be read: /,
    },
    'the key in place of the certificate': {
      how: () => writeFileSync(files.cert, first.keyPem),
      want: /^TLS certificate \S+tls\.crt: there is no PEM certificate in it$/,
    },
    'the key of another certificate': {
      how: () => writeFileSync(files.key, second.keyPem),
      want: /^TLS key \S+tls\.key: it is not the key of the certificate \S+tls\.crt$/,
    },
    'a key that is cut off': {
      how: () => writeFileSync(files.key, first.keyPem.slice(0, 100)),
      want: /^TLS key \S+tls\.key: there is no PEM key without passphrase in it$/,
    },
    'a key with a passphrase': {
      how: () => writeFileSync(files.key, encryptedKey()),
      want: /^TLS key \S+tls\.key: there is no PEM key without passphrase in it$/,
    },
  };

  it.for(Object.entries(broken))('refuses %s, without a word of the key', async ([, { how, want }]) => {
    how();

    const error: unknown = await readTlsFiles(files).catch((reason: unknown) => reason);

    const { message } = error as Error;
    expect(message).toMatch(want);
    for (const line of first.keyPem.split('\n').filter((part) => /^\w{10}/.test(part)))
      expect(message).not.toContain(line.slice(0, 10));
  });
});

describe('following the files', () => {
  let seen: TlsMaterial[];
  let problems: string[];
  let follower: TlsFilesFollower;

  beforeEach(async () => {
    seen = [];
    problems = [];
    follower = new TlsFilesFollower(files, await readTlsFiles(files), {
      changed: (material) => void seen.push(material),
      unusable: (message) => void problems.push(message),
    });
  });

  it('tells nothing while nothing changes', async () => {
    await follower.look();
    write(first);
    await follower.look();

    expect({ seen, problems }).toEqual({ seen: [], problems: [] });
  });

  it('tells a new certificate once', async () => {
    write(second);
    await follower.look();
    await follower.look();

    expect(seen).toMatchObject([{ cert: second.certPem, key: second.keyPem, clientCa: ca.certPem }]);
  });

  it('tells another client CA', async () => {
    write(first, otherCa);
    await follower.look();

    expect(seen).toMatchObject([{ cert: first.certPem, clientCa: otherCa.certPem }]);
  });

  it('sees a mounted secret that is replaced by swapping a symbolic link, as Kubernetes does', async () => {
    mkdirSync(at('..1'));
    mkdirSync(at('..2'));
    symlinkSync('..1', at('..data'));
    const mounted = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt' };
    for (const name of Object.values(mounted)) {
      rmSync(at(name));
      symlinkSync(join('..data', name), at(name));
    }
    write(first);
    await follower.look();
    for (const [name, pem] of Object.entries({
      'tls.crt': second.certPem,
      'tls.key': second.keyPem,
      'ca.crt': ca.certPem,
    }))
      writeFileSync(at(join('..2', name)), pem);

    symlinkSync('..2', at('..data_tmp'));
    renameSync(at('..data_tmp'), at('..data'));
    await follower.look();

    expect(seen).toMatchObject([{ cert: second.certPem, key: second.keyPem }]);
    expect(problems).toEqual([]);
  });

  it('does not mind files that are just being replaced', async () => {
    writeFileSync(files.cert, second.certPem);
    await follower.look();
    writeFileSync(files.key, second.keyPem);
    await follower.look();
    rmSync(files.clientCa);
    await follower.look();
    write(second);
    await follower.look();

    expect(problems).toEqual([]);
    expect(seen).toMatchObject([{ cert: second.certPem }]);
  });

  it('tells files that stay broken, once, and takes them when they are right', async () => {
    writeFileSync(files.key, second.keyPem);
    for (let look = 0; look < 4; look += 1) await follower.look();
    expect(seen).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(/^TLS key \S+: it is not the key of the certificate/)]);

    writeFileSync(files.cert, second.certPem);
    await follower.look();
    expect(seen).toMatchObject([{ cert: second.certPem, key: second.keyPem }]);

    rmSync(files.cert);
    await follower.look();
    await follower.look();
    expect(problems).toHaveLength(2);
  });
});

/** As `openssl genpkey -aes256` writes it. */
function encryptedKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
  }).privateKey;
}
