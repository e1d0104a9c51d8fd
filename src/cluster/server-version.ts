/**
 * What the API server's version can do. Asked once; a server that is upgraded meanwhile is taken for the older one,
 * which does no harm.
 *
 * @module
 */
import { asObject } from '../facts/json.ts';
import type { Requests } from './pod-reader.ts';

/** Labels of a Binding reach the pod since feature PodTopologyLabelsAdmission is on by default. */
const BINDING_CARRIES_LABELS = { major: 1, minor: 35 };

export class ServerVersion {
  readonly #client: Requests;
  #carriesLabels: boolean | undefined;

  constructor(client: Requests) {
    this.#client = client;
  }

  /**
   * Whether the labels of a Binding reach the pod (Kubernetes 1.35); before, they are dropped without a word. False
   * when the version cannot be read: it is asked for again the next time.
   */
  async bindingCarriesLabels(): Promise<boolean> {
    this.#carriesLabels ??= await this.#read();
    return this.#carriesLabels ?? false;
  }

  async #read(): Promise<boolean | undefined> {
    try {
      const { major, minor } = asObject(await this.#client.request({ method: 'GET', path: '/version' }));
      // Some providers write `35+`.
      const [majorNumber, minorNumber] = [major, minor].map((part) => Number.parseInt(String(part), 10));
      if (majorNumber === undefined || minorNumber === undefined) return undefined;
      const { major: since, minor: sinceMinor } = BINDING_CARRIES_LABELS;
      return majorNumber > since || (majorNumber === since && minorNumber >= sinceMinor);
    } catch {
      return undefined;
    }
  }
}
