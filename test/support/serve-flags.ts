import { CommanderError } from 'commander';
import { vi } from 'vitest';
import type { ServeSettings } from '../../src/cli/serve-settings.ts';
import { serveCommand } from '../../src/cli/serve-settings.ts';

/** What the command does with these flags: runs with settings, or ends with a text. */
export async function serve(
  ...flags: readonly string[]
): Promise<{ settings?: ServeSettings; said: string; status: number }> {
  const ran: ServeSettings[] = [];
  let said = '';
  const command = serveCommand(async (settings) => void ran.push(settings));
  command.exitOverride().configureOutput({
    writeOut: (text) => (said += text),
    writeErr: (text) => (said += text),
  });
  try {
    await command.parseAsync(flags, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { said, status: error.exitCode };
  }
  const [settings] = ran;
  return { ...(settings === undefined ? {} : { settings }), said, status: 0 };
}

/** The settings of whoever runs the tests are not to be theirs. Returns how they come back. */
export function withoutOwnSettings(): () => void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('RESOURCE_POLICY_')) vi.stubEnv(name, undefined);
  }
  return () => void vi.unstubAllEnvs();
}

export const DEFAULTS: ServeSettings = {
  config: undefined,
  kubeconfig: undefined,
  listen: { host: '127.0.0.1', port: 8910 },
  virtualNodeLabel: { type: 'virtual-kubelet' },
  bindVerb: true,
  percentageOfNodesToScore: 0,
  reservationTimeout: 60_000,
  maxSilence: 180_000,
  apiTimeout: 10_000,
  apiConnections: 32,
  bodyLimitMb: 64,
  prices: undefined,
  shutdownTimeout: 25_000,
  logLevel: 'info',
  tlsCert: undefined,
  tlsKey: undefined,
  clientCa: undefined,
  probes: undefined,
  page: undefined,
  admission: undefined,
  admissionName: 'resource-policy',
  admissionSchedulerName: undefined,
};

/** Every flag of serve with a value, what else it needs, and the settings that differ from the defaults. */
export const FLAGS: Readonly<
  Record<string, { value: string; beside?: readonly string[]; want: Partial<ServeSettings> }>
> = {
  '--config': { value: '/dev/null', want: { config: '/dev/null' } },
  '--kubeconfig': { value: 'some/file', want: { kubeconfig: 'some/file' } },
  '--listen': { value: '[::1]:0', want: { listen: { host: '::1', port: 0 } } },
  '--virtual-node-label': { value: 'a=b,c=d', want: { virtualNodeLabel: { a: 'b', c: 'd' } } },
  '--bind-verb': { value: 'false', want: { bindVerb: false } },
  '--percentage-of-nodes-to-score': { value: '100', want: { percentageOfNodesToScore: 100 } },
  '--reservation-timeout': { value: '2m', want: { reservationTimeout: 120_000 } },
  '--max-silence': { value: '5m', want: { maxSilence: 300_000 } },
  '--api-timeout': { value: '500ms', want: { apiTimeout: 500 } },
  '--api-connections': { value: '4', want: { apiConnections: 4 } },
  '--body-limit-mb': { value: '8', want: { bodyLimitMb: 8 } },
  '--prices': { value: 'some/file', want: { prices: 'some/file' } },
  '--shutdown-timeout': { value: '1s', want: { shutdownTimeout: 1_000 } },
  '--log-level': { value: 'debug', want: { logLevel: 'debug' } },
  '--tls-cert': {
    value: 'c',
    beside: ['--tls-key', 'k', '--client-ca', 'a'],
    want: { tlsCert: 'c', tlsKey: 'k', clientCa: 'a' },
  },
  '--tls-key': {
    value: 'k',
    beside: ['--tls-cert', 'c', '--client-ca', 'a'],
    want: { tlsCert: 'c', tlsKey: 'k', clientCa: 'a' },
  },
  '--client-ca': {
    value: 'a',
    beside: ['--tls-cert', 'c', '--tls-key', 'k'],
    want: { tlsCert: 'c', tlsKey: 'k', clientCa: 'a' },
  },
  '--probes': { value: '0.0.0.0:8912', want: { probes: { host: '0.0.0.0', port: 8912 } } },
  '--page': { value: '127.0.0.1:8912', want: { page: { host: '127.0.0.1', port: 8912 } } },
  '--admission': { value: '10.0.0.7:8911', want: { admission: { host: '10.0.0.7', port: 8911 } } },
  '--admission-name': { value: 'other', want: { admissionName: 'other' } },
  '--admission-scheduler-name': {
    value: 'own',
    beside: ['--admission', 'h:1'],
    want: { admission: { host: 'h', port: 1 }, admissionSchedulerName: 'own' },
  },
};

/** The environment variable of a flag. */
export function variable(flag: string): string {
  return `RESOURCE_POLICY_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`;
}
