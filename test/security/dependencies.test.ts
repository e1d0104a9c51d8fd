/** What the program is made of beside its own code. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Licences that ask for nothing but that they are named. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Unlicense',
];

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
}

const { packages }: { packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
);

/** Those that are installed with the program, by their folder. */
const SHIPPED = Object.entries(packages).filter(
  ([folder, { dev, devOptional }]) => folder !== '' && dev !== true && devOptional !== true,
);

/** Those of them for which something holds. */
function shipped(holds: (found: LockedPackage) => boolean): readonly string[] {
  return SHIPPED.filter(([, found]) => holds(found)).map(([folder]) => folder);
}

describe('every package that is shipped', () => {
  it('has a permissive licence', () => {
    expect(SHIPPED.length).toBeGreaterThan(50);
    expect(shipped(({ license }) => !PERMISSIVE.includes(license ?? ''))).toEqual([]);
  });

  it('is the one that was looked at: its content has a checksum', () => {
    expect(shipped(({ integrity }) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
  });

  it('runs nothing when it is installed', () => {
    expect(shipped(({ hasInstallScript }) => hasInstallScript === true)).toEqual([]);
  });

  it('is in the bill of materials, with its version', { timeout: 60_000 }, () => {
    const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 64_000_000, stdio: 'pipe' } as const;
    const bill: { bomFormat: string; components: readonly { purl: string }[] } = JSON.parse(
      execFileSync('npm', ['run', '--silent', 'sbom'], options),
    );

    const wanted = SHIPPED.map(([folder, { version }]) => `${nameOf(folder)}@${version}`);
    const found = new Set(
      bill.components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', ''))),
    );
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(wanted.filter((name) => !found.has(name))).toEqual([]);
  });
});

/** Packages stand in folders within folders; the last name is theirs. */
function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
