import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from '../../src/harness/program.ts';
import { ChartRenderer } from './chart-renderer.ts';
import { schemaProblems } from './kubernetes-schemas.ts';
import {
  type ChartObject,
  containerOf,
  environmentOf,
  nameOf,
  ofKind,
  podOf,
  portsOf,
  type RenderedChart,
  selectedBy,
} from './rendered-chart.ts';
import { placesRefused } from './values-schema.ts';

const root = join(import.meta.dirname, '../../..');
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

let renderer: ChartRenderer;
beforeAll(() => {
  renderer = new ChartRenderer();
});
afterAll(() => renderer[Symbol.dispose]());

const cases = ['minimal', 'everything', 'plaintext'] as const;

describe.each(cases)('the chart with %s values', (name) => {
  let chart: RenderedChart;
  beforeAll(() => {
    chart = renderer.renderNamed(name);
  });

  test('takes the values', () => {
    expect(placesRefused(chart.values)).toEqual([]);
  });

  test('makes objects that fit the schemas of Kubernetes and cert-manager, each under a name of its own', async () => {
    expect(await schemaProblems(chart.objects)).toEqual([]);
    const names = chart.objects.map((object) => `${object.kind} ${nameOf(object)}`);
    expect(new Set(names).size).toBe(names.length);
    expect(chart.notes).not.toMatch(/<no value>|%!/);
  });

  test('selects with each Service, budget, policy and spread the pods of its own Deployment and no others', () => {
    for (const deployment of ofKind(chart, 'Deployment')) {
      const selectors = [
        deployment.spec?.selector.matchLabels,
        ...(podOf(deployment).topologySpreadConstraints ?? []).map(({ labelSelector }) => labelSelector?.matchLabels),
      ];
      for (const labels of selectors) expect(selectedBy(chart, labels)).toEqual([deployment]);
    }
    const selecting = [
      ...ofKind(chart, 'Service').map((object) => [object, object.spec?.selector] as const),
      ...ofKind(chart, 'PodDisruptionBudget').map((object) => [object, object.spec?.selector?.matchLabels] as const),
      ...ofKind(chart, 'NetworkPolicy').map((object) => [object, object.spec?.podSelector?.matchLabels] as const),
    ];
    expect(selecting).not.toEqual([]);
    for (const [object, labels] of selecting) {
      expect(selectedBy(chart, labels).map(nameOf), `${object.kind} ${nameOf(object)}`).toEqual([nameOf(object)]);
    }
  });

  test('names only ports that the containers have', () => {
    for (const service of ofKind(chart, 'Service')) {
      const [deployment] = selectedBy(chart, service.spec?.selector);
      for (const { port, targetPort } of service.spec?.ports ?? []) {
        expect(deployment && portsOf(deployment).get(String(targetPort))).toBe(port);
      }
    }
    for (const policy of ofKind(chart, 'NetworkPolicy')) {
      const [deployment] = selectedBy(chart, policy.spec?.podSelector?.matchLabels);
      const names = (policy.spec?.ingress ?? []).flatMap(({ ports }) => (ports ?? []).map(({ port }) => port));
      const called = [...(deployment ? portsOf(deployment).keys() : [])].filter((port) => port !== 'health');
      expect(names).toEqual(called);
    }
  });

  test('asks the health port for readiness, and for life in a way that etcd cannot fail', () => {
    for (const deployment of ofKind(chart, 'Deployment')) {
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(deployment);
      const port = portsOf(deployment).get('health');
      expect(startupProbe?.grpc).toEqual({ port, service: 'live' });
      expect(livenessProbe?.grpc).toEqual({ port, service: 'live' });
      expect(readinessProbe?.grpc).toEqual({ port });
      expect(environmentOf(deployment)).toMatchObject({
        TDC_HEALTH_PORT: String(port),
        TDC_HEALTH_PLAINTEXT: 'true',
        TDC_SERVICES: expect.stringMatching(/^\w+,health$/),
      });
    }
  });

  test('mounts each file that the environment names, read-only, from a Secret or ConfigMap that the values name', () => {
    const given = JSON.stringify(chart.values);
    const made = ofKind(chart, 'Certificate').map(({ spec }) => spec?.secretName);
    for (const deployment of ofKind(chart, 'Deployment')) {
      const { volumeMounts = [], name: containerName } = containerOf(deployment);
      const { volumes = [] } = podOf(deployment);
      expect(volumeMounts.map((mount) => mount.name).toSorted(), containerName).toEqual(
        volumes.map((volume) => volume.name).toSorted(),
      );
      const files = volumes.flatMap(({ name: volumeName, secret, configMap }) => {
        const source = secret?.secretName ?? configMap?.name;
        if (source === undefined) return [];
        const isOwn = source.startsWith(`${nameOf(deployment)}-`);
        expect(isOwn ? made.includes(source) : given.includes(JSON.stringify(source)), source).toBe(true);
        const mount = volumeMounts.find((each) => each.name === volumeName);
        expect(mount?.readOnly).toBe(true);
        if (secret !== undefined) expect(secret.defaultMode).toBe(0o440);
        return (secret?.items ?? configMap?.items ?? []).map(({ path }) => `${mount?.mountPath}/${path}`);
      });
      const named = Object.values(environmentOf(deployment)).filter((value) => value.startsWith('/'));
      expect([...new Set(named)].toSorted()).toEqual(files.toSorted());
    }
  });

  test('gives each server an environment that it knows to the last variable and accepts', async () => {
    for (const deployment of ofKind(chart, 'Deployment')) {
      const env = withSecretFiles(environmentOf(deployment));
      const check = await runProgram('tdc-server', ['config', 'check', '--output', 'json'], {
        directory: renderer.directory,
        env,
      });
      expect(check.code, check.describe()).toBe(0);
      const options: { value: unknown; source: string }[] = JSON.parse(check.stdout);
      const used = options.map(({ source }) => source).filter((source) => source.startsWith('TDC_'));
      expect(used.toSorted()).toEqual(Object.keys(env).toSorted());
      const [service = ''] = (env.TDC_SERVICES ?? '').split(',');
      expect(
        portsOf(deployment)
          .get(service === 'http' ? 'http' : 'grpc')
          ?.toString(),
      ).toBe(env[`TDC_${service.toUpperCase()}_PORT`]);
    }
  });

  test('has no secret in any object', () => {
    expect(chart.objects.map(({ kind }) => kind as string)).not.toContain('Secret');
    for (const deployment of ofKind(chart, 'Deployment')) {
      for (const [variable, value] of Object.entries(environmentOf(deployment))) {
        if (/PASSWORD|KEY|TOKEN|SECRET/.test(variable)) expect(value, variable).toMatch(/^\/etc\/tdc\//);
      }
    }
    expect(JSON.stringify(chart.objects)).not.toMatch(/-----BEGIN|:\/\/[^/"]*@/);
  });

  test('runs without any privilege, and without the variables of Services, which look like options', () => {
    for (const deployment of ofKind(chart, 'Deployment')) {
      expect(podOf(deployment)).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        serviceAccountName: ofKind(chart, 'ServiceAccount').map(nameOf)[0],
        securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(containerOf(deployment).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('leaves a server more time to stop than it takes', () => {
    const graceMs = Number(
      textOf('server/src/server.ts')
        .match(/shutdownGraceMs = ([\d_]+)/)?.[1]
        ?.replace('_', ''),
    );
    for (const deployment of ofKind(chart, 'Deployment')) {
      const command = containerOf(deployment).lifecycle?.preStop?.exec?.command ?? [];
      expect(command[0]).toBe('/usr/bin/sleep');
      const seconds = podOf(deployment).terminationGracePeriodSeconds ?? 0;
      expect(seconds).toBeGreaterThan(graceMs / 1000 + Number(command[1]) + 5);
    }
  });

  test('lets a drain take a pod, and never the last one', () => {
    const scaled = new Map(ofKind(chart, 'HorizontalPodAutoscaler').map((each) => [nameOf(each), each.spec]));
    const budgets = new Map(ofKind(chart, 'PodDisruptionBudget').map((each) => [nameOf(each), each.spec]));
    for (const deployment of ofKind(chart, 'Deployment')) {
      const replicas = scaled.get(nameOf(deployment))?.minReplicas ?? deployment.spec?.replicas ?? 0;
      const budget = budgets.get(nameOf(deployment));
      expect(budget !== undefined, nameOf(deployment)).toBe(replicas > 1);
      if (budget === undefined) continue;
      expect(budget.maxUnavailable).toBeGreaterThan(0);
      expect(budget.maxUnavailable).toBeLessThan(replicas);
    }
  });

  test('scales Deployments that are there, that leave their number of pods to it and ask for CPU', () => {
    for (const { spec } of ofKind(chart, 'HorizontalPodAutoscaler')) {
      const target = ofKind(chart, 'Deployment').find((each) => nameOf(each) === spec?.scaleTargetRef.name);
      expect(target?.spec).not.toHaveProperty('replicas');
      expect(target && containerOf(target).resources?.requests).toHaveProperty('cpu');
      expect(spec?.maxReplicas).toBeGreaterThanOrEqual(spec?.minReplicas ?? 0);
    }
  });

  test('routes gRPC by the names that the contract gives the services, and HTTP for the rest, to Services that are there', () => {
    const contract = ['collector', 'access', 'query'].map((file) => {
      const text = textOf(`proto/tdc/v1/${file}.proto`);
      return `/${text.match(/^package (.*);$/m)?.[1]}.${text.match(/^service (\w+)/m)?.[1]}/`;
    });
    const components = ['collector', 'collector', 'query', 'http'];
    const routed = ofKind(chart, 'Ingress').flatMap(({ spec }) => spec?.rules?.[0]?.http?.paths ?? []);
    if (routed.length > 0) expect(routed.map(({ path }) => path)).toEqual([...contract, '/']);
    for (const { metadata, spec } of ofKind(chart, 'Ingress')) {
      const [rule, ...others] = spec?.rules ?? [];
      expect(others).toEqual([]);
      const protocol = metadata?.annotations?.['nginx.ingress.kubernetes.io/backend-protocol'];
      const [port] = (rule?.http?.paths ?? []).map(({ backend }) => backend.service?.port?.name);
      expect(protocol).toBe(`${port?.toUpperCase()}${name === 'plaintext' ? '' : 'S'}`);
      expect(spec?.tls?.[0]?.hosts).toEqual([rule?.host]);
      for (const { path, backend } of rule?.http?.paths ?? []) {
        const service = ofKind(chart, 'Service').find((each) => nameOf(each) === backend.service?.name);
        expect(service?.spec?.ports?.map((port) => port.name)).toContain(backend.service?.port?.name);
        const component = components[[...contract, '/'].indexOf(path ?? '')];
        expect(service?.spec?.selector?.['app.kubernetes.io/component']).toBe(component);
      }
    }
  });

  test('has certificates made for each name under which a server is called', () => {
    const hosts = ofKind(chart, 'Ingress').flatMap(({ spec }) => (spec?.rules ?? []).map(({ host }) => host));
    const certificates = new Map(ofKind(chart, 'Certificate').map((each) => [nameOf(each), each.spec]));
    for (const deployment of ofKind(chart, 'Deployment')) {
      const isServing = environmentOf(deployment).TDC_TLS_CERT !== undefined;
      expect(certificates.has(nameOf(deployment))).toBe(isServing);
      if (!isServing) continue;
      const local = `${nameOf(deployment)}.roads.svc`;
      expect(certificates.get(nameOf(deployment))?.dnsNames).toEqual(expect.arrayContaining([local, ...hosts]));
    }
  });

  test('lets pods reach etcd on the ports of its endpoints, DNS and who takes traces, estimators what they tell of alerts, and nothing else', () => {
    for (const { spec } of ofKind(chart, 'NetworkPolicy')) {
      const [deployment] = selectedBy(chart, spec?.podSelector?.matchLabels);
      const endpoints = (deployment ? (environmentOf(deployment).TDC_ETCD_ENDPOINTS ?? '') : '').split(',');
      const ports = (spec?.egress ?? []).map((rule) => (rule.ports ?? []).map(({ port }) => port));
      const isEstimator = deployment !== undefined && nameOf(deployment).endsWith('-estimator');
      const alerts = isEstimator && name === 'everything' ? [[587, 443]] : [];
      const traces = name === 'everything' ? [[4318]] : [];
      const etcd = [...new Set(endpoints.map((each) => Number(each.split(':').at(-1))))];
      expect(ports).toEqual([[53, 53], etcd, ...traces, ...alerts]);
      expect(spec?.policyTypes).toEqual(['Ingress', 'Egress']);
      expect(spec?.egress?.[0]?.to).not.toEqual([]);
    }
  });
});

/** The server looks into the files of alerts and traces: they are such as a Secret holds. */
function withSecretFiles(env: Record<string, string>): Record<string, string> {
  const folder = join(renderer.directory, 'secrets');
  const files = {
    ...{ password: 'a password', authority: 'an authority', webhook: `whsec_${'A'.repeat(32)}` },
    headers: 'Authorization: Bearer abc\n',
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return Object.fromEntries(
    Object.entries(env).map(([variable, value]) => [variable, value.replace(/^\/etc\/tdc\/(alerts|tracing)/, folder)]),
  );
}

describe('the schema checks', () => {
  test('find a wrong value, a field that does not exist and a kind that is not known', async () => {
    const [service] = ofKind(renderer.renderOverMinimal({}), 'Service');
    const wrong = { ...service, spec: { ...service?.spec, ports: [{ port: 'ninety' }] } } as unknown as ChartObject;
    expect(await schemaProblems([wrong])).toContainEqual(expect.stringContaining('/port must be integer'));
    const misspelt = { ...service, spec: { ...service?.spec, selektor: {} } } as unknown as ChartObject;
    expect(await schemaProblems([misspelt])).toEqual([expect.stringContaining('selektor')]);
    expect(await schemaProblems([{ ...service, apiVersion: 'v2' } as unknown as ChartObject])).toEqual([
      'v2 Service has no schema here',
    ]);
  });
});

describe('the chart', () => {
  test('has the version of the programs', () => {
    const { version, appVersion } = parse(textOf('deploy/helm/tdc/Chart.yaml'));
    const { version: programs } = JSON.parse(textOf('package.json'));
    expect([version, appVersion]).toEqual([programs, programs]);
  });

  test('names its objects after the release, which may have tdc in its name', () => {
    const names = (release: string) => renderer.renderNamed('minimal', release).objects.map((object) => nameOf(object));
    expect(names('tdc-north')).toContain('tdc-north-collector');
    expect(names('north')).toContain('north-tdc-collector');
    for (const name of names(`north-${'x'.repeat(47)}`)) expect(name).toMatch(/^north-x[a-z-]{1,55}$/);
  });

  test('lets only the ingress controller, the release and who is named call a server', () => {
    const peers = (values: unknown) =>
      ofKind(renderer.renderOverMinimal(values), 'NetworkPolicy').map((policy) =>
        policy.spec?.ingress?.flatMap(({ from }) => from),
      );
    const own = {
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'tdc', 'app.kubernetes.io/instance': 'tdc' } },
    };
    expect(peers({})).toEqual([[own], [], [own], [own]]);
    const box = { ipBlock: { cidr: '198.51.100.7/32' } };
    const controller = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } };
    const names = { host: 'tdc.example.org', clientCaSecretName: 'boxes', proxyCertificateSecretName: 'proxy' };
    const values = {
      ingress: { enabled: true, services: ['query'], ...names },
      services: { collector: { allowFrom: [box] } },
    };
    expect(peers(values)).toEqual([[own, box], [], [own], [own, controller]]);
  });
});
