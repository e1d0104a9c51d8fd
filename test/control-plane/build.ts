/**
 * Builds the control plane from our Go module, once per version, into the checkout's cache.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { totalmem } from 'node:os';
import { createInterface } from 'node:readline';
import { moduleVersion, neededGoVersion, requireGo } from './go-toolchain.ts';
import { beforeProcessEnds } from './lifetime.ts';
import { withLock } from './lock.ts';
import { buildsDir, goModuleDir } from './paths.ts';
import { Progress } from './progress.ts';

const unfinishedPrefix = '.unfinished-';
const keptOutputLines = 40;

/**
 * The folder with the built binaries `etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`,
 * `kubectl`, `kwok` and `kwokctl`. The first call for a go.mod builds them, which takes minutes; later calls return
 * at once. Processes that ask at the same time build once.
 *
 * @throws GoToolchainError when Go is missing or too old; an error with the end of Go's output when the build fails
 */
export async function builtBinaries(): Promise<string> {
  const goMod = readFileSync(join(goModuleDir, 'go.mod'), 'utf8');
  const goSum = readFileSync(join(goModuleDir, 'go.sum'), 'utf8');
  const dir = join(buildsDir, versionKey(goMod, goSum, `${process.platform}-${process.arch}`));
  if (existsSync(dir)) return dir;
  requireGo(goModuleDir, neededGoVersion(goMod), buildEnvironment());
  await withLock(
    join(buildsDir, '.lock'),
    async () => {
      if (!existsSync(dir)) await buildInto(dir, goMod);
    },
    tellOfWait,
  );
  return dir;
}

function tellOfWait(holderPid: number): void {
  process.stderr.write(`control plane: process ${holderPid} is building it; waiting for that\n`);
}

/** Names a build: the same for the same go.mod, go.sum and platform, and different when one of them differs. */
export function versionKey(goMod: string, goSum: string, platform: string): string {
  const hash = createHash('sha256');
  for (const part of [goMod, goSum, platform]) hash.update(`${part.length}:${part}`);
  return hash.digest('hex').slice(0, 16);
}

async function buildInto(dir: string, goMod: string): Promise<void> {
  // The lock is ours, so what others left unfinished is dead.
  for (const entry of readdirSync(buildsDir)) {
    if (entry.startsWith(unfinishedPrefix)) rmSync(join(buildsDir, entry), { recursive: true, force: true });
  }
  mkdirSync(buildsDir, { recursive: true });
  const unfinished = mkdtempSync(join(buildsDir, unfinishedPrefix));
  try {
    await goBuild(unfinished, goMod);
    // Go names a program after the last element of its package path.
    renameSync(join(unfinished, 'server'), join(unfinished, 'etcd'));
    renameSync(unfinished, dir);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function goBuild(outDir: string, goMod: string): Promise<void> {
  const versions = {
    etcd: moduleVersion(goMod, 'go.etcd.io/etcd/server/v3'),
    kubernetes: moduleVersion(goMod, 'k8s.io/kubernetes'),
    kwok: moduleVersion(goMod, 'sigs.k8s.io/kwok'),
  };
  const progress = new Progress(
    `building etcd ${versions.etcd}, Kubernetes ${versions.kubernetes} and kwok ${versions.kwok} (once)`,
  );
  const args = [
    'build',
    '-v',
    '-trimpath',
    '-o',
    `${outDir}/`,
    // Debug information would be made for every package and then left out by the linker: a tenth of the time.
    '-gcflags=all=-dwarf=false',
    '-ldflags',
    linkerFlags(versions.kubernetes),
    'tool',
  ];
  const go = spawn('go', args, {
    cwd: goModuleDir,
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

/** Without these Kubernetes' programs say they are v0.0.0, and kwokctl sets their flags by their version. */
function linkerFlags(kubernetesVersion: string): string {
  const [major, minor] = kubernetesVersion.replace(/^v/, '').split('.');
  const values = [`gitVersion=${kubernetesVersion}`, `gitMajor=${major}`, `gitMinor=${minor}`];
  return ['-s -w', ...values.map((value) => `-X k8s.io/component-base/version.${value}`)].join(' ');
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
