/**
 * Kinds of others that the chart makes objects of, as they publish them: those of cert-manager and of the Prometheus
 * Operator. They come with their Go modules, which Go keeps in its cache.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Source {
  readonly module: string;
  readonly version: string;
  /** As `go mod download -json` names it: no other content passes for this version. */
  readonly sum: string;
  readonly files: readonly string[];
}

const SOURCES: readonly Source[] = [
  {
    module: 'github.com/cert-manager/cert-manager',
    version: 'v1.21.2',
    sum: 'h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=',
    files: ['deploy/crds/cert-manager.io_certificates.yaml', 'deploy/crds/cert-manager.io_issuers.yaml'],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    files: [
      'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    ],
  },
];

/** Files with their CustomResourceDefinitions. The first call on a machine downloads 8 MB. */
export async function thirdPartyKinds(): Promise<readonly string[]> {
  return (await Promise.all(SOURCES.map(filesOf))).flat();
}

async function filesOf({ module, version, sum, files }: Source): Promise<readonly string[]> {
  const env = { ...process.env, GO111MODULE: 'on', GOWORK: 'off', GOFLAGS: '-mod=mod' };
  // Outside of every module, so that none has a say in the version.
  const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`], {
    cwd: tmpdir(),
    env,
  });
  const { Dir, Sum }: { readonly Dir: string; readonly Sum: string } = JSON.parse(stdout);
  if (Sum !== sum) throw new Error(`${module}@${version} is ${Sum}, not ${sum}`);
  return files.map((file) => join(Dir, file));
}
