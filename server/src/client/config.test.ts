import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { newToken } from '../access/token.ts';
import { addGlobalOptions, clientConfigOf } from './config.ts';

function configOf(args: readonly string[], env: Record<string, string> = {}) {
  const program = addGlobalOptions(new Command());
  program.parse(args, { from: 'user' });
  return clientConfigOf(program.opts(), env);
}

test('without anything given it is the services on this machine, in plain text', () => {
  expect(configOf([])).toEqual({
    collector: '127.0.0.1:9000',
    query: '127.0.0.1:8000',
    output: 'table',
    utc: false,
    timeoutMs: 10_000,
  });
});

test('a flag is stronger than the environment, and an empty variable is none', () => {
  const env = { TDC_CLIENT_COLLECTOR: 'localhost:1', TDC_CLIENT_QUERY: '' };
  expect(configOf([], env)).toMatchObject({ collector: 'localhost:1', query: '127.0.0.1:8000' });
  expect(configOf(['--collector', '[::1]:2'], env).collector).toBe('[::1]:2');
});

test('everything that is wrong is said at once, with where it comes from', () => {
  const wrong = ['--query', 'nowhere', '--timeout', '0s', '--tls-cert', 'c.pem'];
  expect(() => configOf(wrong, { TDC_CLIENT_COLLECTOR: 'h:99999' })).toThrow(
    [
      '--tls-cert and --tls-key go together: expected both, or none',
      'TDC_CLIENT_COLLECTOR "h:99999": expected host:port',
      '--query "nowhere": expected host:port',
      '--timeout 0s: expected more than 0s and at most 1d',
    ].join('\n'),
  );
});

test('another machine is spoken with over TLS, or in plain text where that is said', () => {
  const address = ['--query', 'centre.example:8000'];
  expect(() => configOf(address)).toThrow('--query centre.example:8000 is another machine');
  expect(() => configOf(['--query', '127.evil.example:8000'])).toThrow('another machine');
  expect(configOf([...address, '--allow-plaintext']).tls).toBeUndefined();
  expect(configOf([...address, '--tls-ca', 'ca.pem']).tls).toEqual({ caFile: 'ca.pem' });
  const mutual = ['--tls-ca', 'ca.pem', '--tls-cert', 'c.pem', '--tls-key', 'k.pem'];
  expect(configOf([...address, ...mutual]).tls).toEqual({ caFile: 'ca.pem', certFile: 'c.pem', keyFile: 'k.pem' });
  expect(() => configOf(['--tls-cert', 'c.pem', '--tls-key', 'k.pem'])).toThrow('--tls-ca is missing');
});

test('a token comes from a file or else from the environment, and never goes to another machine in plain text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-token-'));
  try {
    const [inFile, inEnv] = [newToken(), newToken()];
    const file = join(folder, 'token');
    writeFileSync(file, `${inFile}\n`);
    const env = { TDC_TOKEN: inEnv };
    expect(configOf([], env).token).toBe(inEnv);
    expect(configOf([], { TDC_TOKEN: '' }).token).toBeUndefined();
    expect(configOf(['--token-file', file], env).token).toBe(inFile);
    const far = ['--query', 'centre.example:8000'];
    expect(configOf([...far, '--tls-ca', 'ca.pem'], env).token).toBe(inEnv);
    expect(() => configOf([...far, '--allow-plaintext'], env)).toThrow(
      'a token is sent to another machine over TLS alone',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is no token is refused by where it came from, without being told', () => {
  expect(() => configOf([], { TDC_TOKEN: 'hunter2' })).toThrow(
    /^TDC_TOKEN: no token; expected what `tdc token create` printed/,
  );
  expect(() => configOf([], { TDC_TOKEN: 'hunter2' })).not.toThrow('hunter2');
  expect(() => configOf(['--token-file', '/nowhere/token'])).toThrow(
    '--token-file /nowhere/token cannot be read: ENOENT',
  );
});
