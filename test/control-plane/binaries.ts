/**
 * Which programs the control plane runs: those of an installed kwokctl, or our own build.
 *
 * @module
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { builtBinaries } from './build.ts';
import { moduleVersion } from './go-toolchain.ts';
import { goModuleDir } from './paths.ts';

/** Where the programs come from. */
export interface Binaries {
  /** The kwokctl to run. */
  readonly kwokctl: string;
  /** The folder of our build; undefined when an installed kwokctl brings its own programs. */
  readonly builtDir: string | undefined;
  /** The Kubernetes version that our go.mod pins, such as `v1.36.3`; an installed kwokctl is told to use it. */
  readonly kubernetesVersion: string;
}

/** The kwokctl on the PATH if there is one, which downloads what it runs; else our build, made now if need be. */
export async function findBinaries(): Promise<Binaries> {
  const goMod = readFileSync(join(goModuleDir, 'go.mod'), 'utf8');
  const kubernetesVersion = moduleVersion(goMod, 'k8s.io/kubernetes');
  const installed = findOnPath('kwokctl', process.env['PATH']);
  if (installed !== undefined) return { kwokctl: installed, builtDir: undefined, kubernetesVersion };
  const builtDir = await builtBinaries();
  return { kwokctl: join(builtDir, 'kwokctl'), builtDir, kubernetesVersion };
}

/** The first executable file of that name in the folders of a PATH value. */
export function findOnPath(program: string, path: string | undefined): string | undefined {
  return (path ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, program))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
