/**
 * The setting of the page for people, a flag of `serve`.
 *
 * @module
 */
import type { Command, Option } from 'commander';
import { isLoopback, loopbackAddress } from './loopback.ts';
import type { TlsSettings } from './tls-settings.ts';
import { tlsFilesOf } from './tls-settings.ts';
import type { Endpoint } from './values.ts';
import { endpointText, parseEndpoint } from './values.ts';

export interface PageSettings {
  /** Undefined: there is no page. */
  readonly page: Endpoint | undefined;
}

/** @param setting makes an option that is an environment variable, too. */
export function addPageOption(
  command: Command,
  setting: (flags: string, description: string) => Option,
): void {
  command.addOption(
    setting(
      '--page <host:port>',
      'address of the page that shows policies and their pods, read-only; by plain HTTP on loopback, elsewhere with ' +
        'the files of TLS, for clients with a certificate; absent: none',
    ).argParser(parseEndpoint),
  );
}

/** Why it would not be safe; else where the page is found, undefined: nowhere. */
export async function safePage(
  settings: PageSettings & TlsSettings,
): Promise<{ readonly page: Endpoint | undefined } | { readonly problem: string }> {
  const { page } = settings;
  if (page === undefined) return { page };
  const host = await loopbackAddress(page.host);
  if (host !== undefined) return { page: { host, port: page.port } };
  if (tlsFilesOf(settings) !== undefined) return { page };
  return {
    problem:
      `error: --page ${endpointText(page)} is not a loopback address, and whoever reaches it can read the names and labels ` +
      'of pods. Listen on 127.0.0.1, which kubectl port-forward reaches in a pod, too, or let it answer only clients that ' +
      'have a certificate: --tls-cert FILE --tls-key FILE --client-ca FILE.',
  };
}

/** Whether the page is for this host alone, so by plain HTTP. */
export function isPageLocal({ page }: PageSettings): boolean {
  return page !== undefined && isLoopback(page.host);
}
