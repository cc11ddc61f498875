import { InvalidInputError } from '@tdc/shared/errors.ts';
import { describe, expect, test } from 'vitest';
import { agentOptions } from '../config-options.ts';
import { remoteLayer } from './remote-settings.ts';

const options = agentOptions();
const layerOf = (text: string) => remoteLayer({ sequence: 7, text }, options);

test('settings that may come by letter are a layer with the name of their configuration', () => {
  const { name, values, problems } = layerOf(
    'passage: {gap_seconds: 20}\nscanners: [ble]\nwifi:\n  channels: [1, 36]\n',
  );
  expect([name, problems]).toEqual(['configuration 7', []]);
  expect(Object.fromEntries(values)).toEqual({
    'passage.gap_seconds': 20,
    scanners: ['ble'],
    'wifi.channels': [1, 36],
  });
});

test.each(['', '# nothing but this\n', '{}'])('%j is a configuration that sets nothing', (text) => {
  expect(layerOf(text)).toEqual({ name: 'configuration 7', values: new Map(), problems: [] });
});

describe('a letter does not set', () => {
  const never = options.map(({ path }) => path).filter((path) => layerOf(yamlOf(path)).problems.length > 0);

  test('anything that runs programs, names files, says whom to trust or changes what a pseudonym is', () => {
    expect(never.toSorted()).toEqual([
      'allow_plaintext',
      'battery.voltage_file',
      'clock.trust',
      'config.author',
      'config.probation_seconds',
      'detector.id',
      'exec.command',
      'identity.file',
      'key.custodian',
      'key.file',
      'key.overlap_minutes',
      'key.storage',
      'metrics.address',
      'metrics.allow_plaintext',
      'network.name',
      'network.time_zone',
      'simulation.network_file',
      'state_dir',
      'tag.bits',
      'tls.ca',
      'tls.cert',
      'tls.key',
    ]);
  });

  test.each(never)('%s, and says so', (path) => {
    expect(layerOf(yamlOf(path)).problems).toEqual([
      `configuration 7: ${path} cannot be set by letter: expected it in the box's own file alone`,
    ]);
  });
});

test('what is no option, no mapping or no YAML is refused with its place', () => {
  expect(layerOf('passage: {gap: 2}\nradar: 1').problems).toEqual([
    expect.stringMatching(/^configuration 7: unknown key passage\.gap: expected one of passage\.gap_seconds/),
    expect.stringMatching(/^configuration 7: unknown key radar/),
  ]);
  expect(() => layerOf('- a\n- b')).toThrow('configuration 7: expected a mapping of options');
  expect(() => layerOf('a: {b: 1')).toThrow(/configuration 7 is not valid YAML: .*line 1/);
  const aliases = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`),
  ];
  expect(() => layerOf(aliases.join('\n'))).toThrow(InvalidInputError);
});

function yamlOf(path: string): string {
  return path.split('.').reduceRight<string>((inner, key) => `{"${key}": ${inner}}`, '1');
}
