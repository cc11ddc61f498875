import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  addConfigOptions,
  type ConfigOption,
  configLayers,
  type Environment,
  formatConfig,
  resolveConfig,
} from './config.ts';
import { parseConfigText } from './config-file.ts';
import { InvalidInputError } from './errors.ts';
import { normalFlags } from './program.ts';

const options = [
  {
    path: 'collector.port',
    schema: z.coerce.number().int().max(65_535),
    default: 9000,
    description: 'port',
    aliases: ['--listen-port'],
  },
  { path: 'log.level', schema: z.enum(['info', 'debug']), default: 'info', description: 'level' },
  { path: 'allow_plaintext', schema: z.boolean().or(z.stringbool()), default: false, description: 'no TLS' },
  { path: 'token', schema: z.string().optional(), default: undefined, description: 'a secret', secret: true },
] as const satisfies readonly ConfigOption[];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function fileWith(yaml: string): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, yaml);
  return file;
}

function resolve(argv: readonly string[] = [], env: Environment = {}) {
  const command = addConfigOptions(new Command('test'), options).exitOverride();
  command.parse(normalFlags(argv), { from: 'user' });
  return resolveConfig(options, command, env);
}

function problemsOf(argv: readonly string[], env: Environment = {}): readonly string[] {
  try {
    resolve(argv, env);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError);
    return String((error as Error).message).split('\n');
  }
  throw new Error('nothing was wrong');
}

describe('an option', () => {
  test('has its default, and each later layer before the ones before it', () => {
    const file = ['--config-file', fileWith('collector: {port: 1}')];
    expect(resolve()).toMatchObject({ values: { 'collector.port': 9000 }, sources: { 'collector.port': 'default' } });
    expect(resolve(file)).toMatchObject({
      values: { 'collector.port': 1 },
      sources: { 'collector.port': `${file[1]}: collector.port` },
    });
    expect(resolve(file, { TDC_COLLECTOR_PORT: '2' })).toMatchObject({
      values: { 'collector.port': 2 },
      sources: { 'collector.port': 'TDC_COLLECTOR_PORT' },
    });
    expect(resolve([...file, '--collector-port', '3'], { TDC_COLLECTOR_PORT: '2' })).toMatchObject({
      values: { 'collector.port': 3 },
      sources: { 'collector.port': '--collector-port' },
    });
  });

  test.each(['--collector-port', '--collector_port', '--collector.port', '--listen-port', '--listen_port'])(
    'may be written %s',
    (flag) => {
      expect(resolve([flag, '7']).values['collector.port']).toBe(7);
      expect(resolve([`${flag}=8`]).values['collector.port']).toBe(8);
    },
  );

  test('that is a switch is on and off in every layer', () => {
    const file = ['--config-file', fileWith('allow_plaintext: true')];
    expect(resolve(['--allow-plaintext']).values.allow_plaintext).toBe(true);
    expect(resolve(file).values.allow_plaintext).toBe(true);
    expect(resolve([...file, '--no-allow-plaintext']).values.allow_plaintext).toBe(false);
    expect(resolve(file, { TDC_ALLOW_PLAINTEXT: 'false' }).values.allow_plaintext).toBe(false);
  });

  test('is left out by an empty variable and by a key without a value', () => {
    const file = ['--config-file', fileWith('collector:\n  port:\nlog:\n')];
    expect(resolve(file, { TDC_COLLECTOR_PORT: '' }).values['collector.port']).toBe(9000);
  });

  test('is not looked for behind --', () => {
    expect(normalFlags(['--a_b', '--', '--a_b'])).toEqual(['--a-b', '--', '--a_b']);
  });
});

test('the file may be named by the environment', () => {
  expect(resolve([], { TDC_CONFIG_FILE: fileWith('collector: {port: 5}') }).values['collector.port']).toBe(5);
});

test('everything that is wrong is told at once, each by where it stands', () => {
  const file = fileWith('colector: {port: 1}\ncollector: {prot: 2, port: many}\nlog: loud\n');
  const problems = problemsOf(['--config-file', file, '--allow-plaintext'], { TDC_LOG_LEVEL: 'loud' });
  expect(problems).toHaveLength(5);
  for (const words of [
    /unknown key colector: expected one of collector, log, allow_plaintext/,
    /unknown key collector\.prot: expected one of collector\.port/,
    /log is "loud": expected a mapping/,
    /config\.yaml: collector\.port "many": expected number/,
    /^TDC_LOG_LEVEL "loud": expected one of "info"\|"debug"/,
  ]) {
    expect(problems.join('\n')).toMatch(new RegExp(words, 'm'));
  }
});

test.each([
  ['a: {b: 1', /is not valid YAML: .*line 1/],
  ['- a\n- b', /expected a mapping of options/],
  ['just text', /expected a mapping of options/],
])('a file that says %j is refused', (yaml, words) => {
  expect(problemsOf(['--config-file', fileWith(yaml)]).join()).toMatch(words);
});

test('a file that is not there, or is none, is refused by name', () => {
  expect(problemsOf(['--config-file', join(folder, 'nowhere')]).join()).toMatch(/nowhere cannot be read: ENOENT/);
  expect(problemsOf(['--config-file', folder]).join()).toMatch(/cannot be read: EISDIR/);
});

test('a secret is printed nowhere, neither by check nor in an error', () => {
  const secret = 'correct horse';
  for (const format of ['table', 'json'] as const) {
    const text = formatConfig(resolve([], { TDC_TOKEN: secret }), format);
    expect(text).not.toContain(secret);
    expect(text).toContain('********');
    expect(text).toContain('TDC_TOKEN');
  }
  const strict = [{ ...options[3], schema: z.string().max(3).optional() }] as const;
  const command = addConfigOptions(new Command('test'), strict);
  command.parse(['--token', secret], { from: 'user' });
  expect(() => resolveConfig(strict, command, {})).toThrow(/--token \(hidden\)/);
});

test('a layer may stand between file and environment, and another at another time, over a file that is read once', () => {
  const file = fileWith('collector: {port: 1}\nlog: {level: debug}');
  const command = addConfigOptions(new Command('test'), options).exitOverride();
  command.parse(['--config-file', file, '--allow-plaintext'], { from: 'user' });
  const layers = configLayers(options, command, { TDC_TOKEN: 'of the environment' });
  writeFileSync(file, 'collector: {port: nothing of this}');
  const above = (text: string) => parseConfigText('letter 7', text, options);
  const { values, sources } = layers(above('collector: {port: 2}\nallow_plaintext: false\ntoken: x\nlog: {level: }'));
  expect(values).toEqual({
    'collector.port': 2,
    'log.level': 'debug',
    allow_plaintext: true,
    token: 'of the environment',
  });
  expect(sources['collector.port']).toBe('letter 7: collector.port');
  expect(layers().values['collector.port']).toBe(1);
  expect(() => layers(above('collector: {port: many}\nradar: 1'))).toThrow(
    /letter 7: unknown key radar.*\nletter 7: collector\.port "many": expected number/,
  );
});

describe('layers', () => {
  const yaml = 'collector: {port: 1}';
  const env = { TDC_COLLECTOR_PORT: '2' };
  const argv = ['--listen-port', '3'];
  const port = (words: readonly string[], variables: Environment, content?: string) =>
    resolve([...words, ...(content === undefined ? [] : ['--config-file', fileWith(content)])], variables).values[
      'collector.port'
    ];

  test('are in the same order in each pair of them', () => {
    expect(port([], env)).toBe(2);
    expect(port([], env, yaml)).toBe(2);
    expect(port(argv, {}, yaml)).toBe(3);
    expect(port(argv, env)).toBe(3);
    expect(port([], {}, 'log: {level: debug}')).toBe(9000);
  });

  test('name the alias where that was given', () => {
    expect(resolve(['--listen-port', '3'], env).sources['collector.port']).toBe('--listen-port');
  });

  test('take one file, that of the flag before that of the environment', () => {
    const other = join(folder, 'other.yaml');
    writeFileSync(other, 'collector: {port: 4}');
    expect(port([], { TDC_CONFIG_FILE: other })).toBe(4);
    expect(port([], { TDC_CONFIG_FILE: other }, yaml)).toBe(1);
  });

  test('each tell what is wrong in them, all in one error', () => {
    const file = fileWith('collector: {port: many}');
    const problems = problemsOf(['--config-file', file, '--log-level', 'loud'], { TDC_ALLOW_PLAINTEXT: 'perhaps' });
    expect(problems).toEqual([
      `${file}: collector.port "many": expected number, received NaN`,
      '--log-level "loud": expected one of "info"|"debug"',
      expect.stringMatching(/^TDC_ALLOW_PLAINTEXT "perhaps": expected boolean, .*; or expected one of "true"\|/),
    ]);
  });

  test('hide a wrong value where a stronger layer has the option', () => {
    expect(port([], env, 'collector: {port: many}')).toBe(2);
    expect(port(argv, { TDC_COLLECTOR_PORT: 'many' })).toBe(3);
  });
});

describe('a configuration file', () => {
  test('that is empty or has only remarks leaves everything out', () => {
    for (const yaml of ['', '# nothing yet\n', 'null']) {
      expect(resolve(['--config-file', fileWith(yaml)]).values['collector.port']).toBe(9000);
    }
  });

  test.each([
    ['collector: {port: 1, port: 2}', /is not valid YAML: Map keys must be unique at line 1/],
    ['log: {level: info}\n---\nlog: {level: debug}', /is not valid YAML: .*multiple documents/],
    ['log:\n  level: *missing', /is not valid YAML: Unresolved alias/],
    ['log:\n\tlevel: info', /is not valid YAML: .*line 2/],
  ])('that says %j is refused in one line', (yaml, words) => {
    const problems = problemsOf(['--config-file', fileWith(yaml)]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(words);
  });

  test('of more than a mebibyte is refused before it is read', () => {
    const full = `#${'x'.repeat(1024 * 1024 - 1)}`;
    expect(resolve(['--config-file', fileWith(full)]).values['collector.port']).toBe(9000);
    expect(problemsOf(['--config-file', fileWith(`${full}x`)]).join()).toMatch(
      /1048577 bytes: expected at most 1048576$/,
    );
  });
});

describe('what check prints', () => {
  test('is a table of every option, its value and its source', () => {
    const file = fileWith('token: correct horse');
    const found = resolve(['--config-file', file, '--collector-port', '3'], { TDC_LOG_LEVEL: 'debug' });
    expect(formatConfig(found, 'table').split('\n')).toEqual([
      'option           value     source',
      'collector.port   3         --collector-port',
      'log.level        debug     TDC_LOG_LEVEL',
      'allow_plaintext  false     default',
      `token            ********  ${file}: token`,
      '',
    ]);
  });

  test('is the same in JSON, with null where there is no value', () => {
    expect(JSON.parse(formatConfig(resolve(['--collector-port', '3']), 'json'))).toEqual([
      { option: 'collector.port', value: 3, source: '--collector-port' },
      { option: 'log.level', value: 'info', source: 'default' },
      { option: 'allow_plaintext', value: false, source: 'default' },
      { option: 'token', value: null, source: 'default' },
    ]);
  });
});

test('a wrong secret is hidden in every layer that has it', () => {
  const secret = 'correct horse';
  const table = [{ ...options[3], schema: z.string().max(3) }] as const;
  const layers: readonly (readonly [readonly string[], Environment, string])[] = [
    [['--token', secret], {}, '--token (hidden)'],
    [[], { TDC_TOKEN: secret }, 'TDC_TOKEN (hidden)'],
    [['--config-file', fileWith(`token: ${secret}`)], {}, 'config.yaml: token (hidden)'],
  ];
  for (const [argv, env, words] of layers) {
    const command = addConfigOptions(new Command('test'), table).parse(argv, { from: 'user' });
    const resolving = () => resolveConfig(table, command, env);
    expect(resolving).toThrow(words);
    expect(resolving).not.toThrow(secret);
  }
});

test('help shows each option once, with its default', () => {
  const help = addConfigOptions(new Command('test'), options).helpInformation();
  expect(help).toMatch(/--collector-port <value>\s+port \(default: 9000\)/);
  expect(help).toMatch(/--allow-plaintext\s+no TLS \(default: false\)/);
  expect(help).toMatch(/--token <value>\s+a secret\n/);
  expect(help).toMatch(/--config-file <file>.*TDC_CONFIG_FILE/);
  expect(help).not.toMatch(/--listen-port|--no-allow-plaintext/);
});
