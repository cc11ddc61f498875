import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChartObject } from './rendered-chart.ts';

interface Schema {
  readonly apiVersion: string;
  /** Has a class of the kind's name, which checks values, and an interface, which knows the fields. */
  readonly module: string;
}

const schemas: ReadonlyMap<string, Schema> = new Map([
  ['Certificate', { apiVersion: 'cert-manager.io/v1', module: '@kubernetes-models/cert-manager/cert-manager.io/v1' }],
  ['Deployment', { apiVersion: 'apps/v1', module: 'kubernetes-models/apps/v1' }],
  ['HorizontalPodAutoscaler', { apiVersion: 'autoscaling/v2', module: 'kubernetes-models/autoscaling/v2' }],
  ['Ingress', { apiVersion: 'networking.k8s.io/v1', module: 'kubernetes-models/networking.k8s.io/v1' }],
  ['NetworkPolicy', { apiVersion: 'networking.k8s.io/v1', module: 'kubernetes-models/networking.k8s.io/v1' }],
  ['PodDisruptionBudget', { apiVersion: 'policy/v1', module: 'kubernetes-models/policy/v1' }],
  ['Service', { apiVersion: 'v1', module: 'kubernetes-models/v1' }],
  ['ServiceAccount', { apiVersion: 'v1', module: 'kubernetes-models/v1' }],
]);

/** What the schemas of Kubernetes and cert-manager have against the objects: wrong and missing values, and unknown fields. */
export async function schemaProblems(objects: readonly ChartObject[]): Promise<string[]> {
  const unknown = objects.filter(({ kind, apiVersion }) => schemas.get(kind ?? '')?.apiVersion !== apiVersion);
  if (unknown.length > 0) return unknown.map(({ kind, apiVersion }) => `${apiVersion} ${kind} has no schema here`);
  const wrong = await Promise.all(objects.map(valueProblem));
  return [...wrong.flat(), ...fieldProblems(objects)];
}

async function valueProblem(object: ChartObject): Promise<string[]> {
  const models = await import(schemas.get(object.kind)?.module ?? '');
  try {
    new models[object.kind](object).validate();
    return [];
  } catch (error) {
    return [`${object.kind} ${object.metadata?.name}: ${error instanceof Error ? error.message : error}`];
  }
}

/** The schemas let unknown fields pass; the types made from the same definitions do not. */
function fieldProblems(objects: readonly ChartObject[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'tdc-chart-types-'));
  try {
    symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(directory, 'objects.ts'), objects.map(declaration).join('\n'));
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2024', '--module', 'nodenext'];
    const { status, stdout, error } = spawnSync(
      join(directory, 'node_modules/.bin/tsc'),
      [...flags, '--types', '', 'objects.ts'],
      { cwd: directory, encoding: 'utf8' },
    );
    if (error !== undefined) throw error;
    return status === 0 ? [] : stdout.split('\n').filter((line) => line.includes('error'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const declaration = (object: ChartObject, index: number): string =>
  `import type { I${object.kind} as Kind${index} } from '${schemas.get(object.kind)?.module}';
export const object${index}: Kind${index} = ${JSON.stringify(object)};`;
