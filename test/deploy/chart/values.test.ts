import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from '../../src/harness/program.ts';
import { ChartRenderer } from './chart-renderer.ts';
import { environmentOf, nameOf, ofKind } from './rendered-chart.ts';
import { placesRefused } from './values-schema.ts';

const root = join(import.meta.dirname, '../../..');
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

let renderer: ChartRenderer;
beforeAll(() => {
  renderer = new ChartRenderer();
});
afterAll(() => renderer[Symbol.dispose]());

describe('the values of the chart', () => {
  test('are refused for each one that must be given', () => {
    const refused = placesRefused(parse(textOf('deploy/helm/tdc/values.yaml')));
    const expected = ['/image/repository', '/etcd/endpoints', '/tls/issuerRef/name', '/tls/clientCa'];
    expect(refused).toEqual(expect.arrayContaining(expected));
  });

  test('that the README gives are enough', () => {
    const example = textOf('deploy/helm/tdc/README.md').match(/```yaml\n(.*?)```/s)?.[1] ?? '';
    const chart = renderer.renderText(example);
    expect(placesRefused(chart.values)).toEqual([]);
    expect(ofKind(chart, 'Deployment').map(nameOf)).toEqual([
      'tdc-collector',
      'tdc-estimator',
      'tdc-http',
      'tdc-query',
    ]);
  });

  test.each([
    ['an unknown value', { replicas: 2 }, ''],
    ['an unknown value deep inside', { etcd: { user: { password: 'x' } } }, '/etcd/user'],
    ['an image without a name', { image: { repository: '' } }, '/image/repository'],
    ['an image with its tag in the name', { image: { repository: 'TDC:1@x' } }, '/image/repository'],
    ['no endpoint', { etcd: { endpoints: [] } }, '/etcd/endpoints'],
    ['an endpoint without a port', { etcd: { endpoints: ['https://etcd'] } }, '/etcd/endpoints/0'],
    ['plain text to etcd that is not allowed', { etcd: { endpoints: ['http://etcd:2379'] } }, '/etcd/endpoints/0'],
    ['endpoints of two kinds', endpointsOfTwoKinds(), '/etcd/endpoints/1'],
    ['a user of etcd without a password', { etcd: { user: { name: 'tdc' } } }, '/etcd/user/passwordSecretName'],
    ['a certificate for etcd from nowhere', { etcd: { tls: { clientCertificate: true } } }, '/etcd/tls/secretName'],
    ['servers without TLS that is not allowed', { tls: { enabled: false } }, '/tls/enabled'],
    ['no issuer', { tls: { issuerRef: { name: '' } } }, '/tls/issuerRef/name'],
    ['no authority of the clients', { tls: { clientCa: { secretName: '' } } }, '/tls/clientCa'],
    ['two authorities of the clients', { tls: { clientCa: { configMapName: 'too' } } }, '/tls/clientCa'],
    ['a port out of range', { services: { query: { port: 70_000 } } }, '/services/query/port'],
    ['a port of a service that has none', { services: { estimator: { port: 1 } } }, '/services/estimator'],
    ['a service that does not exist', { services: { console: { enabled: true } } }, '/services'],
    [
      'an open Service that lets nobody in',
      { services: { collector: { service: { type: 'LoadBalancer' } } } },
      '/services/collector/allowFrom',
    ],
    ['a number of pods below none', { services: { query: { replicas: -1 } } }, '/services/query/replicas'],
    ['too little time to stop', { terminationGracePeriodSeconds: 10 }, '/terminationGracePeriodSeconds'],
    ['an ingress without a host', { ingress: { enabled: true } }, '/ingress/host'],
    ['a route to a service without a port', { ingress: { services: ['estimator'] } }, '/ingress/services/0'],
    ['no DNS', { networkPolicy: { dns: [] } }, '/networkPolicy/dns'],
    ['a budget of nothing', { disruptionBudget: { maxUnavailable: 0 } }, '/disruptionBudget/maxUnavailable'],
    ['an option that the chart sets', { options: { 'etcd.password_file': '/x' } }, '/options'],
    ['a label by which pods are found', { podLabels: { 'app.kubernetes.io/name': 'x' } }, '/podLabels'],
  ])('are refused with %s', (_what, values, place) => {
    expect(placesRefused(withMinimal(values)).some((refused) => refused.startsWith(place))).toBe(true);
  });

  test.each([
    [
      'a budget that could take all pods',
      { disruptionBudget: { maxUnavailable: 2 } },
      /maxUnavailable 2: expected less than the 2 pods of services.collector/,
    ],
    [
      'an autoscaler with its limits the wrong way round',
      { services: { query: { autoscaling: { enabled: true, minReplicas: 7 } } } },
      /services.query.autoscaling/,
    ],
    [
      'a route to a service that is not deployed',
      { ...ingress(), services: { query: { enabled: false } } },
      /query is not/,
    ],
    [
      'servers that ask nobody who they are, behind an ingress that does not either',
      { ...ingress({ clientCaSecretName: '' }), allowPlaintext: true, tls: { enabled: false } },
      /ingress.clientCaSecretName/,
    ],
    ['an ingress that the servers do not know', ingress({ proxyCertificateSecretName: '' }), /proxyCertificate/],
  ])('are refused by the templates with %s', (_what, values, message) => {
    expect(() => renderer.renderOverMinimal(values)).toThrow(message);
  });

  test('let operators with tokens through an ingress that checks no certificates', () => {
    const chart = renderer.renderOverMinimal(ingress({ clientCaSecretName: '' }));
    const [annotations] = ofKind(chart, 'Ingress').map(({ metadata }) => Object.keys(metadata?.annotations ?? {}));
    expect(annotations?.filter((name) => name.includes('auth-tls'))).toEqual([]);
  });

  test('may set each option of the server that the chart does not set, and no other', async () => {
    const chart = renderer.renderNamed('everything');
    const check = await runProgram('tdc-server', ['config', 'check', '--output', 'json'], {
      directory: renderer.directory,
    });
    const options: { option: string; value: unknown }[] = JSON.parse(check.stdout);
    const given = new Set(Object.keys((chart.values.options ?? {}) as object));
    const environment = new Set(
      ofKind(chart, 'Deployment').flatMap((deployment) => Object.keys(environmentOf(deployment))),
    );
    for (const { option } of options) {
      const variable = `TDC_${option.toUpperCase().replaceAll('.', '_')}`;
      const isSet = environment.has(variable) && !given.has(option);
      const mayBeGiven = placesRefused({ ...chart.values, options: { [option]: 1 } }).length === 0;
      // The file of SQLite is of no use here.
      expect(mayBeGiven, option).toBe(!isSet && option !== 'sqlite.file');
    }
  });
});

function endpointsOfTwoKinds() {
  return { allowPlaintext: true, etcd: { endpoints: ['https://a:1', 'http://b:1'] } };
}

/** Values of an ingress as it should be, and what is given over them. */
function ingress(values: object = {}) {
  const names = { clientCaSecretName: 'boxes', proxyCertificateSecretName: 'proxy' };
  return { ingress: { enabled: true, host: 'tdc.example.org', ...names, ...values } };
}

/** What Helm would check: values over the least that must be given. A template could do nothing with most that is refused. */
function withMinimal(values: unknown): unknown {
  const minimal = parse(textOf('test/deploy/chart/values/minimal.yaml'));
  return [minimal, values].reduce(merged, parse(textOf('deploy/helm/tdc/values.yaml')));
}

function merged(into: unknown, from: unknown): unknown {
  if (!isMap(into) || !isMap(from)) return from;
  const keys = [...new Set([...Object.keys(into), ...Object.keys(from)])];
  return Object.fromEntries(keys.map((key) => [key, key in from ? merged(into[key], from[key]) : into[key]]));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
