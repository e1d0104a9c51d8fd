/**
 * Builds the control plane from our Go module, once per version, into the checkout's cache.
 *
 * @module
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce } from './go-build.ts';
import { moduleVersion } from './go-toolchain.ts';
import { buildsDir, goModuleDir } from './paths.ts';

/**
 * The folder with the built binaries `etcd`, `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`,
 * `kubectl`, `kwok` and `kwokctl`. The first call for a go.mod builds them, which takes minutes; later calls return
 * at once. Processes that ask at the same time build once.
 *
 * @throws GoToolchainError when Go is missing or too old; an error with the end of Go's output when the build fails
 */
export async function builtBinaries(): Promise<string> {
  return buildOnce({
    name: 'control plane',
    moduleDir: goModuleDir,
    buildsDir,
    title: (goMod) => {
      const etcd = moduleVersion(goMod, 'go.etcd.io/etcd/server/v3');
      const kubernetes = moduleVersion(goMod, 'k8s.io/kubernetes');
      return `etcd ${etcd}, Kubernetes ${kubernetes} and kwok ${moduleVersion(goMod, 'sigs.k8s.io/kwok')}`;
    },
    linkerFlags: (goMod) => linkerFlags(moduleVersion(goMod, 'k8s.io/kubernetes')),
    // Go names a program after the last element of its package path.
    finish: (dir) => renameSync(join(dir, 'server'), join(dir, 'etcd')),
  });
}

/** Without these Kubernetes' programs say they are v0.0.0, and kwokctl sets their flags by their version. */
function linkerFlags(kubernetesVersion: string): readonly string[] {
  const [major, minor] = kubernetesVersion.replace(/^v/, '').split('.');
  const values = [`gitVersion=${kubernetesVersion}`, `gitMajor=${major}`, `gitMinor=${minor}`];
  return values.map((value) => `-X k8s.io/component-base/version.${value}`);
}
