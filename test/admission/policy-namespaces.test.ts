import { describe, expect, it } from 'vitest';
import { PolicyNamespaces } from '../../src/admission/policy-namespaces.ts';
import { aPolicy } from '../support/builders.ts';

const SPILLS = aPolicy('spills').unit({ resource: 'eci' });
const STAYS = aPolicy('stays').unit({ resource: 'ecs' });

function following(): PolicyNamespaces {
  return new PolicyNamespaces(({ units }) => units.some(({ resource }) => resource === 'eci'));
}

describe('namespaces whose pods are sent', () => {
  it('are those with a policy that can change a pod, sorted', () => {
    const namespaces = following();
    for (const namespace of ['b', 'a', 'b']) namespaces.seen(SPILLS.in(namespace).parsed());
    namespaces.seen(STAYS.in('c').parsed());
    expect(namespaces.list()).toEqual(['a', 'b']);
  });

  it('go with their last such policy', () => {
    const namespaces = following();
    const [one, two] = [SPILLS.parsed(), aPolicy('two').unit({ resource: 'eci' }).parsed()];
    namespaces.seen(one);
    namespaces.seen(two);
    namespaces.gone(one);
    expect(namespaces.list()).toEqual(['default']);
    namespaces.gone(two);
    expect(namespaces.list()).toEqual([]);
  });

  it('follow a policy that changes', () => {
    const namespaces = following();
    namespaces.seen(aPolicy('p').unit({ resource: 'eci' }).parsed());
    namespaces.seen(aPolicy('p').unit({ resource: 'ecs' }).parsed());
    expect(namespaces.list()).toEqual([]);
    namespaces.seen(aPolicy('p').unit({ resource: 'eci' }).parsed());
    expect(namespaces.list()).toEqual(['default']);
  });

  it.for(['kube-system', 'kube-public', 'kube-node-lease'])('never include %s', (namespace) => {
    const namespaces = following();
    namespaces.seen(SPILLS.in(namespace).parsed());
    expect(namespaces.list()).toEqual([]);
  });
});
