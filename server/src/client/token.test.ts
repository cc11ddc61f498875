import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@tdc/shared/clock.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SecuredServer, startSecuredServer } from '../access/secured-server.ts';
import { isToken } from '../access/token.ts';
import { testClient } from './client-subject.ts';
import type { ClientConfig } from './config.ts';
import type { ClientContext } from './context.ts';
import { links } from './links.ts';
import { tokenCreate, tokenList, tokenRevoke } from './token.ts';

let server: SecuredServer;
let admin: string;
beforeAll(async () => {
  server = await startSecuredServer();
  admin = await server.token('admin', 'root');
});
afterAll(() => server[Symbol.asyncDispose]());

/** Runs a command with a token; what it printed. Rejects as it does. */
async function run(
  token: string | undefined,
  command: (context: ClientContext) => Promise<void>,
  output: ClientConfig['output'] = 'json',
) {
  const { collector, query, authority } = server;
  const tls = { caFile: authority.file };
  using client = testClient({ collector, query, tls, output, ...(token === undefined ? {} : { token }) }, systemClock);
  await command(client.context);
  return { out: client.out(), err: client.err() };
}

test('an admin makes a token that its user works with, and takes it back', async () => {
  const wanted = { name: 'ann', role: 'viewer', expires: '30d' } as const;
  const made = await run(admin, (context) => tokenCreate(context, wanted), 'table');
  const token = made.out.trim();
  expect(isToken(token)).toBe(true);
  expect(made.err).toMatch(/^tdc: token [0-9a-f]{16} of ann, viewer, until /);
  expect(made.err).not.toContain(token);
  expect((await run(token, links)).out).toBe('[]\n');
  await expect(run(token, tokenList)).rejects.toThrow(/^viewer ann may not call ListTokens: expected .* admin$/);
  const listed = JSON.parse((await run(admin, tokenList)).out);
  const ann = listed.find(({ name }: { name: string }) => name === 'ann');
  expect(ann).toMatchObject({ role: 'viewer', state: 'good', revoked: null });
  expect((await run(admin, (context) => tokenRevoke(context, ann.id))).err).toBe(`tdc: token ${ann.id} is revoked\n`);
  await expect(run(token, links)).rejects.toThrow(/^the token is refused: it was revoked at /);
  expect((await run(admin, tokenList, 'table')).out).toMatch(/ann .*revoked/);
});

test('without a token the reason says what is expected', async () => {
  await expect(run(undefined, links)).rejects.toThrow(
    'ListLinks is not for everybody: expected the token of a viewer, or more',
  );
});

test('as data a new token is in the record; a wrong life is refused before anything is sent', async () => {
  const create = (expires: string) =>
    run(admin, (context) => tokenCreate(context, { name: 'bot', role: 'operator', expires }));
  const [record] = JSON.parse((await create('90d')).out);
  expect(isToken(record.token)).toBe(true);
  expect(record).toMatchObject({ name: 'bot', role: 'operator', state: 'good', revoked: null });
  for (const expires of ['0s', '367d', 'soon']) await expect(create(expires)).rejects.toThrow('--expires');
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function program(
  name: 'tdc' | 'tdc-server',
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const file = fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url));
  return new Promise((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const options = { env: { PATH, NODE_COMPILE_CACHE, HOME: server.folder, ...env } };
    execFile(process.execPath, [file, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test('the program shows the token of its environment or of a file', async () => {
  const { collector, query, authority, folder } = server;
  const file = join(folder, 'token');
  writeFileSync(file, `${admin}\n`);
  const args = ['links', '--output', 'json', '--collector', collector, '--query', query, '--tls-ca', authority.file];
  const answers = [program('tdc', args, { TDC_TOKEN: admin }), program('tdc', [...args, '--token-file', file])];
  for (const answer of await Promise.all(answers)) expect(answer).toEqual({ code: 0, out: '[]\n', err: '' });
});

test('the first token is made in the repository itself, and not beside a server that has the file', async () => {
  const create = ['token', 'create', '--role', 'admin', '--name', 'first', '--log-level', 'silent', '--sqlite-file'];
  const [made, busy] = await Promise.all([
    program('tdc-server', [...create, join(server.folder, 'fresh.sqlite')]),
    program('tdc-server', [...create, join(server.folder, 'tdc.sqlite')]),
  ]);
  expect(made.code).toBe(0);
  expect(isToken(made.out.trim())).toBe(true);
  expect(made.err).toMatch(/^tdc-server: token [0-9a-f]{16} of first, admin, until 20/);
  expect(busy).toMatchObject({ code: 1, out: '', err: expect.stringContaining('in use by another tdc-server') });
});
