import { InvalidInputError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import { defaultServerLimits } from './access/options.ts';
import { serverConfigOf, serverOptions } from './config.ts';
import { publisherByDefault } from './formats/datex2/publisher.ts';

type Values = Parameters<typeof serverConfigOf>[0];

const defaults = (env: Record<string, string> = {}): Values =>
  Object.fromEntries(
    serverOptions(env, '/home/op').map((option) => [option.path, option.default]),
  ) as unknown as Values;

test('every default passes its own schema, and the defaults serve everything on loopback', () => {
  for (const { path, schema, default: value } of serverOptions({}, '/home/op')) {
    expect(schema.parse(value), path).toEqual(value);
  }
  expect(serverConfigOf(defaults())).toEqual({
    services: ['collector', 'query', 'estimator', 'health', 'http'],
    host: '127.0.0.1',
    ports: { collector: 9000, query: 8000, health: 5000, http: 8080 },
    healthPlaintext: false,
    repository: { type: 'sqlite', file: '/home/op/.local/share/tdc/server/tdc.sqlite' },
    retention: { eventHours: 24, estimateDays: 1100, alertDays: 400 },
    estimator: { estimator: 'grid-filter', rotating: true, rotationSeconds: 900, delaySeconds: 5, reachHours: 16 },
    eventTimes: { ageDaysMax: 31, aheadSecondsMax: 300 },
    timeZone: 'UTC',
    alerts: {
      rules: {
        ...{ silentMinutes: 10, clockMinutes: 10, outboxEvents: 20_000, drops: true, matchRatePercent: 30 },
        ...{ travelTimeSeconds: new Map(), unusual: { percent: 50, seconds: 60 } },
      },
    },
    limits: defaultServerLimits,
    publisher: publisherByDefault,
    logLevel: 'info',
  });
});

test('the database is in the data folder of the environment where one is set', () => {
  expect(serverConfigOf(defaults({ XDG_DATA_HOME: '/data' })).repository).toMatchObject({
    file: '/data/tdc/server/tdc.sqlite',
  });
});

test('an address that others reach needs TLS or the word for doing without', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'collector.example']) {
    expect(() => serverConfigOf({ ...defaults(), host })).toThrow(/--allow-plaintext/);
    expect(serverConfigOf({ ...defaults(), host, allow_plaintext: true }).host).toBe(host);
    const tls = { 'tls.cert': 'c.pem', 'tls.key': 'k.pem', 'tls.client_ca': 'ca.pem' };
    expect(serverConfigOf({ ...defaults(), host, ...tls }).tls).toEqual({
      certFile: 'c.pem',
      keyFile: 'k.pem',
      clientCaFile: 'ca.pem',
    });
  }
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) {
    expect(serverConfigOf({ ...defaults(), host }).host).toBe(host);
  }
});

test('health alone may go without TLS, when that is said', () => {
  const reached = { ...defaults(), host: '0.0.0.0' };
  const services = ['estimator', 'health'] as const;
  expect(() => serverConfigOf({ ...reached, services: [...services] })).toThrow(/--allow-plaintext/);
  expect(serverConfigOf({ ...reached, services: [...services], 'health.plaintext': true }).healthPlaintext).toBe(true);
  expect(() => serverConfigOf({ ...reached, 'health.plaintext': true })).toThrow(/--allow-plaintext/);
});

test('a part of the TLS files alone is refused', () => {
  expect(() => serverConfigOf({ ...defaults(), 'tls.cert': 'c.pem' })).toThrow(InvalidInputError);
  expect(() => serverConfigOf({ ...defaults(), 'tls.cert': 'c.pem', 'tls.key': 'k.pem' })).toThrow(/all three/);
});

test('services come as a list or as words between commas', () => {
  const schema = serverOptions({}, '').find(({ path }) => path === 'services')?.schema;
  expect(schema?.parse('collector, health')).toEqual(['collector', 'health']);
  expect(schema?.parse(['query'])).toEqual(['query']);
  expect(schema?.safeParse('collector,estimates').success).toBe(false);
  expect(schema?.safeParse('').success).toBe(false);
});

test('etcd is configured whole, and without TLS on other machines only by the word for it', () => {
  const etcd = { ...defaults(), repository: 'etcd' as const };
  expect(serverConfigOf(etcd).repository).toEqual({
    type: 'etcd',
    endpoints: ['http://127.0.0.1:2379'],
    prefix: 'tdc',
    historyMinutes: 15,
  });
  const far = { ...etcd, 'etcd.endpoints': ['http://etcd-1:2379', 'http://etcd-2:2379'] };
  expect(() => serverConfigOf(far)).toThrow(/--allow-plaintext/);
  expect(serverConfigOf({ ...far, allow_plaintext: true }).repository.type).toBe('etcd');
  expect(() => serverConfigOf({ ...etcd, 'etcd.endpoints': ['http://[::1]:1', 'https://a:2'] })).toThrow(/mixes/);
  expect(() => serverConfigOf({ ...etcd, 'etcd.username': 'root' })).toThrow(/password_file/);
  expect(() => serverConfigOf({ ...etcd, 'etcd.tls.cert': 'c.pem' })).toThrow(/expected ca/);
});

test('late events change past minutes for as long as all that those depend on is kept', () => {
  const reach = (hours: number) => serverConfigOf({ ...defaults(), 'retention.hours': hours }).estimator.reachHours;
  expect([24, 48, 9, 2, 0, 10_000].map(reach)).toEqual([16, 40, 1, 1, 168, 168]);
});
