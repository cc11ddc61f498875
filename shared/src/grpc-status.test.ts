import type { EventEmitter } from 'node:events';
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AccessError,
  ClaimLostError,
  InvalidInputError,
  LimitError,
  NotFoundError,
  OutOfRangeError,
  PreconditionError,
  TdcError,
  UnauthenticatedError,
  UnavailableError,
} from './errors.ts';
import { ErrorDetail } from './generated/tdc/v1/collector.ts';
import { QueryServiceClient, QueryServiceService } from './generated/tdc/v1/query.ts';
import { callUnary, clientCredentials } from './grpc-client.ts';
import { errorOfStatus, statusOfError, unexpectedErrors } from './grpc-status.ts';

let server: Server;
let client: QueryServiceClient;
/** What the server fails every call with. */
let failure: Partial<StatusObject>;

beforeAll(async () => {
  server = new Server();
  const fail: handleUnaryCall<unknown, never> = (_, callback) => callback(failure as ServiceError);
  server.addService(QueryServiceService, {
    listEvents: fail,
    listDetectors: fail,
    listLinks: fail,
    watchEvents: (call: EventEmitter) => call.emit('error', failure),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  client = new QueryServiceClient(`127.0.0.1:${port}`, clientCredentials(undefined));
});
afterAll(() => {
  client.close();
  server.forceShutdown();
});

/** What a caller gets of a failure, in a call with one answer. */
async function received(given: Partial<StatusObject>): Promise<TdcError> {
  failure = given;
  const error: unknown = await callUnary(client, client.listLinks, {}, { timeoutMs: 5000 }).catch((reason) => reason);
  if (!(error instanceof TdcError)) throw new Error('the call did not fail with an error of ours', { cause: error });
  return error;
}

/** What a caller gets of a failure, in a stream. */
function receivedInStream(given: Partial<StatusObject>): Promise<ServiceError> {
  failure = given;
  const { promise, resolve, reject } = Promise.withResolvers<ServiceError>();
  const call = client.watchEvents({ filter: undefined, cursor: '' });
  call.on('data', () => reject(new Error('an event came')));
  call.on('error', (error: ServiceError) => resolve(error));
  return promise;
}

const classes = [
  [InvalidInputError, 'INVALID_ARGUMENT', false],
  [NotFoundError, 'NOT_FOUND', false],
  [PreconditionError, 'FAILED_PRECONDITION', true],
  [OutOfRangeError, 'OUT_OF_RANGE', false],
  [LimitError, 'RESOURCE_EXHAUSTED', true],
  [UnavailableError, 'UNAVAILABLE', true],
  [AccessError, 'PERMISSION_DENIED', false],
  [UnauthenticatedError, 'UNAUTHENTICATED', false],
] as const;

describe.each(classes)('%o', (Thrown, code, retryable) => {
  const thrown = new Thrown('links[3].to "D9": no such detector — größer 語', { field: 'links[3].to' });

  test(`is sent as ${code} and is itself again at the caller`, async () => {
    const error = await received(statusOfError(thrown));
    expect(error.cause).toMatchObject({ code: status[code], details: thrown.message });
    expect(error).toBeInstanceOf(Thrown);
    expect({ ...error, message: error.message }).toMatchObject({
      name: Thrown.name,
      message: thrown.message,
      field: 'links[3].to',
      retryable,
    });
  });

  test('goes through a stream alike', async () => {
    const error = errorOfStatus(await receivedInStream(statusOfError(thrown)));
    expect(error).toBeInstanceOf(Thrown);
    expect(error).toMatchObject({ message: thrown.message, field: 'links[3].to', retryable });
  });
});

test.each([
  ['CANCELLED', UnavailableError],
  ['UNKNOWN', UnavailableError],
  ['INVALID_ARGUMENT', InvalidInputError],
  ['DEADLINE_EXCEEDED', UnavailableError],
  ['NOT_FOUND', NotFoundError],
  ['ALREADY_EXISTS', UnavailableError],
  ['PERMISSION_DENIED', AccessError],
  ['RESOURCE_EXHAUSTED', LimitError],
  ['FAILED_PRECONDITION', PreconditionError],
  ['ABORTED', UnavailableError],
  ['OUT_OF_RANGE', OutOfRangeError],
  ['UNIMPLEMENTED', InvalidInputError],
  ['INTERNAL', UnavailableError],
  ['UNAVAILABLE', UnavailableError],
  ['DATA_LOSS', UnavailableError],
  ['UNAUTHENTICATED', UnauthenticatedError],
] as const)('the status %s of a server that is not ours is %o, with its name and words', async (name, expected) => {
  const error = await received({ code: status[name], details: 'said the proxy' });
  expect(error).toBeInstanceOf(expected);
  expect(error).toMatchObject({ message: `${name}: said the proxy`, field: '' });
});

test('how long to wait before trying again comes to the caller', async () => {
  const error = await received(statusOfError(new LimitError('too many calls', { retryAfterMs: 1500 })));
  expect(error).toMatchObject({ message: 'too many calls', retryAfterMs: 1500 });
});

describe('an error that is not for callers', () => {
  test.each([
    ['a fault of ours', new TypeError('/secret/path is not a function')],
    ['no error at all', 'a secret text'],
    ['nothing', undefined],
  ])('%s is INTERNAL without its message, and goes to the log whole', async (_, thrown) => {
    const published: unknown[] = [];
    const listen = (error: unknown) => published.push(error);
    unexpectedErrors.subscribe(listen);
    const sent = statusOfError(thrown);
    unexpectedErrors.unsubscribe(listen);
    expect(published).toEqual([thrown]);
    const error = await received(sent);
    expect(error.message).toBe('INTERNAL: internal error: the log of the server has the reason');
    expect(error.cause).toMatchObject({ code: status.INTERNAL });
    expect(JSON.stringify(sent)).not.toContain('secret');
  });

  test('an error that callers may know of is not in the log', () => {
    const published: unknown[] = [];
    const listen = (error: unknown) => published.push(error);
    unexpectedErrors.subscribe(listen);
    statusOfError(new NotFoundError('no such detector'));
    unexpectedErrors.unsubscribe(listen);
    expect(published).toEqual([]);
  });

  test('one that has no status of its own is INTERNAL', () => {
    expect(statusOfError(new ClaimLostError('another process has it')).code).toBe(status.INTERNAL);
  });
});

describe('a trailer', () => {
  const failureWith = (trailer: Metadata) => ({ code: status.NOT_FOUND, details: 'no such thing', metadata: trailer });

  test.each([
    ['bytes that are no message', Buffer.from([0xff, 0xff, 0xff])],
    ['a message cut short', Buffer.from([0x0a, 0x7f, 0x41])],
    ['nothing', Buffer.alloc(0)],
  ])('of %s leaves the status to speak for itself', async (_, bytes) => {
    const trailer = new Metadata();
    trailer.set('tdc-error-bin', bytes);
    const error = await received(failureWith(trailer));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ message: 'NOT_FOUND: no such thing', field: '' });
  });

  test('of somebody else is not read', async () => {
    const trailer = new Metadata();
    const detail = ErrorDetail.encode({
      field: 'theirs',
      message: 'theirs',
      retryable: true,
      retryAfterMs: 9,
    }).finish();
    trailer.set('other-error-bin', Buffer.from(detail));
    expect(await received(failureWith(trailer))).toMatchObject({ message: 'NOT_FOUND: no such thing', field: '' });
  });

  test('cannot make an error of one class one of another', async () => {
    const trailer = new Metadata();
    const detail = ErrorDetail.encode({
      field: 'id',
      message: 'no such id',
      retryable: true,
      retryAfterMs: 0,
    }).finish();
    trailer.set('tdc-error-bin', Buffer.from(detail));
    const error = await received(failureWith(trailer));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ message: 'no such id', field: 'id', retryable: false });
  });
});

describe('a message', () => {
  test('of any length comes as far as its first 2000 characters', async () => {
    const error = await received(statusOfError(new InvalidInputError('語'.repeat(5000))));
    expect(error.message).toBe('語'.repeat(2000));
  });

  test('is not broken by the cut, or by half a character in it, which would end the server', async () => {
    const cut = await received(statusOfError(new InvalidInputError(`${'x'.repeat(1999)}😀`)));
    expect(cut.message).toBe(`${'x'.repeat(1999)}\ufffd`);
    const half = await received(statusOfError(new InvalidInputError('half \ud83d of it')));
    expect(half.message).toBe('half \ufffd of it');
  });

  test('may hold whatever a text can hold', async () => {
    const texts = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 50 })
      .map((units) => String.fromCharCode(...units));
    await fc.assert(
      fc.asyncProperty(texts, async (message) => {
        const error = await received(statusOfError(new LimitError(message)));
        expect(error).toBeInstanceOf(LimitError);
        expect(error.message).toBe(message.toWellFormed());
      }),
    );
  });
});
