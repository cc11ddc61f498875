import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelCredentials, Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AccessError,
  InvalidInputError,
  LimitError,
  NotFoundError,
  OutOfRangeError,
  PreconditionError,
  UnavailableError,
} from './errors.ts';
import { QueryServiceClient, QueryServiceService } from './generated/tdc/v1/query.ts';
import { callUnary, clientCredentials } from './grpc-client.ts';
import { type GrpcServer, type GrpcServerOptions, logUnexpectedErrors, startGrpcServer, unary } from './grpc-server.ts';
import { errorOfStatus } from './grpc-status.ts';
import { createLogger } from './logger.ts';
import { reflectedFiles, reflectedServices } from './reflection-client.ts';

let folder: string;
let server: GrpcServer | undefined;
/** What the service does with a call. */
let answer: (signal: AbortSignal) => Promise<{ links: []; staleSinceNs: bigint }>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-grpc-'));
  answer = async () => ({ links: [], staleSinceNs: 0n });
});
afterEach(async () => {
  await server?.stop(100);
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function start(given: Partial<GrpcServerOptions> = {}): Promise<string> {
  const unused = unary(async () => {
    throw new Error('not in this test');
  });
  const implementation = {
    listEvents: unused,
    watchEvents: () => {},
    listDetectors: unused,
    listLinks: unary((_, signal) => answer(signal)),
  };
  server = await startGrpcServer({
    name: 'query',
    host: '127.0.0.1',
    port: 0,
    services: [{ name: 'tdc.v1.QueryService', definition: QueryServiceService, implementation }],
    logger: createLogger({ level: 'silent' }),
    ...given,
  });
  return server.address;
}

async function listLinks(
  address: string,
  channel: ChannelCredentials = credentials.createInsecure(),
  timeoutMs = 5000,
  signal?: AbortSignal,
) {
  const client = new QueryServiceClient(address, channel);
  try {
    return await callUnary(client, client.listLinks, {}, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
  } finally {
    client.close();
  }
}

describe('errors', () => {
  test.each([
    InvalidInputError,
    NotFoundError,
    PreconditionError,
    OutOfRangeError,
    LimitError,
    UnavailableError,
    AccessError,
  ])('of %o come to the caller as what they were', async (Thrown) => {
    const address = await start();
    answer = async () => {
      throw new Thrown('what came: what was expected', { field: 'links[3].from' });
    };
    const error = await listLinks(address).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Thrown);
    expect(error).toMatchObject({ message: 'what came: what was expected', field: 'links[3].from' });
  });

  test('that are ours go to the log, and say nothing to the caller', async () => {
    const address = await start();
    const lines: string[] = [];
    using _ = logUnexpectedErrors(
      createLogger({ level: 'info', output: { write: (line: string) => lines.push(line) } }),
    );
    answer = async () => {
      throw new TypeError('/secret/path is not a function');
    };
    const error = await listLinks(address).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/internal error/);
    expect(String(error)).not.toContain('secret');
    expect(lines.join()).toContain('/secret/path is not a function');
  });

  test('with a trailer of somebody else are told by their status', () => {
    const error = Object.assign(new Error('14 UNAVAILABLE: away'), { code: status.UNAVAILABLE, details: 'away' });
    expect(errorOfStatus(error as ServiceError)).toMatchObject({ message: 'UNAVAILABLE: away', retryable: true });
  });
});

describe('health', () => {
  const definition = loadSync(healthProto, { enums: String })['grpc.health.v1.Health'] as ServiceDefinition;

  /** What a general tool gets when it asks after a service. */
  async function healthOf(address: string, service: string): Promise<unknown> {
    const client = new Client(address, credentials.createInsecure());
    const method = definition.Check;
    if (method === undefined) throw new Error('health has no Check');
    try {
      const { promise, resolve, reject } = Promise.withResolvers<{ status: string }>();
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize as (bytes: Buffer) => { status: string },
        { service },
        (error, response) => (response === undefined ? reject(error) : resolve(response)),
      );
      return (await promise).status;
    } finally {
      client.close();
    }
  }

  test('tells of the whole and of each service whether it serves, which it does not at first', async () => {
    const address = await start();
    const both = () => Promise.all(['', 'tdc.v1.QueryService'].map((service) => healthOf(address, service)));
    expect(await both()).toEqual(['NOT_SERVING', 'NOT_SERVING']);
    expect(await healthOf(address, 'live')).toBe('SERVING');
    server?.setServing(true);
    expect(await both()).toEqual(['SERVING', 'SERVING']);
    server?.setServing(false);
    expect(await both()).toEqual(['NOT_SERVING', 'NOT_SERVING']);
  });

  test('knows nothing of a service that is not there', async () => {
    const address = await start();
    await expect(healthOf(address, 'tdc.v1.CollectorService')).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('a message', () => {
  /** A request of that many bytes, all of them in a field that no contract has. */
  function sendBytes(address: string, bytes: number): Promise<unknown> {
    const fieldAndLength = Buffer.alloc(6);
    fieldAndLength.set([0xc2, 0x3e]);
    for (let at = 0, left = bytes - 6; at < 4; at += 1, left >>>= 7) {
      fieldAndLength[2 + at] = (left & 0x7f) | (at < 3 ? 0x80 : 0);
    }
    const message = Buffer.concat([fieldAndLength, Buffer.alloc(bytes - 6)]);
    const client = new Client(address, credentials.createInsecure());
    const { listLinks: method } = QueryServiceService;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    client.makeUnaryRequest(
      method.path,
      (request: Buffer) => request,
      method.responseDeserialize,
      message,
      (error, response) => (error === null ? resolve(response) : reject(error)),
    );
    return promise.finally(() => client.close());
  }
  const bytesMax = 4 * 1024 * 1024;

  test('of 4 MiB is taken, and of a byte more refused, which harms nobody else', async () => {
    const address = await start();
    expect(await sendBytes(address, bytesMax)).toEqual({ links: [], staleSinceNs: 0n });
    await expect(sendBytes(address, bytesMax + 1)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await listLinks(address)).toEqual({ links: [], staleSinceNs: 0n });
  });
});

test('a call learns that its caller has gone away, or has run out of patience', async () => {
  const address = await start();
  for (const leave of ['cancel', 'deadline'] as const) {
    const seen = Promise.withResolvers<unknown>();
    answer = (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          seen.resolve(signal.reason);
          reject(signal.reason);
        }),
      );
    const stop = new AbortController();
    const call = listLinks(address, undefined, leave === 'deadline' ? 100 : 5000, stop.signal);
    if (leave === 'cancel') setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(call).rejects.toThrow(leave === 'cancel' ? 'enough' : /DEADLINE_EXCEEDED/);
    expect(await seen.promise).toBeInstanceOf(UnavailableError);
  }
});

test('stopping lets a call end, and cuts one that does not', async () => {
  const address = await start();
  let finish: (() => void) | undefined;
  answer = () =>
    new Promise((resolve) => {
      finish = () => resolve({ links: [], staleSinceNs: 0n });
    });
  const ends = listLinks(address);
  await expect.poll(() => finish).toBeDefined();
  const stopped = server?.stop(5000);
  finish?.();
  expect(await ends).toEqual({ links: [], staleSinceNs: 0n });
  await stopped;

  const again = await start();
  finish = undefined;
  const cut = listLinks(again);
  const failed = expect(cut).rejects.toThrow(UnavailableError);
  await expect.poll(() => finish).toBeDefined();
  await server?.stop(50);
  await failed;
});

test('stopping takes no more calls', async () => {
  const address = await start();
  await server?.stop(1000);
  await expect(listLinks(address)).rejects.toThrow(UnavailableError);
});

test('stopping tells the log when it cuts calls, and only then', async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', output: { write: (line: string) => lines.push(JSON.parse(line).msg) } });
  await start({ logger });
  await server?.stop(1000);
  expect(lines).toEqual([]);
  const address = await start({ logger });
  const called = Promise.withResolvers<void>();
  answer = () => {
    called.resolve();
    return new Promise(() => {});
  };
  const cut = expect(listLinks(address)).rejects.toThrow(UnavailableError);
  await called.promise;
  await server?.stop(20);
  await cut;
  expect(lines).toEqual(['calls did not end within 20 ms: cutting them']);
});

test('a call whose signal is aborted already is not waited for', async () => {
  const address = await start();
  answer = () => new Promise(() => {});
  const reason = new Error('stopped before');
  await expect(listLinks(address, undefined, 5000, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test.each(['v1', 'v1alpha'] as const)('reflection, %s, names the services and gives the contract', async (version) => {
  const address = await start();
  expect(await reflectedServices(address, version)).toEqual(['grpc.health.v1.Health', 'tdc.v1.QueryService']);
  expect(await reflectedFiles(address, 'tdc.v1.Event', version)).toContain('reference_time_ns');
  await expect(reflectedFiles(address, 'tdc.v1.Nothing', version)).rejects.toThrow('Symbol not found: tdc.v1.Nothing');
});

test('a port that is taken is named', async () => {
  const address = await start();
  const port = Number(address.split(':')[1]);
  const first = server;
  await expect(start({ port })).rejects.toThrow(`cannot listen on ${address} for query`);
  server = first;
});

test('an IPv6 address is served and written with brackets', async () => {
  const address = await start({ host: '::1' });
  expect(address).toMatch(/^\[::1\]:\d+$/);
  expect(await listLinks(address)).toEqual({ links: [], staleSinceNs: 0n });
});

describe('mutual TLS', () => {
  /** An authority, and a certificate of it for each name. */
  function certificates(authority: string, names: readonly string[]): void {
    const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${authority}.key`,
      '-out',
      `${authority}.pem`,
      '-subj',
      `/CN=${authority}`,
      '-days',
      '2',
    );
    writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    for (const name of names) {
      openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      const signing = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', '1'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', 'names', '-out', `${name}.pem`);
    }
  }
  const file = (name: string) => join(folder, name);
  const clientTls = (name: string) => ({
    caFile: file('ours.pem'),
    certFile: file(`${name}.pem`),
    keyFile: file(`${name}.key`),
  });

  test('lets in who has a certificate of the authority, and nobody else', async () => {
    certificates('ours', ['server', 'friend']);
    certificates('theirs', ['stranger']);
    const tls = { certFile: file('server.pem'), keyFile: file('server.key'), clientCaFile: file('ours.pem') };
    const address = await start({ tls });
    expect(await listLinks(address, clientCredentials(clientTls('friend')))).toEqual({ links: [], staleSinceNs: 0n });
    const shut = [
      clientCredentials(clientTls('stranger')),
      clientCredentials({ caFile: file('ours.pem') }),
      credentials.createInsecure(),
    ];
    for (const channel of shut) await expect(listLinks(address, channel, 2000)).rejects.toThrow(UnavailableError);
    const wrongAuthority = clientCredentials({ ...clientTls('friend'), caFile: file('theirs.pem') });
    await expect(listLinks(address, wrongAuthority, 2000)).rejects.toThrow(UnavailableError);
  });

  test('names the option whose file cannot be read, and never what is in it', async () => {
    writeFileSync(file('secret.pem'), 'not a certificate but a secret');
    expect(() => clientCredentials({ caFile: file('nowhere.pem') })).toThrow(/tls\.ca .*nowhere\.pem cannot be read/);
    expect(() => clientCredentials({ caFile: file('secret.pem') })).toThrow(/tls\.ca .*expected a file in PEM format$/);
    const tls = { certFile: file('secret.pem'), keyFile: file('secret.pem'), clientCaFile: file('secret.pem') };
    await expect(start({ tls })).rejects.toThrow(/expected a file in PEM format/);
  });

  test.each([
    ['tls.cert', { certFile: 'bad' }],
    ['tls.key', { keyFile: 'bad' }],
    ['tls.client_ca', { clientCaFile: 'bad' }],
  ])('of a server refuses a file that is missing or no PEM by the name of %s', async (option, wrong) => {
    certificates('ours', ['server']);
    const pem = { certFile: file('server.pem'), keyFile: file('server.key'), clientCaFile: file('ours.pem') };
    const bad = Object.fromEntries(Object.entries(wrong).map(([key, name]) => [key, file(name)]));
    const starting = () => start({ tls: { ...pem, ...bad } }).catch((error: unknown) => error);
    const missing = await starting();
    expect(missing).toBeInstanceOf(InvalidInputError);
    expect(missing).toMatchObject({
      field: option,
      message: expect.stringContaining(`${option} ${file('bad')} cannot`),
    });
    writeFileSync(file('bad'), 'a secret, not a certificate');
    const noPem = await starting();
    expect(noPem).toBeInstanceOf(InvalidInputError);
    expect(noPem).toMatchObject({ field: option, message: `${option} ${file('bad')}: expected a file in PEM format` });
  });

  test.each([
    ['tls.ca', { caFile: 'bad' }],
    ['tls.cert', { certFile: 'bad' }],
    ['tls.key', { keyFile: 'bad' }],
  ])('of a client refuses a file that is missing or no PEM by the name of %s', (option, wrong) => {
    certificates('ours', ['client']);
    const pem = { caFile: file('ours.pem'), certFile: file('client.pem'), keyFile: file('client.key') };
    const bad = Object.fromEntries(Object.entries(wrong).map(([key, name]) => [key, file(name)]));
    const making = () => clientCredentials({ ...pem, ...bad });
    expect(making).toThrow(InvalidInputError);
    expect(making).toThrow(`${option} ${file('bad')} cannot be read: ENOENT`);
    writeFileSync(file('bad'), 'a secret, not a certificate');
    expect(making).toThrow(`${option} ${file('bad')}: expected a file in PEM format`);
  });
});
