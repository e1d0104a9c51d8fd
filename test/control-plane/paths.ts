/**
 * Where the control plane module keeps things inside the checkout. Everything it writes is under one git-ignored
 * folder, so that removing that folder removes every trace.
 *
 * @module
 */
import { join, resolve } from 'node:path';

/** The Go module that pins etcd, Kubernetes and kwok. */
export const goModuleDir = import.meta.dirname;

const checkoutRoot = resolve(import.meta.dirname, '..', '..');

/** Parent of everything written here. kwokctl's own work directory too: it keeps its clusters in `clusters/` below. */
export const cacheDir = join(checkoutRoot, '.cache');

/** One folder per build of the binaries, named by its version key. */
export const buildsDir = join(cacheDir, 'control-plane');

/** One folder per cluster, named as the cluster. */
export const clustersDir = join(cacheDir, 'clusters');
