import { expect, it } from 'vitest';
import { StatusFindings } from '../../src/controllers/status-findings.ts';
import type { Finding } from '../../src/placement/finding.ts';
import type { PolicyBuilder } from '../support/builders.ts';
import { aNode, aPolicy, VIRTUAL_NODES } from '../support/builders.ts';
import { figuresOf } from '../support/figures.ts';

const spark = aPolicy('spark').unit({ resource: 'ecs', nodeSelector: { pool: 'a' }, max: 2 });
const figures = (policy: PolicyBuilder, nodes: number) => figuresOf(policy, { units: [{ nodes }] });

class Scene {
  nodes = [aNode('ecs-0').facts()];
  /** How often all nodes were looked at. */
  looks = 0;
  readonly findings = new StatusFindings({
    nodes: () => {
      this.looks += 1;
      return this.nodes;
    },
    nodeCount: () => this.nodes.length,
    virtualNodes: VIRTUAL_NODES,
  });
}

const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code);

it('lint is told of the nodes of now', () => {
  const scene = new Scene();
  const without = figures(spark, 0);
  expect(codes(scene.findings.of(without))).toEqual(['no-node']);

  scene.nodes.push(aNode('ecs-1').labelled({ pool: 'a' }).facts());

  expect(scene.findings.of({ ...without, units: figures(spark, 1).units })).toEqual([]);
});

it('lint is asked again only when the policy or its nodes changed', () => {
  const scene = new Scene();
  const first = figures(spark, 0);
  const later = { ...first, waiting: 5, conflicting: 1, units: [{ ...first.units[0]!, bound: 2 }] };

  expect(scene.findings.of(first)).toBe(scene.findings.of(later));
  expect(scene.looks).toBe(1);

  const changed = figures(spark.generation(2).unit({ resource: 'ecs', max: 0 }), 0);
  expect(codes(scene.findings.of(changed))).toContain('takes-no-pod');
  expect(scene.looks).toBe(2);

  scene.nodes[0] = aNode('ecs-0').labelled({ pool: 'a' }).facts();
  expect(codes(scene.findings.of({ ...changed, units: figures(spark, 1).units }))).not.toContain('no-node');
  expect(scene.looks).toBe(3);
});
