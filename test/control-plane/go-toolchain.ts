/**
 * The Go toolchain that builds the control plane: is it there, and is it new enough for our module.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/** Go is missing or too old. The message names what was found, what is needed and the ways out. */
export class GoToolchainError extends Error {
  override readonly name = 'GoToolchainError';

  /** `found` is the version found, or undefined when there is no Go at all. */
  constructor(found: string | undefined, needed: string) {
    super(
      [
        found === undefined ? 'There is no Go on the PATH' : `The Go on the PATH is ${found}`,
        `, and building the control plane needs Go ${needed} or newer.\n`,
        `Either install Go ${needed} (https://go.dev/dl),\n`,
        'or install kwokctl (https://kwok.sigs.k8s.io), which downloads the control plane and needs no Go.',
      ].join(''),
    );
  }
}

/** The version of the `go` line of a go.mod, such as `1.26.0`. Throws when there is none. */
export function neededGoVersion(goMod: string): string {
  const version = /^go (\S+)$/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('go.mod has no go line');
  return version;
}

/** The version of a required module of a go.mod, such as `v1.36.3`. Throws when it is not required. */
export function moduleVersion(goMod: string, modulePath: string): string {
  for (const line of goMod.split('\n')) {
    const [path, version] = line
      .trim()
      .replace(/^require /, '')
      .split(' ');
    // The tool directives name the same paths, without a version.
    if (path === modulePath && version !== undefined && version.startsWith('v')) return version;
  }
  throw new Error(`go.mod does not require ${modulePath}`);
}

/**
 * Whether Go version `found` (as `go env GOVERSION` prints it: `go1.26.8`, `go1.27rc1`, `devel go1.27-abc`) can build
 * a module whose go line is `needed`. A pre-release counts as older than its release, as Go itself counts.
 */
export function isGoAtLeast(found: string, needed: string): boolean {
  const have = parseGoVersion(found);
  const want = parseGoVersion(needed);
  if (have === undefined || want === undefined) return false;
  for (const [index, wanted] of want.entries()) {
    const difference = (have[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Major, minor, patch; the patch of a pre-release is -1, so that it sorts before every patch of its release. */
function parseGoVersion(version: string): [number, number, number] | undefined {
  const match = /(?:^|go)(\d+)\.(\d+)(?:\.(\d+)|(rc|beta|alpha)\d+)?/.exec(version);
  if (match === null) return undefined;
  const [, major, minor, patch, preRelease] = match;
  return [Number(major), Number(minor), preRelease === undefined ? Number(patch ?? 0) : -1];
}

/**
 * Throws a {@link GoToolchainError} unless `go build` in `moduleDir` runs with Go `needed` or newer. A Go that is
 * allowed to fetch a newer toolchain for the module (GOTOOLCHAIN=auto, Go's default) counts as that one.
 */
export function requireGo(moduleDir: string, needed: string, env: NodeJS.ProcessEnv): void {
  const inModule = goVersion(moduleDir, env);
  if (inModule !== undefined && isGoAtLeast(inModule, needed)) return;
  // Inside the module an old Go prints only a refusal; outside it tells its version.
  throw new GoToolchainError(inModule ?? goVersion(tmpdir(), { ...env, GOTOOLCHAIN: 'local' }), needed);
}

function goVersion(cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { cwd, env, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
