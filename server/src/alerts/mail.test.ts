import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CertificateAuthority } from '../repositories/etcd/certificate-authority.ts';
import { NotTakenError } from './channel.ts';
import { madeUpNotice } from './made-up-notice.ts';
import { type MailConfig, mailChannel } from './mail.ts';

const never = new AbortController().signal;
const password = 'correct horse battery staple';
let folder: string;
let passwordFile: string;
let authority: CertificateAuthority;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-mail-'));
  passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`);
  authority = new CertificateAuthority(join(folder, 'ours'), 'ours');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A mail server, and what it has taken. */
async function startMailServer(given: SMTPServerOptions = {}) {
  const mails: {
    readonly from: string;
    readonly to: readonly string[];
    readonly text: string;
    readonly secure: boolean;
  }[] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (part) => {
        text += String(part);
      });
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text,
          secure: session.secure,
        });
        done();
      });
    },
    ...given,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(resolve)) };
}

const config = (port: number, given: Partial<MailConfig> = {}): MailConfig => ({
  ...{
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'tdc@example.org',
    to: ['desk@example.org', 'night@example.org'],
  },
  ...given,
});
const failure = (given: MailConfig): Promise<unknown> =>
  mailChannel(given)
    .send([madeUpNotice('mail')], never)
    .then(
      () => 'taken',
      (error: unknown) => error,
    );

test('what opens and closes at once comes in one mail, which says all of it', async () => {
  await using server = await startMailServer();
  const closed = madeUpNotice(
    'mail',
    { subject: 'D1:D2', cause: 'travel_time_unusual', closed: { atMs: 1_700_000_600_000, detail: '90 s' } },
    'closed',
  );
  await mailChannel(config(server.port)).send([madeUpNotice('mail'), closed], never);
  const [mail = expect.fail()] = server.mails;
  expect(mail).toMatchObject({ from: 'tdc@example.org', to: ['desk@example.org', 'night@example.org'] });
  expect(mail.text).toMatch(/^Subject: tdc: 2 alerts opened or closed\r$/m);
  expect(mail.text).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  expect(mail.text).toMatch(/^Message-ID: <01HF7YAT00000000000000000-opened-mail@tdc.invalid>\r$/m);
  const text = mail.text.replaceAll('=\r\n', '');
  expect(text).toContain('OPENED: D1 is silent\r\n  opened 2023-11-14T22:13:20.000Z: no status for 11 min\r\n');
  expect(text).toContain('CLOSED: D1:D2 takes unusually long\r\n');
  expect(text).toContain('  closed 2023-11-14T22:23:20.000Z: 90 s\r\n');
});

test('nothing in an alert can add a header or another mail', async () => {
  await using server = await startMailServer();
  const detail = 'x\r\nBcc: evil@example.org\r\n.\r\nMAIL FROM:<evil@example.org>';
  await mailChannel(config(server.port)).send(
    [madeUpNotice('mail', { subject: 'D1\r\nBcc: evil@example.org', detail })],
    never,
  );
  expect(server.mails).toHaveLength(1);
  expect(server.mails[0]?.to).toEqual(['desk@example.org', 'night@example.org']);
  expect(server.mails[0]?.text.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m);
});

test.each(['starttls', 'tls'] as const)(
  'with %s the password goes to who has a certificate of the authority, and to nobody else',
  async (security) => {
    const { certFile, keyFile } = authority.certificate(`mail-${security}`, { usage: 'serverAuth' });
    const users: string[] = [];
    await using server = await startMailServer({
      ...{ secure: security === 'tls', cert: readFileSync(certFile), key: readFileSync(keyFile), disabledCommands: [] },
      onAuth: ({ username = '', password: given }, _session, done) => {
        users.push(username);
        if (given === password) done(null, { user: username });
        else done(new Error('Invalid username or password'));
      },
    });
    const secured = config(server.port, { security, caFile: authority.file, user: { username: 'tdc', passwordFile } });
    await mailChannel(secured).send([madeUpNotice('mail')], never);
    expect(server.mails).toMatchObject([{ secure: true }]);
    const { caFile: _, ...strange } = secured;
    expect(await failure(strange)).toMatchObject({ retryable: true });
    expect(users).toEqual(['tdc']);
    writeFileSync(join(folder, 'wrong'), 'wrong');
    const refused = await failure({ ...secured, user: { username: 'tdc', passwordFile: join(folder, 'wrong') } });
    expect(refused).toMatchObject({ retryable: false, message: 'the mail server refuses (535)' });
  },
);

test('starttls sends nothing to a server that has none', async () => {
  await using server = await startMailServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
  expect(await failure(config(server.port, { security: 'starttls' }))).toBeInstanceOf(NotTakenError);
  expect(server.mails).toEqual([]);
});

test('a server that refuses, is busy, or is not there has not taken it', async () => {
  const answering = (responseCode: number): SMTPServerOptions => ({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })),
  });
  await using refusing = await startMailServer(answering(550));
  expect(await failure(config(refusing.port))).toMatchObject({
    retryable: false,
    message: 'the mail server refuses (550)',
  });
  await using busy = await startMailServer(answering(451));
  expect(await failure(config(busy.port))).toMatchObject({ retryable: true, message: 'the mail server answers 451' });
  const { port, ...gone } = await startMailServer();
  await gone[Symbol.asyncDispose]();
  expect(await failure(config(port))).toMatchObject({ retryable: true });
});
