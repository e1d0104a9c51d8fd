/**
 * The files of examples/, read as the programs read them that they are written for.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Deployment, V1NodeList } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { NodeSpec } from '../control-plane/nodes.ts';
import type { SparkApplication } from '../support/spark.ts';

/** The path of a file of examples/. */
export function example(file: string): string {
  return join(import.meta.dirname, '../../examples', file);
}

export function readApplication(file: string): SparkApplication {
  return readObject(file) as SparkApplication;
}

/** A pod such as a Deployment of the examples makes. */
export function readPod(file: string): object {
  const { template } = (readObject(file) as V1Deployment).spec!;
  const metadata = { name: 'any', labels: template.metadata!.labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec };
}

function readObject(file: string): unknown {
  return parse(readFileSync(example(file), 'utf8'));
}

/** A list of Nodes, for kwok to play. */
export function readNodes(file: string): readonly NodeSpec[] {
  return (readObject(file) as V1NodeList).items.map(({ metadata, spec, status }) => ({
    name: metadata!.name!,
    ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
    ...(spec?.taints === undefined ? {} : { taints: spec.taints }),
    allocatable: status!.allocatable!,
  }));
}

/** What spark-submit makes of its properties and a template for executors, as a SparkApplication would say it. */
export function readProperties(file: string, templateFile: string): SparkApplication {
  const lines = readFileSync(example(file), 'utf8').split('\n');
  const conf = Object.fromEntries(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, string] => [line.split(/\s+/)[0]!, line.split(/\s+/)[1]!]),
  );
  const template = readObject(templateFile) as { spec: { tolerations: Readonly<Record<string, string>>[] } };
  const role = (name: 'driver' | 'executor') => ({
    cores: Number(conf[`spark.${name}.cores`]),
    memory: conf[`spark.${name}.memory`]!,
    labels: { team: conf[`spark.kubernetes.${name}.label.team`]! },
  });
  return {
    metadata: { name: 'wordcount', namespace: conf['spark.kubernetes.namespace']! },
    spec: {
      image: conf['spark.kubernetes.container.image']!,
      sparkVersion: '3.5.2',
      driver: {
        ...role('driver'),
        serviceAccount: conf['spark.kubernetes.authenticate.driver.serviceAccountName']!,
      },
      executor: {
        ...role('executor'),
        instances: Number(conf['spark.executor.instances']),
        tolerations: template.spec.tolerations,
      },
    },
  };
}
