/**
 * The settings of the webhook, flags of `serve`.
 *
 * @module
 */
import type { Command, Option } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Endpoint } from './values.ts';
import { parseEndpoint } from './values.ts';

export interface AdmissionSettings {
  /** Undefined: no webhook. */
  readonly admission: Endpoint | undefined;
  readonly admissionName: string;
  readonly admissionSchedulerName: string | undefined;
}

/** @param setting makes an option that is an environment variable, too. */
export function addAdmissionOptions(
  command: Command,
  setting: (flags: string, description: string) => Option,
): void {
  command
    .addOption(
      setting(
        '--admission <host:port>',
        'serves a webhook that makes new pods fit for virtual nodes, where the API server can call it; absent: none',
      ).argParser(parseReachable),
    )
    .addOption(
      setting('--admission-name <name>', 'name of its registration; the newest process of a name has it')
        .argParser(parseName)
        .default('resource-policy'),
    )
    .addOption(
      setting(
        '--admission-scheduler-name <name>',
        'schedulerName that it gives to pods of a policy; absent: pods keep theirs',
      ).argParser(parseName),
    );
}

/** What cannot be meant; undefined when all is well. */
export function admissionProblem({
  admission,
  admissionSchedulerName,
}: AdmissionSettings): string | undefined {
  if (admission !== undefined || admissionSchedulerName === undefined) return undefined;
  return 'error: --admission-scheduler-name is for the webhook, which needs --admission HOST:PORT.';
}

/** An endpoint that others can be told: not every address at once. */
function parseReachable(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  if (/^(0\.0\.0\.0|[0:]+)$/.test(endpoint.host)) {
    throw new InvalidArgumentError(
      `"${text}" is no address that the API server could call; give one that it can reach.`,
    );
  }
  return endpoint;
}

/** A DNS subdomain, as the API server wants names. */
function parseName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError(`"${text}" is no name: lower-case letters, digits, "-" and ".".`);
}
