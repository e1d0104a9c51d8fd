/**
 * 50,000 pods as the page sees them: a policy with 2,000 groups, one with a single group of 8,000 pods, and 300 more policies.
 *
 * @module
 */
import { aNode, aPod, aPolicy, GROUP_LABEL } from '../support/builders.ts';
import { Scene } from './page-server.ts';

export const GROUPS = 2_000;
/** Of each group: 8 on ECS, 10 on ECI, 3 waiting. */
export const PODS_PER_GROUP = 21;
export const SINGLE_PODS = 8_000;
export const POLICIES = 302;

const ROOM = { cpu: '64', memory: '256Gi', pods: '110' };
const REFUSED =
  '0/1002 nodes are available: 1002 ResourcePolicy many: unit 1 ecs is at max 8, unit 2 eci is at max 10 (per job). ' +
  'preemption: 0/1002 nodes are available.';

/** A pod with this name waits in group job-0. */
export const HOSTILE_NAME = '<img src=x onerror="document.title=\'taken\'">';

export function largeScene(): Scene {
  const scene = new Scene().policy(
    aPolicy('many').perGroup().unit({ resource: 'ecs', max: 8 }).unit({ resource: 'eci', max: 10 }),
    aPolicy('single').in('one').selecting({ app: 'single' }).unit({ resource: 'ecs', max: 9_000 }),
  );
  for (let index = 2; index < POLICIES; index += 1)
    scene.policy(aPolicy(`team-${index}`).in(`team-${index}`).unit({ resource: 'ecs', max: 10 }).unit({}));
  for (let index = 0; index < 1_000; index += 1) scene.node(aNode(`ecs-${index}`).allocating(ROOM));
  scene.node(aNode('eci-0').virtual().allocating({ cpu: '1M', memory: '1Pi', pods: '1M' }));
  for (let group = 0; group < GROUPS; group += 1) {
    for (let index = 0; index < PODS_PER_GROUP; index += 1) {
      const pod = aPod(`job-${group}-exec-${index}`).labels({ app: 'spark', [GROUP_LABEL]: `job-${group}` });
      if (index < 8) scene.pod(pod.on(`ecs-${(group * 8 + index) % 1_000}`));
      else if (index < 18) scene.pod(pod.on('eci-0'));
      else scene.pod(pod.unschedulable(REFUSED));
    }
  }
  for (let index = 0; index < SINGLE_PODS; index += 1)
    scene.pod(
      aPod(`single-${index}`)
        .in('one')
        .labels({ app: 'single' })
        .on(`ecs-${index % 1_000}`),
    );
  scene.pod(
    aPod(HOSTILE_NAME)
      .labels({ app: 'spark', [GROUP_LABEL]: 'job-0' })
      .unschedulable(REFUSED),
  );
  return scene;
}
