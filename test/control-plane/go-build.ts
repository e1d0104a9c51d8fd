/**
 * Builds the tools of a Go module that pins them, once per version, into the checkout's cache.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { totalmem } from 'node:os';
import { createInterface } from 'node:readline';
import { neededGoVersion, requireGo } from './go-toolchain.ts';
import { beforeProcessEnds } from './lifetime.ts';
import { withLock } from './lock.ts';
import { Progress } from './progress.ts';

const unfinishedPrefix = '.unfinished-';
const keptOutputLines = 40;

/** What is built, from the go.mod and go.sum of `moduleDir`: all that its tool directives name. */
export interface GoTools {
  /** Named on stderr while another process builds it. */
  readonly name: string;
  readonly moduleDir: string;
  /** One folder per build is made in it, named by its version key. */
  readonly buildsDir: string;
  /** What its go.mod pins, for the line of progress: `etcd v3.6.8 and Kubernetes v1.36.3`. */
  readonly title: (goMod: string) => string;
  /** Build tags; default none. */
  readonly tags?: readonly string[];
  /** Flags of Go's linker beside those that leave out debug information. */
  readonly linkerFlags?: (goMod: string) => readonly string[];
  /** Called with the folder when its programs are built, before anybody sees them. */
  readonly finish?: (dir: string) => void;
}

/**
 * The folder with the built programs. The first call for a go.mod builds them; later calls return at once. Processes
 * that ask at the same time build once.
 *
 * @throws GoToolchainError when Go is missing or too old; an error with the end of Go's output when the build fails
 */
export async function buildOnce(tools: GoTools): Promise<string> {
  const { name, moduleDir, buildsDir } = tools;
  const goMod = readFileSync(join(moduleDir, 'go.mod'), 'utf8');
  const goSum = readFileSync(join(moduleDir, 'go.sum'), 'utf8');
  const dir = join(buildsDir, versionKey(goMod, goSum, `${process.platform}-${process.arch}`));
  if (existsSync(dir)) return dir;
  requireGo(moduleDir, neededGoVersion(goMod), buildEnvironment());
  await withLock(
    join(buildsDir, '.lock'),
    async () => {
      if (!existsSync(dir)) await buildInto(dir, goMod, tools);
    },
    (holderPid) =>
      void process.stderr.write(`${name}: process ${holderPid} is building it; waiting for that\n`),
  );
  return dir;
}

/** Names a build: the same for the same go.mod, go.sum and platform, and different when one of them differs. */
export function versionKey(goMod: string, goSum: string, platform: string): string {
  const hash = createHash('sha256');
  for (const part of [goMod, goSum, platform]) hash.update(`${part.length}:${part}`);
  return hash.digest('hex').slice(0, 16);
}

async function buildInto(dir: string, goMod: string, tools: GoTools): Promise<void> {
  const { buildsDir, finish } = tools;
  // The lock is ours, so what others left unfinished is dead.
  for (const entry of readdirSync(buildsDir)) {
    if (entry.startsWith(unfinishedPrefix)) rmSync(join(buildsDir, entry), { recursive: true, force: true });
  }
  mkdirSync(buildsDir, { recursive: true });
  const unfinished = mkdtempSync(join(buildsDir, unfinishedPrefix));
  try {
    await goBuild(unfinished, goMod, tools);
    finish?.(unfinished);
    renameSync(unfinished, dir);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function goBuild(
  outDir: string,
  goMod: string,
  { moduleDir, title, tags = [], linkerFlags }: GoTools,
): Promise<void> {
  const progress = new Progress(`building ${title(goMod)} (once)`);
  const args = [
    'build',
    '-v',
    '-trimpath',
    '-o',
    `${outDir}/`,
    // Debug information would be made for every package and then left out by the linker: a tenth of the time.
    '-gcflags=all=-dwarf=false',
    `-tags=${tags.join(',')}`,
    '-ldflags',
    ['-s -w', ...(linkerFlags?.(goMod) ?? [])].join(' '),
    'tool',
  ];
  const go = spawn('go', args, {
    cwd: moduleDir,
    env: buildEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const withdraw = beforeProcessEnds(() => go.kill());
  const lastLines: string[] = [];
  let packages = 0;
  createInterface(go.stderr).on('line', (line) => {
    lastLines.push(line);
    if (lastLines.length > keptOutputLines) lastLines.shift();
    if (!line.includes(' ')) packages += 1;
    progress.detail(
      line.startsWith('go: ') ? line.slice('go: '.length) : `${packages} packages, now ${line}`,
    );
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | NodeJS.Signals | null>();
  go.once('error', reject);
  go.once('close', (code, signal) => resolve(code ?? signal));
  try {
    const status = await promise;
    progress.end(status === 0 ? 'done' : 'failed');
    if (status !== 0) throw new Error(`go build failed (${status}):\n${lastLines.join('\n')}`);
  } finally {
    withdraw();
  }
}

/** Memory from which the compiler may trade some for time: it collects garbage less often, which saves 6 %. */
const ROOMY_BYTES = 12 * 2 ** 30;

/** The user's environment, without what would build something else than this machine's programs of our go.mod. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const goArch: Record<string, string> = { x64: 'amd64', ia32: '386' };
  return {
    ...process.env,
    ...(totalmem() >= ROOMY_BYTES ? { GOGC: '400' } : {}),
    CGO_ENABLED: '0',
    GO111MODULE: 'on',
    GOARCH: goArch[process.arch] ?? process.arch,
    // Never empty: Go would fall back to what `go env -w` saved. No version stamp: the checkout may be no git one.
    GOFLAGS: '-mod=readonly -buildvcs=false',
    GOOS: process.platform,
    GOWORK: 'off',
  };
}
