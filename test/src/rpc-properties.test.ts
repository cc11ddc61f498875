import { join } from 'node:path';
import { Client, credentials, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { createAuthority } from '@tdc/server/commands/authority.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { ErrorDetail } from '@tdc/shared/generated/tdc/v1/collector.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf, methods } from './harness/generated-requests.ts';
import { healthAt } from './harness/health.ts';
import { listEvents, putDetectors } from './harness/rpc.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';

const runs = 150;
const callMs = 10_000;
/** Long enough for an answer that comes at once; a watch that is right goes on for ever. */
const watchMs = 30;

type Method = (typeof methods)[number];

interface Outcome {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: RunningServer;
const clients = new Map<string, Client>();

beforeAll(async () => {
  folder = await temporaryDirectory();
  createAuthority(folder.path, 'a city', systemClock);
  const at = (name: string) => join(folder.path, name);
  const authority = ['--authority-cert', at('authority.pem'), '--authority-key', at('authority.key')];
  server = await startServer(folder.path, ...authority);
  await putDetectors(server.collector, ['D1', 'D2']);
  for (const name of ['AccessService', 'BoxMailService', 'CollectorService', 'EnrolmentService'].map(
    (each) => `tdc.v1.${each}`,
  )) {
    clients.set(name, new Client(server.collector, credentials.createInsecure()));
  }
  for (const name of ['AlertService', 'HistoryService', 'QueryService'].map((each) => `tdc.v1.${each}`)) {
    clients.set(name, new Client(server.query, credentials.createInsecure()));
  }
});
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const ended = (error: ServiceError | null): Outcome => error ?? { code: status.OK, details: '' };

/** Sends the messages as they are, and waits for the end of the call. */
function call({ service, definition }: Method, messages: readonly Buffer[]): Promise<Outcome> {
  const client = clients.get(service);
  if (client === undefined) throw new Error(`no client for ${service}`);
  const { path, requestStream, responseStream } = definition;
  const asIs = (bytes: Buffer) => bytes;
  const options = { deadline: Date.now() + callMs };
  const [first = Buffer.alloc(0)] = messages;
  return new Promise((resolve) => {
    if (!responseStream) {
      client.makeUnaryRequest(path, asIs, asIs, first, options, (error) => resolve(ended(error)));
      return;
    }
    const follow = (stream: NodeJS.ReadableStream) =>
      stream
        .on('data', () => {})
        .on('error', (error: ServiceError) => resolve(ended(error)))
        .on('end', () => resolve(ended(null)));
    if (requestStream) {
      const stream = client.makeBidiStreamRequest(path, asIs, asIs, options);
      follow(stream);
      for (const message of messages) stream.write(message);
      stream.end();
    } else {
      const stream = client.makeServerStreamRequest(path, asIs, asIs, first, options);
      follow(stream);
      setTimeout(() => stream.cancel(), watchMs);
    }
  });
}

async function expectServing(): Promise<void> {
  expect(server.program.ended, server.program.describe()).toBeUndefined();
  for (const address of [server.collector, server.query, server.health])
    expect(await healthAt(address)).toBe('SERVING');
}

describe.each(methods)('$service/$name', (method) => {
  const { definition } = method;

  test('answers every message, or says which field is wrong', async () => {
    const property = fc.asyncProperty(
      fc.array(messageOf(definition.requestType), { minLength: 1, maxLength: 3 }),
      async (messages) => {
        const outcome = await call(
          method,
          messages.map((message) => definition.requestSerialize(message)),
        );
        const expected = [
          status.OK,
          status.INVALID_ARGUMENT,
          status.NOT_FOUND,
          status.FAILED_PRECONDITION,
          status.OUT_OF_RANGE,
          // A token or a certificate that is no good.
          ...(method.service === 'tdc.v1.EnrolmentService' ? [status.PERMISSION_DENIED] : []),
        ];
        // A watch that was right is ended from this side.
        expect(
          definition.requestStream || !definition.responseStream ? expected : [...expected, status.CANCELLED],
        ).toContain(outcome.code);
        if (outcome.code === status.OK || outcome.code === status.CANCELLED) return;
        const [bytes] = outcome.metadata?.get('tdc-error-bin') ?? [];
        const { field, message } = ErrorDetail.decode(bytes as Buffer);
        expect(field).not.toBe('');
        expect(message).toBe(outcome.details);
        expect(message.length).toBeLessThan(1000);
      },
    );
    await fc.assert(property, { numRuns: runs });
    await expectServing();
  });

  test('survives bytes that are no message', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 3 }),
      async (messages) => {
        const outcome = await call(
          method,
          messages.map((bytes) => Buffer.from(bytes)),
        );
        expect(status[outcome.code]).toBeDefined();
        expect(outcome.code, outcome.details).not.toBe(status.UNKNOWN);
        expect(outcome.code, outcome.details).not.toBe(status.UNAVAILABLE);
        expect(outcome.code, outcome.details).not.toBe(status.DEADLINE_EXCEEDED);
      },
    );
    await fc.assert(property, { numRuns: runs });
    await expectServing();
  });
});

test('what was stored on the way can be read', async () => {
  await expect(listEvents(server.query, { detectorIds: ['D1', 'D2'], pageSize: 100 })).resolves.toBeDefined();
  const failures = server.program.jsonLines().filter(({ level }) => Number(level) >= 50);
  expect(failures).toEqual([]);
});
