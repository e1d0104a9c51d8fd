/**
 * Writes the files of deploy/ that are made from others: `npm run manifests`.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findHelm } from './helm/helm.ts';
import { COPIES, INSTALL_FILE, installManifests, read, ROOT } from './manifests.ts';

for (const [copy, source] of Object.entries(COPIES)) write(copy, read(source));
write(INSTALL_FILE, await installManifests(await findHelm()));

function write(path: string, text: string): void {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
