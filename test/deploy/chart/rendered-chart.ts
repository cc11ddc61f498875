import { join } from 'node:path';
import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IIngress, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IService, IServiceAccount } from 'kubernetes-models/v1';

export const chartDirectory = join(import.meta.dirname, '../../../deploy/helm/tdc');

/** Every kind of object that the chart may make. */
export interface Kinds {
  readonly Certificate: ICertificate;
  readonly Deployment: IDeployment;
  readonly HorizontalPodAutoscaler: IHorizontalPodAutoscaler;
  readonly Ingress: IIngress;
  readonly NetworkPolicy: INetworkPolicy;
  readonly PodDisruptionBudget: IPodDisruptionBudget;
  readonly Service: IService;
  readonly ServiceAccount: IServiceAccount;
}

export type ChartObject = Kinds[keyof Kinds];
type Deployment = Kinds['Deployment'];

export interface RenderedChart {
  /** Those of the chart with the given ones merged in. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly objects: readonly ChartObject[];
  /** What the user is told after an installation. */
  readonly notes: string;
}

export const nameOf = (object: ChartObject): string => object.metadata?.name ?? '';

export function ofKind<Kind extends keyof Kinds>(chart: RenderedChart, kind: Kind): Kinds[Kind][] {
  return chart.objects.filter((object) => object.kind === kind) as Kinds[Kind][];
}

export function podOf(deployment: Deployment) {
  const pod = deployment.spec?.template.spec;
  if (pod === undefined) throw new Error(`${nameOf(deployment)} has no pods`);
  return pod;
}

export function containerOf(deployment: Deployment) {
  const [container, ...others] = podOf(deployment).containers;
  if (container === undefined || others.length > 0) throw new Error(`${nameOf(deployment)}: expected one container`);
  return container;
}

export const environmentOf = (deployment: Deployment): Record<string, string> =>
  Object.fromEntries((containerOf(deployment).env ?? []).map(({ name, value }) => [name, value ?? '']));

/** Numbers of the container's ports by their names. */
export const portsOf = (deployment: Deployment): ReadonlyMap<string | undefined, number> =>
  new Map((containerOf(deployment).ports ?? []).map(({ name, containerPort }) => [name, containerPort]));

/** The Deployments whose pods have all of the labels. */
export function selectedBy(chart: RenderedChart, labels: Readonly<Record<string, string>> | undefined): Deployment[] {
  return ofKind(chart, 'Deployment').filter((deployment) => {
    const own = deployment.spec?.template.metadata?.labels ?? {};
    return Object.entries(labels ?? {}).every(([label, value]) => own[label] === value);
  });
}
