import { Command } from 'commander';
import { expect, test } from 'vitest';
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
