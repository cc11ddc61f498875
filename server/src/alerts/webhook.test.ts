import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../repositories/etcd/certificate-authority.ts';
import { NotTakenError } from './channel.ts';
import { madeUpNotice } from './made-up-notice.ts';
import { webhookChannel, webhookKeyOf } from './webhook.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

const never = new AbortController().signal;
const key = randomBytes(32);
const notice = madeUpNotice('webhook');
let folder: string;
let secretFile: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-webhook-'));
  secretFile = join(folder, 'secret');
  writeFileSync(secretFile, `whsec_${key.toString('base64')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const channelTo = (url: string, more: { readonly caFile?: string } = {}) =>
  webhookChannel({ url, secretFile, ...more }, systemClock);
const failure = (url: string, signal = never): Promise<unknown> =>
  channelTo(url)
    .send([notice], signal)
    .then(
      () => 'taken',
      (error: unknown) => error,
    );

/** What is no end of the headers of an answer, a byte now and then. */
function dripping({ socket }: ServerResponse): void {
  socket?.write('HTTP/1.1 200 OK\r\nx-long: ');
  const timer = setInterval(() => socket?.write('x'), 50);
  socket?.on('close', () => clearInterval(timer));
}

describe('a webhook', () => {
  test('is posted what has happened, signed so that a receiver can tell who it is and when it was', async () => {
    await using receiver = await startWebhookReceiver();
    await channelTo(receiver.url).send([notice], never);
    const [post = expect.fail()] = receiver.posts;
    expect(JSON.parse(post.body)).toMatchObject({
      ...{ id: notice.id, type: 'alert.opened', timestamp: '2023-11-14T22:13:20.000Z' },
      data: { cause: 'detector_silent', subject: 'D1', state: 'open', detail: 'no status for 11 min', closed_at: null },
    });
    const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature } = post.headers;
    expect([id, post.headers['content-type']]).toEqual([notice.id, 'application/json']);
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(60);
    const expected = createHmac('sha256', key).update(`${id}.${seconds}.${post.body}`).digest('base64');
    expect(signature).toBe(`v1,${expected}`);
  });

  test('over TLS goes to who has a certificate of the authority, and to nobody else', async () => {
    const authority = new CertificateAuthority(join(folder, 'ours'), 'ours');
    const { certFile, keyFile } = authority.certificate('receiver', { usage: 'serverAuth' });
    await using receiver = await startWebhookReceiver({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
    await channelTo(receiver.url, { caFile: authority.file }).send([notice], never);
    expect(receiver.posts).toHaveLength(1);
    expect(await failure(receiver.url)).toMatchObject({
      retryable: true,
      message: expect.stringContaining('certificate'),
    });
    expect(receiver.posts).toHaveLength(1);
  });

  test.each([
    [302, false, 'answers with a redirect (302), which is not followed'],
    [400, false, 'answers 400'],
    [404, false, 'answers 404'],
    [408, true, 'answers 408'],
    [429, true, 'answers 429'],
    [500, true, 'answers 500'],
  ])('that answers %i has not taken it', async (status, retryable, message) => {
    await using elsewhere = await startWebhookReceiver();
    await using receiver = await startWebhookReceiver();
    receiver.answer = (response) => void response.writeHead(status, { location: elsewhere.url }).end('no');
    expect(await failure(receiver.url)).toMatchObject({ retryable, message: `the webhook ${message}` });
    expect([receiver.posts.length, elsewhere.posts.length]).toEqual([1, 0]);
  });

  test('that answers with no end is read no further than its status', async () => {
    await using receiver = await startWebhookReceiver();
    let written = 0;
    receiver.answer = (response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && written < 2 ** 28) {
          written += 65_536;
          if (!response.write('x'.repeat(65_536))) return void response.once('drain', more);
        }
      };
      more();
    };
    expect(await failure(receiver.url)).toBe('taken');
    expect(written).toBeLessThan(2 ** 26);
  });

  test('that answers what is no HTTP, hangs up, or is not there, has not taken it', async () => {
    await using receiver = await startWebhookReceiver();
    receiver.answer = (response) => void response.socket?.end('hello\r\n\r\n');
    const { url } = receiver;
    for (const break_ of [
      undefined,
      () => {
        receiver.answer = (response) => void response.socket?.destroy();
      },
      () => receiver[Symbol.asyncDispose](),
    ]) {
      await break_?.();
      const error = await failure(url);
      expect(error).toBeInstanceOf(NotTakenError);
      expect(error).toMatchObject({ retryable: true });
    }
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['never answers', () => {}],
    ['begins to answer, byte by byte, and comes to no end', dripping],
  ])('that takes a post and %s is given up after its time, to be tried again', async (_, answer) => {
    await using receiver = await startWebhookReceiver();
    const closed = Promise.withResolvers<void>();
    receiver.answer = (response) => {
      response.on('close', closed.resolve);
      answer(response);
    };
    const channel = webhookChannel({ url: receiver.url, secretFile }, systemClock, 400);
    const error: unknown = await channel.send([notice], never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotTakenError);
    expect(error).toMatchObject({ retryable: true, message: 'the webhook does not answer: no answer within 400 ms' });
    await closed.promise;
    expect(receiver.posts).toHaveLength(1);
  });

  test('that accepts a connection and never says a word is given up after its time', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const channel = webhookChannel({ url: `https://127.0.0.1:${port}/`, secretFile }, systemClock, 400);
    await expect(channel.send([notice], never)).rejects.toThrow('no answer within 400 ms');
    silent.close();
  });

  test('that never answers is left when the server is to end', async () => {
    await using receiver = await startWebhookReceiver();
    receiver.answer = () => {};
    const end = new AbortController();
    const sending = failure(receiver.url, end.signal);
    await receiver.came(1);
    end.abort(new Error('the end'));
    expect(await sending).toMatchObject({ message: 'the end' });
  });
});

test('a file that is no secret is refused without a word of it', () => {
  for (const bad of [
    '',
    'hunter2',
    `whsec_${randomBytes(8).toString('base64')}`,
    key.toString('base64'),
    `whsec_${randomBytes(80).toString('base64')}`,
  ]) {
    const file = join(folder, 'bad');
    writeFileSync(file, bad);
    expect(() => webhookKeyOf(file)).toThrow(
      /^alerts\.webhook\.secret_file .*: expected whsec_ and 24 to 64 bytes in base64$/,
    );
  }
  expect(webhookKeyOf(secretFile)).toEqual(key);
});
