/**
 * The settings of `serve`: each is a flag, an environment variable (RESOURCE_POLICY_ and the flag's name) and a key of a
 * file, which go before each other in this order.
 *
 * @module
 */
import { Command, Option } from 'commander';
import type { Labels } from '../facts/labels.ts';
import type { LogLevel } from '../telemetry/logger.ts';
import { LOG_LEVELS } from '../telemetry/logger.ts';
import type { AdmissionSettings } from './admission-settings.ts';
import { addAdmissionOptions, admissionProblem } from './admission-settings.ts';
import { endsWithUsageCode } from './options.ts';
import { CONFIG_FLAG, takeConfig } from './config-file.ts';
import type { PageSettings } from './page-settings.ts';
import { addPageOption, safePage } from './page-settings.ts';
import type { TlsSettings } from './tls-settings.ts';
import { addTlsOptions, safeEndpoint } from './tls-settings.ts';
import {
  parseBoolean,
  parseCount,
  parseDuration,
  parseEndpoint,
  parseLabels,
  parsePercentage,
} from './values.ts';

export interface ServeSettings extends AdmissionSettings, PageSettings, TlsSettings {
  /** The file that settings were taken from. */
  readonly config: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly virtualNodeLabel: Labels;
  readonly bindVerb: boolean;
  /** 0: not set. */
  readonly percentageOfNodesToScore: number;
  /** Milliseconds. */
  readonly reservationTimeout: number;
  /** Milliseconds. */
  readonly maxSilence: number;
  /** Milliseconds. */
  readonly apiTimeout: number;
  readonly apiConnections: number;
  readonly bodyLimitMb: number;
  /** A price list, for metrics of what pods cost. */
  readonly prices: string | undefined;
  /** Milliseconds. */
  readonly shutdownTimeout: number;
  readonly logLevel: LogLevel;
}

export function serveCommand(run: (settings: ServeSettings) => Promise<void>): Command {
  const command = new Command('serve')
    .description("Answer kube-scheduler's extender calls, keeping every ResourcePolicy of the cluster.")
    .addOption(
      setting(
        `--${CONFIG_FLAG} <file>`,
        'YAML file with settings, read once; keys are these flags without the dashes; absent: none',
      ),
    )
    .addOption(
      setting(
        '--kubeconfig <file>',
        'kubeconfig; without it $KUBECONFIG, ~/.kube/config, then the in-cluster account',
      ),
    )
    .addOption(
      setting(
        '--listen <host:port>',
        'address for kube-scheduler; without TLS loopback only, port 0 takes any free one',
      )
        .argParser(parseEndpoint)
        .default(parseEndpoint('127.0.0.1:8910'), '127.0.0.1:8910'),
    )
    .addOption(
      setting('--virtual-node-label <key=value>', 'label by which virtual nodes (eci, acs) are known')
        .argParser(parseLabels)
        .default(parseLabels('type=virtual-kubelet'), 'type=virtual-kubelet'),
    )
    .addOption(
      setting(
        '--bind-verb <boolean>',
        'whether kube-scheduler binds through us (bindVerb); with false limits are kept less strictly',
      )
        .argParser(parseBoolean)
        .default(true),
    )
    .addOption(
      setting(
        '--percentage-of-nodes-to-score <count>',
        'that of the kube-scheduler configuration; 0: not set there, so it samples nodes in a large cluster',
      )
        .argParser(parsePercentage)
        .default(0),
    )
    .addOption(
      duration(
        '--reservation-timeout <duration>',
        'a place held for a pod not heard of again is given up',
        '1m',
      ),
    )
    .addOption(
      duration('--max-silence <duration>', 'no decisions when a watch has been silent for longer', '3m'),
    )
    .addOption(duration('--api-timeout <duration>', 'longest wait for one answer of the API server', '10s'))
    .addOption(
      setting('--api-connections <count>', 'connections to the API server, so bindings in flight')
        .argParser(parseCount)
        .default(32),
    )
    .addOption(
      setting(
        '--body-limit-mb <count>',
        'largest request body, in MB (about 25 bytes per node, plus the pod)',
      )
        .argParser(parseCount)
        .default(64),
    )
    .addOption(
      setting('--prices <file>', 'price list, as for plan: /metrics has what each policy spends (read once)'),
    )
    .addOption(
      duration('--shutdown-timeout <duration>', 'after SIGTERM, longest wait for bindings in flight', '25s'),
    )
    .addOption(
      setting('--log-level <level>', 'least level that is logged')
        .choices([...LOG_LEVELS])
        .default('info'),
    )
    .addHelpText(
      'after',
      `
Each flag has an environment variable: RESOURCE_POLICY_ and its name, such as RESOURCE_POLICY_LISTEN, and a key in the
file of --config: its name, such as listen: 127.0.0.1:8910. A flag goes before the environment, both before the file.

Exit code: 0 ended by SIGTERM or SIGINT, 1 it cannot start or go on, 2 wrong usage.

Examples:
  $ resource-policy serve                                  in a cluster, beside kube-scheduler
  $ resource-policy serve --kubeconfig ~/.kube/config      anywhere else
  $ resource-policy serve --listen 127.0.0.1:0 --log-level debug
  $ resource-policy serve --config serve.yaml              settings from a file
  $ resource-policy serve --listen 0.0.0.0:8910 --tls-cert FILE --tls-key FILE --client-ca FILE --probes 0.0.0.0:8911`,
    );
  addTlsOptions(command, setting);
  addPageOption(command, setting);
  addAdmissionOptions(command, setting);
  return endsWithUsageCode(command).action(async ({ config }: ServeSettings) => {
    const wrong = config === undefined ? undefined : await takeConfig(command, config);
    if (wrong !== undefined) command.error(wrong);
    const settings = command.opts<ServeSettings>();
    const problem = admissionProblem(settings);
    if (problem !== undefined) command.error(problem);
    const listen = await safeEndpoint(settings);
    if ('problem' in listen) return command.error(listen.problem);
    const shown = await safePage(settings);
    if ('problem' in shown) return command.error(shown.problem);
    return run({ ...settings, listen, ...shown });
  });
}

function setting(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.env(`RESOURCE_POLICY_${option.name().toUpperCase().replaceAll('-', '_')}`);
}

function duration(flags: string, description: string, absent: string): Option {
  return setting(flags, description).argParser(parseDuration).default(parseDuration(absent), absent);
}
