/**
 * Helm, built once from the version that go.mod beside this file pins. That file asks for the Kubernetes libraries of
 * test/control-plane/go.mod, so that what both need is mostly compiled once.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOnce } from '../../../control-plane/go-build.ts';
import { moduleVersion } from '../../../control-plane/go-toolchain.ts';
import { cacheDir } from '../../../control-plane/paths.ts';

const run = promisify(execFile);

/** What Helm wrote. */
export interface HelmOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a Helm that knows nothing of the user's: no repositories, plugins or cluster but those of its arguments. */
export type Helm = (args: readonly string[]) => Promise<HelmOutput>;

/**
 * Helm, built now if it is not there yet, which takes about a minute. A command that fails rejects with what Helm wrote
 * to stderr.
 *
 * @throws GoToolchainError when it has to be built and Go is missing or too old
 */
export async function findHelm(): Promise<Helm> {
  const dir = await buildOnce({
    name: 'Helm',
    moduleDir: import.meta.dirname,
    buildsDir: join(cacheDir, 'helm'),
    title: (goMod) => `Helm ${moduleVersion(goMod, 'helm.sh/helm/v4')}`,
  });
  return async (args) => {
    const home = mkdtempSync(join(tmpdir(), 'helm-'));
    try {
      const env = {
        PATH: process.env['PATH'],
        HOME: home,
        HELM_CACHE_HOME: home,
        HELM_CONFIG_HOME: home,
        HELM_DATA_HOME: home,
      };
      return await run(join(dir, 'helm'), args, { env, maxBuffer: 2 ** 26 });
    } finally {
      rmSync(home, { recursive: true });
    }
  };
}
