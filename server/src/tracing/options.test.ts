import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverOptions } from '../config.ts';
import { headersOf, tracingConfigOf, tracingOptions } from './options.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-tracing-options-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Values = Parameters<typeof tracingConfigOf>[0];
const configOf = (given: Partial<Values>) =>
  tracingConfigOf({
    ...(Object.fromEntries(tracingOptions.map((each) => [each.path, each.default])) as Values),
    ...given,
  });
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const endpoint = 'https://traces.example.org/v1/traces';

test('there are no traces unless somebody asks for them', () => {
  expect(configOf({})).toBeUndefined();
  expect(serverOptions({}, '/home/x').find(({ path }) => path === 'tracing.endpoint')?.default).toBeUndefined();
});

test('the address is another machine by TLS alone, unless that is allowed, and never with headers', () => {
  const headers = file('headers', 'X-Key: 12345\n');
  expect(configOf({ 'tracing.endpoint': endpoint, 'tracing.headers_file': headers })).toEqual({
    ...{ endpoint, serviceName: 'tdc-server', sampleRatio: 1, headersFile: headers },
  });
  expect(() => configOf({ 'tracing.endpoint': 'http://127.0.0.1:4318' })).toThrow(/expected its path too/);
  const far = { 'tracing.endpoint': 'http://collector:4318/v1/traces' };
  expect(() => configOf(far)).toThrow(/collector:4318.* expected https, or --tracing-allow-plaintext/);
  expect(configOf({ ...far, 'tracing.allow_plaintext': true })).toBeDefined();
  expect(() => configOf({ ...far, 'tracing.allow_plaintext': true, 'tracing.headers_file': headers })).toThrow(
    /expected https, as collector is another machine and tracing.headers_file is sent along/,
  );
  expect(
    configOf({ 'tracing.endpoint': 'http://127.0.0.1:4318/v1/traces', 'tracing.headers_file': headers }),
  ).toBeDefined();
});

test.each([
  'https://user:secret-1@a.example.org/',
  'https://a.example.org/?key=secret-1',
  'https://a.example.org/#secret-1',
])('an address with a secret in it, %s, is refused without saying it', (address) => {
  expect(() => configOf({ 'tracing.endpoint': address })).toThrow(/tracing.headers_file/);
  expect(() => configOf({ 'tracing.endpoint': address })).not.toThrow(/secret-1/);
});

test('files without an address are a mistake', () => {
  expect(() => configOf({ 'tracing.headers_file': '/a' })).toThrow(/tracing.endpoint/);
  expect(() => configOf({ 'tracing.ca': '/a' })).toThrow(/tracing.endpoint/);
  expect(() => configOf({ 'tracing.endpoint': endpoint, 'tracing.ca': join(folder, 'none') })).toThrow(
    /cannot be read/,
  );
});

test('headers are read a line each, and what is none is refused by its line, not by its content', () => {
  expect(headersOf(file('good', 'Authorization: Bearer a:b c \r\n\nX-Scope:roads'))).toEqual({
    Authorization: 'Bearer a:b c',
    'X-Scope': 'roads',
  });
  for (const text of ['X: 1\nsecret-2', 'X: 1\nsecret-2 x: 1', 'X: 1\nX-Y: \u0007secret-2', 'X: 1\nsecret-2:']) {
    const name = file('bad', text);
    expect(() => headersOf(name)).toThrow(/bad, line 2: expected a header/);
    expect(() => headersOf(name)).not.toThrow(/secret-2/);
  }
});
