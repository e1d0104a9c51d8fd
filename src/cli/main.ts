#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=40
/**
 * The command line. Its heap is kept small: by default the young generation grows while the cluster is listed and is never
 * given back, a quarter of the memory of a process that follows 20,000 pods, and the old one by what is garbage in a
 * moment, a quarter with 50,000 (docs/decisions/005-memory.md).
 *
 * It imports nothing before it knows that this Node.js can read it: an older one would say something about syntax.
 *
 * @module
 */

/** As in package.json, which an old Node.js cannot import either. */
const OLDEST_NODE = 24;
/** As of wrong usage: 1 means something else to some commands. */
const UNUSABLE = 2;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `resource-policy: needs Node.js ${OLDEST_NODE} or newer; ${process.execPath} is ${process.versions.node}. ` +
      'Put a newer one first on the PATH; https://nodejs.org has them.\n',
  );
  process.exitCode = UNUSABLE;
} else {
  const { run } = await import('./program.ts');
  await run();
}
