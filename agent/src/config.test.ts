import { InvalidInputError } from '@tdc/shared/errors.ts';
import { describe, expect, test } from 'vitest';
import { agentConfigOf, effectiveValues, placeOf, stateDirOf, stateHomeOf } from './config.ts';
import { agentOptions } from './config-options.ts';

const options = agentOptions();
type Values = Parameters<typeof agentConfigOf>[0];
const defaults = Object.fromEntries(options.map(({ path, default: value }) => [path, value])) as unknown as Values;
const configOf = (given: Partial<Values> = {}) => agentConfigOf({ ...defaults, ...given }, '/state/tdc');
const schemaOf = (path: string) => {
  const found = options.find((option) => option.path === path);
  if (found === undefined) throw new Error(`no option ${path}`);
  return found.schema;
};

test('every default is one that its option would accept', () => {
  for (const { path, schema, default: value } of options) {
    expect(schema.safeParse(value), path).toMatchObject({ success: true, data: value });
  }
});

test('units are converted once, from those of the options to milliseconds', () => {
  expect(configOf()).toMatchObject({
    collectorAddress: '127.0.0.1:9000',
    outbox: { bytesMax: 268_435_456, flushRows: 200, flushMs: 1000 },
    passage: { gapMs: 30_000, passageMsMax: 900_000, rssiWindowDb: 5 },
    tagBits: 32,
    keyOverlapMs: 3_600_000,
    statusIntervalMs: 30_000,
    uplinkBackoff: { baseMs: 1000, maxMs: 300_000 },
    scanners: [],
  });
});

describe('an option', () => {
  test.each([
    ['detector.id', 'D 1'],
    ['detector.id', ''],
    ['collector.address', 'localhost'],
    ['collector.address', ':9000'],
    ['outbox.bytes_max', 'lots'],
    ['outbox.bytes_max', '1000'],
    ['outbox.flush_rows', '0'],
    ['tag.bits', '30'],
    ['tag.bits', '132'],
    ['clock.trust', 'perhaps'],
    ['scanners', 'simulated,radar'],
    ['log.level', 'loud'],
    ['simulation.vehicles_per_hour', '-1'],
    ['wifi.interface', '--help'],
    ['wifi.interface', 'wlan1; reboot'],
    ['wifi.access_points_interface', 'a-name-of-16-signs'],
    ['wifi.channels', ''],
    ['wifi.channels', '1,15'],
    ['wifi.channels', '37'],
    ['wifi.dwell_ms', '99'],
    ['wifi.scan_seconds', '4'],
  ])('%s does not take %j', (path, text) => {
    expect(schemaOf(path).safeParse(text).success).toBe(false);
  });

  test.each([
    ['detector.id', 'A-7_b', 'A-7_b'],
    ['collector.address', '[::1]:9000', '[::1]:9000'],
    ['outbox.bytes_max', '1048576', 1_048_576],
    ['tag.bits', '128', 128],
    ['clock.trust', 'true', true],
    ['scanners', 'simulated', ['simulated']],
    ['scanners', 'none', []],
    ['scanners', ['simulated'], ['simulated']],
    ['scanners', 'wifi-monitor,wifi-access-points', ['wifi-monitor', 'wifi-access-points']],
    ['wifi.interface', 'wlx00c0caabcdef', 'wlx00c0caabcdef'],
    ['wifi.channels', '1, 14,36,165', [1, 14, 36, 165]],
    ['wifi.channels', [6], [6]],
  ])('%s takes %j', (path, text, value) => {
    expect(schemaOf(path).parse(text)).toEqual(value);
  });
});

describe('a collector on another machine', () => {
  test('needs the authority of its certificate, or the word that it needs none', () => {
    const elsewhere = { 'collector.address': 'collector.example:9000' };
    expect(() => configOf(elsewhere)).toThrow(InvalidInputError);
    expect(() => configOf(elsewhere)).toThrow(/give tls.ca, or --allow-plaintext/);
    expect(configOf({ ...elsewhere, allow_plaintext: true }).tls).toBeUndefined();
    expect(configOf({ ...elsewhere, 'tls.ca': 'ca.pem' }).tls).toEqual({ caFile: 'ca.pem' });
  });

  test.each(['127.0.0.1:9000', '127.8.8.8:1', 'localhost:9000', '[::1]:9000'])('is not %s', (address) => {
    expect(configOf({ 'collector.address': address }).collectorAddress).toBe(address);
  });

  test('may not answer Prometheus there unless that is wanted in words', () => {
    const open = { 'metrics.address': '0.0.0.0:9464' };
    expect(() => configOf(open)).toThrow(/metrics.address 0.0.0.0:9464 can be reached by others: .*--metrics-allow-pl/);
    expect(configOf({ ...open, 'metrics.allow_plaintext': true }).metrics).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(configOf({ 'metrics.address': '[::1]:0' }).metrics).toEqual({ host: '::1', port: 0 });
    expect(() => configOf({ 'metrics.address': 'localhost:70000' })).toThrow(/expected a port up to 65535/);
    expect(configOf({}).metrics).toBeUndefined();
  });

  test('gets a certificate with its key and the authority, or none', () => {
    expect(() => configOf({ 'tls.cert': 'a.pem' })).toThrow(/tls.cert and tls.key go together/);
    expect(() => configOf({ 'tls.cert': 'a.pem', 'tls.key': 'a.key' })).toThrow(/tls.ca is missing/);
    expect(configOf({ 'tls.ca': 'ca.pem', 'tls.cert': 'a.pem', 'tls.key': 'a.key' }).tls).toEqual({
      caFile: 'ca.pem',
      certFile: 'a.pem',
      keyFile: 'a.key',
    });
  });
});

describe('the files of an agent', () => {
  test('are in a folder of its detector by default', () => {
    const config = configOf({ 'detector.id': 'D1' });
    const place = { detectorId: 'D1', stateDir: '/state/tdc/agent/D1', keyFile: '/state/tdc/agent/D1/key.json' };
    expect(placeOf(config)).toEqual(place);
    expect(effectiveValues({ ...defaults, 'detector.id': 'D1' }, config)).toMatchObject({
      state_dir: place.stateDir,
      'key.file': place.keyFile,
    });
  });

  test('are where they are said to be', () => {
    const config = configOf({ 'detector.id': 'D1', state_dir: '/box', 'key.file': '/keys/network.json' });
    expect(placeOf(config)).toEqual({ detectorId: 'D1', stateDir: '/box', keyFile: '/keys/network.json' });
  });

  test('are known only of a detector that is named, except for a folder that is', () => {
    expect(() => placeOf(configOf())).toThrow(/detector.id is missing: give --detector-id/);
    expect(() => stateDirOf(configOf())).toThrow(/Give --state-dir or --detector-id/);
    expect(stateDirOf(configOf({ state_dir: '/box' }))).toBe('/box');
  });

  test('follow the XDG convention', () => {
    expect(stateHomeOf({}, '/home/a')).toBe('/home/a/.local/state/tdc');
    expect(stateHomeOf({ XDG_STATE_HOME: '' }, '/home/a')).toBe('/home/a/.local/state/tdc');
    expect(stateHomeOf({ XDG_STATE_HOME: '/var/lib' }, '/home/a')).toBe('/var/lib/tdc');
  });
});
