import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { completeSchedulerConfig } from './scheduler-config.ts';

const filledIn = {
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
  clientConnection: { qps: 20_000, burst: 20_000, kubeconfig: '/c/kubeconfig.yaml' },
  leaderElection: { leaderElect: false },
};

test.each([
  ['an empty object', {}, filledIn],
  [
    'what it does not know',
    { profiles: [{ schedulerName: 's' }] },
    { ...filledIn, profiles: [{ schedulerName: 's' }] },
  ],
  [
    'YAML text',
    'kind: KubeSchedulerConfiguration\nextenders: [{urlPrefix: "http://127.0.0.1:1"}]\nclientConnection:\n',
    { ...filledIn, extenders: [{ urlPrefix: 'http://127.0.0.1:1' }] },
  ],
  [
    'limits and leader election that are given',
    {
      clientConnection: { qps: 50, kubeconfig: '/elsewhere' },
      leaderElection: { leaderElect: true, resourceName: 'r' },
    },
    {
      ...filledIn,
      clientConnection: { qps: 50, burst: 20_000, kubeconfig: '/c/kubeconfig.yaml' },
      leaderElection: { leaderElect: true, resourceName: 'r' },
    },
  ],
])('%s', (_case, given, want) => {
  expect(parse(completeSchedulerConfig(given, '/c/kubeconfig.yaml'))).toEqual(want);
});

test('text that is no object', () => {
  expect(() => completeSchedulerConfig('- a list', '/c/kubeconfig.yaml')).toThrow('not an object');
});
