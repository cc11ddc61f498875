import { InvalidInputError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import { serverConfigOf, serverOptions } from './config.ts';

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
    services: ['collector', 'query', 'health'],
    host: '127.0.0.1',
    ports: { collector: 9000, query: 8000, health: 5000 },
    sqlite: { file: '/home/op/.local/share/tdc/server/tdc.sqlite' },
    retentionHours: 24,
    eventTimes: { ageDaysMax: 31, aheadSecondsMax: 300 },
    logLevel: 'info',
  });
});

test('the database is in the data folder of the environment where one is set', () => {
  expect(serverConfigOf(defaults({ XDG_DATA_HOME: '/data' })).sqlite.file).toBe('/data/tdc/server/tdc.sqlite');
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
