/**
 * The API server's part in registering webhooks: MutatingWebhookConfigurations by name, each write bound to the
 * version it is meant for.
 *
 * @module
 */
import type { ApiRequest } from '../../src/cluster/api-client.ts';
import { errorOfAnswer } from '../../src/cluster/api-error.ts';
import type { Requests } from '../../src/cluster/pod-reader.ts';

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

interface Metadata {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Configuration {
  readonly metadata: Metadata;
  readonly webhooks: readonly Webhook[];
}

export interface Webhook {
  readonly clientConfig: { readonly url: string; readonly caBundle: string };
  readonly namespaceSelector: {
    readonly matchExpressions: readonly [{ readonly values: readonly string[] }];
  };
  readonly [field: string]: unknown;
}

export class ConfigurationsOfTest implements Requests {
  readonly standing = new Map<string, Configuration>();
  /** Methods of the writes that were carried out. */
  readonly writes: string[] = [];
  /** Called before a request is carried out; may change what stands, or throw instead of the answer. */
  before: (method: string) => void | Promise<void> = () => undefined;
  #version = 0;

  async request({ method, path, body }: ApiRequest): Promise<unknown> {
    await this.before(method);
    const name = path.slice(PATH.length + 1);
    const standing = this.standing.get(name);
    if (method === 'POST') return this.#create(method, Object(body));
    if (standing === undefined) throw refused(method, 404, 'NotFound');
    if (method === 'GET') return standing;
    const { uid, resourceVersion } = method === 'PUT' ? Object(body).metadata : Object(body).preconditions;
    const { metadata } = standing;
    if (uid !== metadata.uid || resourceVersion !== metadata.resourceVersion)
      throw refused(method, 409, 'Conflict');
    if (method === 'PUT') return this.write(method, Object(body), uid);
    this.writes.push(method);
    this.standing.delete(name);
    return {};
  }

  /** What somebody puts there, over what stands. */
  write(method: string, body: Configuration, uid = `uid-${this.#version}`): Configuration {
    this.writes.push(method);
    this.#version += 1;
    const metadata = { ...body.metadata, uid, resourceVersion: String(this.#version) };
    // As the API server does, with more fields than were sent.
    const webhooks = body.webhooks.map((webhook) => ({ matchPolicy: 'Equivalent', ...webhook }));
    const written = { ...body, metadata, webhooks };
    this.standing.set(metadata.name, written);
    return written;
  }

  /** Namespaces in the one webhook of a registration; undefined: it is not registered. */
  namespacesOf(name: string): readonly string[] | undefined {
    return this.standing.get(name)?.webhooks[0]?.namespaceSelector.matchExpressions[0].values;
  }

  /** The certificates that the API server trusts, PEM. */
  caBundleOf(name: string): string | undefined {
    const bundle = this.standing.get(name)?.webhooks[0]?.clientConfig.caBundle;
    return bundle === undefined ? undefined : Buffer.from(bundle, 'base64').toString('utf8');
  }

  #create(method: string, body: Configuration): Configuration {
    if (this.standing.has(body.metadata.name)) throw refused(method, 409, 'AlreadyExists');
    return this.write(method, body);
  }
}

export function refused(method: string, status: number, reason: string): Error {
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    message: reason,
  });
  return errorOfAnswer(method, { status, retryAfter: undefined, body });
}
