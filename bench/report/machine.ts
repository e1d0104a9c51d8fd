/**
 * Where and with what a benchmark ran.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { ControlPlane } from '../../test/control-plane/control-plane.ts';
import { findOnPath } from '../../test/control-plane/binaries.ts';
import { moduleVersion } from '../../test/control-plane/go-toolchain.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGib: number;
  readonly system: string;
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGib: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${type()} ${release()} ${arch()}`,
  };
}

/** Program → version. */
export type Versions = Readonly<Record<string, string>>;

export async function describeVersions({ api, etcd }: Pick<ControlPlane, 'api' | 'etcd'>): Promise<Versions> {
  const { version }: { version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { etcdserver }: { etcdserver: string } = JSON.parse(await etcd.get('/version'));
  const kubernetes = await api.request<{ gitVersion: string }>('GET', '/version');
  return {
    'resource-policy': [version, commit()].filter((part) => part !== undefined).join(' '),
    Kubernetes: kubernetes.gitVersion,
    etcd: `v${etcdserver}`,
    kwok: kwokVersion(),
    'Node.js': process.version,
  };
}

function kwokVersion(): string {
  if (findOnPath('kwokctl', process.env['PATH']) !== undefined) return "the installed kwokctl's";
  return moduleVersion(readFileSync(join(ROOT, 'test/control-plane/go.mod'), 'utf8'), 'sigs.k8s.io/kwok');
}

/** The commit that is checked out, and whether files differ from it; undefined outside a git checkout. */
function commit(): string | undefined {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty', '--exclude=*'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}
