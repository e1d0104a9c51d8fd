/**
 * Who we are and where the API server is, from a kubeconfig or from inside a pod. The only file that loads
 * `@kubernetes/client-node`: its KubeConfig knows tokens, token files, exec plugins and certificates.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { accessSync, readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';

import type { Cluster, Context, User } from '@kubernetes/client-node';
import { KubeConfig } from '@kubernetes/client-node';
import { parse as parseYaml } from 'yaml';

import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import { messageOf } from '../facts/message-of.ts';

/** How long read material is used before files and plugins are asked again. The server's 401 asks at once. */
const MATERIAL_AGE_MS = 10_000;
/** Answering each of many 401s with a new exec plugin run and new connections would itself be an outage. */
const RENEW_INTERVAL_MS = 1_000;

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const IN_CLUSTER_TOKEN = `${SERVICE_ACCOUNT}/token`;

/** There are no usable credentials; the message names the file or variable at fault and the way out. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

const TLS_FIELDS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

/** The TLS options that a kubeconfig decides. */
export type TlsOptions = {
  readonly [Field in (typeof TLS_FIELDS)[number]]?: NonNullable<ConnectionOptions[Field]>;
};

/** What a connection and a request need, as read at one moment. */
export interface Access {
  /** Grows when connections made with an earlier access are not to be used for new requests. */
  readonly epoch: number;
  /** Base URL; its path, if any, prefixes all API paths. */
  readonly server: URL;
  /** TLS options for undici's connector; empty for plain http. */
  readonly tls: TlsOptions;
  /** Authorization and impersonation. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface CredentialsOptions {
  /** Kubeconfig file. Absent: $KUBECONFIG (a list of files), else ~/.kube/config, else the pod's service account. */
  readonly kubeconfigPath?: string | undefined;
  /** Default: the process environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Prefix of the service account's directory, for tests; default none. */
  readonly rootDirectory?: string;
  /** Monotonic milliseconds; default performance.now. */
  readonly now?: () => number;
}

type Source = { readonly files: readonly string[] } | { readonly inCluster: string };

/** Credentials of one API server, re-read as they rotate. */
export class Credentials {
  readonly #source: Source;
  readonly #now: () => number;
  #config: KubeConfig;
  #configText: string;
  #epoch = 0;
  #fingerprint = '';
  #access: Access | undefined;
  #readAtMs = -Infinity;
  #renewedAtMs = -Infinity;
  #reading: Promise<Access> | undefined;

  private constructor(source: Source, now: () => number) {
    this.#source = source;
    this.#now = now;
    this.#configText = textOf(source);
    this.#config = configOf(source);
  }

  /**
   * Finds and checks the configuration; reads no token and runs no plugin yet.
   *
   * @throws {CredentialsError} when there is none, or its context is incomplete.
   */
  static load(options: CredentialsOptions = {}): Credentials {
    return new Credentials(findSource(options), options.now ?? (() => performance.now()));
  }

  /** Base URL of the API server, as configured now. */
  get server(): URL {
    return new URL(checked(this.#config, this.#source).cluster.server);
  }

  /** Namespace that kubectl would use: that of the current context, or of the pod that we are, else `default`. */
  get namespace(): string {
    const context = this.#config.getContextObject(this.#config.currentContext);
    return context?.namespace || this.podNamespace || 'default';
  }

  /** Namespace of the pod that we are; undefined outside of a cluster, or when the service account does not tell. */
  get podNamespace(): string | undefined {
    if (!('inCluster' in this.#source)) return undefined;
    const file = `${this.#source.inCluster}${SERVICE_ACCOUNT}/namespace`;
    return readable(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined;
  }

  /**
   * Material for a request, at most 10 s old. Concurrent calls share one read, so one plugin run.
   *
   * @throws {CredentialsError} when a file or plugin fails.
   */
  access(): Promise<Access> {
    if (this.#access !== undefined && this.#now() - this.#readAtMs < MATERIAL_AGE_MS) {
      return Promise.resolve(this.#access);
    }
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /**
   * The server answered 401 to `used`: forget cached tokens and plugin results and let new connections be made. Does
   * nothing when somebody else renewed since, or less than 1 s ago.
   *
   * @throws {CredentialsError} when a file or plugin fails.
   */
  async renew(used: Access): Promise<void> {
    // A read that began before the 401 must not pass for a fresh one.
    await this.#reading?.catch(() => undefined);
    const renewedSince = this.#access !== undefined && this.#access.epoch > used.epoch;
    if (renewedSince || this.#now() - this.#renewedAtMs < RENEW_INTERVAL_MS) return;
    this.#renewedAtMs = this.#now();
    this.#reload('always');
    this.#access = undefined;
    this.#epoch += 1;
    await this.access();
  }

  async #read(): Promise<Access> {
    this.#reload('when-changed');
    const { cluster } = checked(this.#config, this.#source);
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new CredentialsError(`${nameOf(this.#source)}: ${withoutQuotes(error)}`);
    }
    const tls = tlsOf(options);
    const fingerprint = fingerprintOf(cluster.server, tls);
    if (this.#fingerprint !== '' && this.#fingerprint !== fingerprint) this.#epoch += 1;
    this.#fingerprint = fingerprint;
    this.#access = { epoch: this.#epoch, server: new URL(cluster.server), tls, headers: headersOf(options) };
    this.#readAtMs = this.#now();
    return this.#access;
  }

  #reload(when: 'always' | 'when-changed'): void {
    try {
      const text = textOf(this.#source);
      if (when === 'when-changed' && text === this.#configText) return;
      this.#config = configOf(this.#source);
      this.#configText = text;
    } catch {
      // A file that is just being replaced is unreadable for a moment: what worked so far is the best there is, and
      // if it no longer works the server says so.
    }
  }
}

function findSource(options: CredentialsOptions): Source {
  const env = options.env ?? process.env;
  if (options.kubeconfigPath !== undefined) return { files: [resolve(options.kubeconfigPath)] };
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return { files: existing(listed, `$KUBECONFIG (${listed.join(delimiter)})`) };
  const home = join(env['HOME'] ?? homedir(), '.kube', 'config');
  if (readable(home)) return { files: [home] };
  const root = options.rootDirectory ?? '';
  if (env['KUBERNETES_SERVICE_HOST'] && readable(root + IN_CLUSTER_TOKEN)) return { inCluster: root };
  throw new CredentialsError(
    `no credentials for an API server: $KUBECONFIG is not set, ${home} does not exist, and this is no pod with a ` +
      `service account token (${root}${IN_CLUSTER_TOKEN}). Give a kubeconfig with --kubeconfig FILE or $KUBECONFIG.`,
  );
}

/** As kubectl does, files of the list that do not exist are left out. */
function existing(files: readonly string[], from: string): string[] {
  const found = files.filter(readable).map((file) => resolve(file));
  if (found.length > 0) return found;
  throw new CredentialsError(
    `${from}: no such file. Correct $KUBECONFIG, or give a kubeconfig with --kubeconfig FILE.`,
  );
}

function readable(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

function textOf(source: Source): string {
  if ('inCluster' in source) return '';
  return source.files.map((file) => readKubeconfig(file)).join('\n---\n');
}

function readKubeconfig(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CredentialsError(
      `kubeconfig ${file}: ${messageOf(error)}. Give a readable kubeconfig with --kubeconfig FILE or $KUBECONFIG.`,
      { cause: error },
    );
  }
}

function configOf(source: Source): KubeConfig {
  const config = new KubeConfig();
  if ('inCluster' in source) config.loadFromCluster(source.inCluster);
  else config.loadFromOptions(merged(source.files.map((file) => loadedFile(file))));
  checked(config, source);
  return config;
}

function loadedFile(file: string): KubeConfig {
  const text = readKubeconfig(file);
  const config = new KubeConfig();
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(file));
    config.users = config.users.map(withTokenFile(tokenFiles(parseYaml(text)), dirname(file)));
  } catch (error) {
    throw new CredentialsError(
      `kubeconfig ${file}: ${withoutQuotes(error)}. Correct the file, or give another one.`,
    );
  }
  return config;
}

/** As kubectl does, the first file that has a name, or a current context, wins. The library's merge throws instead. */
function merged(configs: readonly KubeConfig[]): {
  clusters: Cluster[];
  users: User[];
  contexts: Context[];
  currentContext: string | undefined;
} {
  return {
    clusters: firstOfEachName(configs.flatMap((config) => config.clusters)),
    users: firstOfEachName(configs.flatMap((config) => config.users)),
    contexts: firstOfEachName(configs.flatMap((config) => config.contexts)),
    currentContext: configs.map((config) => config.currentContext as string | undefined).find(Boolean),
  };
}

function firstOfEachName<Item extends { readonly name: string }>(items: readonly Item[]): Item[] {
  return items.filter((item, index) => items.findIndex((other) => other.name === item.name) === index);
}

/** `tokenFile` of each user, which the library does not read from a kubeconfig. */
function tokenFiles(kubeconfig: unknown): Map<string, string> {
  const found = new Map<string, string>();
  const users: unknown = asObject(kubeconfig)['users'];
  for (const entry of Array.isArray(users) ? users : []) {
    const { name, user } = asObject(entry);
    const file = asObject(user)['tokenFile'];
    if (typeof name === 'string' && typeof file === 'string') found.set(name, file);
  }
  return found;
}

function withTokenFile(files: ReadonlyMap<string, string>, directory: string): (user: User) => User {
  return (user) => {
    const file = files.get(user.name);
    if (file === undefined) return user;
    const { token: _inferior, ...rest } = user;
    return { ...rest, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(directory, file) } } };
  };
}

function checked(config: KubeConfig, source: Source): { cluster: Cluster; user: User | undefined } {
  const where = nameOf(source);
  const contextName = config.currentContext as string | undefined;
  if (!contextName) {
    throw new CredentialsError(
      `${where}: no current-context is set. Set one: kubectl config use-context NAME.`,
    );
  }
  const context = config.getContextObject(contextName);
  if (context === null) {
    throw new CredentialsError(
      `${where}: its current-context ${contextName} does not exist in it. Set another: kubectl config use-context NAME.`,
    );
  }
  const cluster = config.getCluster(context.cluster);
  if (cluster === null) {
    throw new CredentialsError(
      `${where}: context ${contextName} names the cluster ${context.cluster}, which is missing.`,
    );
  }
  // The library's type says string, its parser gives undefined for a context without a user.
  const userName = context.user as string | undefined;
  const user = userName === undefined ? null : config.getUser(userName);
  if (userName !== undefined && user === null) {
    throw new CredentialsError(
      `${where}: context ${contextName} names the user ${userName}, which is missing.`,
    );
  }
  checkCluster(cluster, where);
  return { cluster, user: user ?? undefined };
}

const NO_URL = { protocol: '', username: '', password: '' };

function checkCluster(cluster: Cluster, where: string): void {
  const { protocol, username, password } = URL.parse(cluster.server) ?? NO_URL;
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new CredentialsError(
      `${where}: the server of cluster ${cluster.name} is no http(s) URL, such as https://10.0.0.1:6443.`,
    );
  }
  if (username !== '' || password !== '') {
    throw new CredentialsError(
      `${where}: the server of cluster ${cluster.name} has a user name or password in it, which is not supported. ` +
        'Put them into the user of the context.',
    );
  }
  if (protocol === 'http:' && !cluster.skipTLSVerify) {
    throw new CredentialsError(
      `${where}: the server ${cluster.server} is plain http, which is used only with insecure-skip-tls-verify: true.`,
    );
  }
  if (cluster.proxyUrl) {
    throw new CredentialsError(
      `${where}: proxy-url of cluster ${cluster.name} is not supported. Use a direct address.`,
    );
  }
}

/** What went wrong with material, without what parsers quote of it: it is secret. */
function withoutQuotes(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SyntaxError) return 'what the credential plugin printed is no JSON';
    const line = yamlLineOf(asObject(cause));
    if (line !== undefined) return `line ${line} is no YAML`;
  }
  return messageOf(error);
}

/** Where a text is no YAML: each of the two parsers that read a kubeconfig has its own way to say it. */
function yamlLineOf({ mark, linePos }: JsonObject): number | undefined {
  const { line: fromZero } = asObject(mark);
  if (typeof fromZero === 'number') return fromZero + 1;
  const [start]: unknown[] = Array.isArray(linePos) ? linePos : [];
  const { line } = asObject(start);
  return typeof line === 'number' ? line : undefined;
}

function nameOf(source: Source): string {
  return 'inCluster' in source ? 'in-cluster service account' : `kubeconfig ${source.files.join(delimiter)}`;
}

function tlsOf(options: RequestOptions): TlsOptions {
  return Object.fromEntries(
    TLS_FIELDS.filter((field) => options[field] !== undefined).map((field) => [field, options[field]]),
  );
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // Token files often end in a newline, which no header may carry.
    if (typeof value === 'string') headers[name.toLowerCase()] = value.trim();
  }
  return headers;
}

function fingerprintOf(server: string, tls: TlsOptions): string {
  const hash = createHash('sha256').update(server);
  for (const field of TLS_FIELDS) {
    const value = tls[field];
    hash.update(`\0${field}\0`).update(Buffer.isBuffer(value) ? value : JSON.stringify(value ?? null));
  }
  return hash.digest('hex');
}
