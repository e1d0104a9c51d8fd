/**
 * The kubeconfig of a server that speaks plain http.
 *
 * @module
 */
import { stringify } from 'yaml';

export function kubeconfig(access: { readonly server: string; readonly token: string }): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'fake',
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    clusters: [{ name: 'fake', cluster: { server: access.server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'fake', user: { token: access.token } }],
  });
}
