/**
 * The settings of who may connect, flags of `serve`: mutual TLS, and the pages for those who have no certificate.
 *
 * @module
 */
import type { Command, Option } from 'commander';
import type { TlsFiles } from '../http/tls-files.ts';
import { loopbackAddress } from './loopback.ts';
import type { Endpoint } from './values.ts';
import { endpointText, parseEndpoint } from './values.ts';

export interface TlsSettings {
  readonly listen: Endpoint;
  /** All three, or none of them. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly clientCa: string | undefined;
  /** Undefined: the pages are found at {@link listen} only. */
  readonly probes: Endpoint | undefined;
}

/** @param setting makes an option that is an environment variable, too. */
export function addTlsOptions(
  command: Command,
  setting: (flags: string, description: string) => Option,
): void {
  command
    .addOption(
      setting('--tls-cert <file>', 'certificate (PEM) shown to kube-scheduler; read again as it changes'),
    )
    .addOption(setting('--tls-key <file>', 'its key (PEM)'))
    .addOption(
      setting(
        '--client-ca <file>',
        'CA (PEM) that the certificates of clients must come from; whoever has one can bind pods',
      ),
    )
    .addOption(
      setting(
        '--probes <host:port>',
        'address, any, for /healthz, /readyz and /metrics by plain HTTP, for kubelet and Prometheus; absent: none',
      ).argParser(parseEndpoint),
    );
}

/** The files of mutual TLS; undefined: plain HTTP. */
export function tlsFilesOf({ tlsCert, tlsKey, clientCa }: TlsSettings): TlsFiles | undefined {
  if (tlsCert === undefined || tlsKey === undefined || clientCa === undefined) return undefined;
  return { cert: tlsCert, key: tlsKey, clientCa };
}

/** Why it would not be safe, or what is missing; else the address to listen on. */
export async function safeEndpoint(settings: TlsSettings): Promise<Endpoint | { readonly problem: string }> {
  const { listen, tlsCert, tlsKey, clientCa } = settings;
  const files = Object.entries({ '--tls-cert': tlsCert, '--tls-key': tlsKey, '--client-ca': clientCa });
  const missing = files.filter(([, file]) => file === undefined).map(([flag]) => flag);
  if (missing.length === 0) return listen;
  if (missing.length < files.length) {
    const problem = `error: TLS needs --tls-cert, --tls-key and --client-ca, and there is no ${missing.join(' and no ')}.`;
    return { problem };
  }
  const host = await loopbackAddress(listen.host);
  if (host !== undefined) return { host, port: listen.port };
  return {
    problem:
      `error: --listen ${endpointText(listen)} is not a loopback address, and whoever reaches it can bind pods. ` +
      'Run it beside kube-scheduler (same host or same pod) and listen on 127.0.0.1, or let it answer only clients that ' +
      'have a certificate: --tls-cert FILE --tls-key FILE --client-ca FILE.',
  };
}
