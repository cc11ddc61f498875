import { type KeyObject, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { certificateRequestFor, newPrivateKey } from '@tdc/shared/certificate-request.ts';
import { type Clock, systemClock } from '@tdc/shared/clock.ts';
import { type EnrolmentToken, parseEnrolmentToken } from '@tdc/shared/enrolment-token.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { EnrolmentServiceClient } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { callUnary, clientCredentials } from '@tdc/shared/grpc-client.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { createToken } from '../access/token-admin.ts';
import { createAuthority, issueServerFiles } from '../commands/authority.ts';
import type { ServerConfig } from '../config.ts';
import { openContext, type ServerContext } from '../context.ts';
import { madeUpConfig } from '../made-up-config.ts';
import { type RunningServer, startServer } from '../server.ts';
import { pemOfKey } from './authority.ts';
import type { EnrolmentSettings } from './options.ts';

const never = new AbortController().signal;
const timeoutMs = 10_000;
const dayMs = 86_400_000;

/** What a box has once it is enrolled. */
export interface EnrolledBox {
  readonly detectorId: string;
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
}

/** For tests: a server with an authority over TLS on loopback, whose clock can be moved, with detectors D1 and D2; and boxes. */
export class EnrollingServer implements AsyncDisposable {
  readonly folder: string;
  readonly context: ServerContext;
  readonly #servers: RunningServer[] = [];
  readonly #closing: { close(): void }[] = [];
  readonly #clock: { offsetMs: number };
  readonly #lines: string[];

  private constructor(folder: string, context: ServerContext, clock: { offsetMs: number }, lines: string[]) {
    this.folder = folder;
    this.context = context;
    this.#clock = clock;
    this.#lines = lines;
  }

  static async start(given: Partial<EnrolmentSettings> = {}): Promise<EnrollingServer> {
    const folder = mkdtempSync(join(tmpdir(), 'tdc-enrolling-'));
    createAuthority(folder, 'a city', systemClock);
    issueServerFiles(folder, ['localhost', '127.0.0.1'], systemClock);
    const moved = { offsetMs: 0 };
    const clock: Clock = { ...systemClock, nowMs: () => Date.now() + moved.offsetMs };
    const lines: string[] = [];
    const logger = createLogger({ level: 'trace', output: { write: (line: string) => lines.push(line) } });
    const context = await openContext(configIn(folder, given), clock, logger, never);
    const server = new EnrollingServer(folder, context, moved, lines);
    for (const id of ['D1', 'D2']) {
      await context.repository.network.putDetector({ id, name: '', position: { type: 'plane', xM: 0, yM: 0 } }, never);
    }
    await server.startAnother();
    return server;
  }

  /** One more server over the same repository. */
  async startAnother(): Promise<void> {
    this.#servers.push(await startServer(this.context));
  }

  address(index = 0): string {
    return this.#servers[index]?.addresses.get('collector') ?? '';
  }

  get authorityFile(): string {
    return join(this.folder, 'authority.pem');
  }

  get logText(): string {
    return this.#lines.join('');
  }

  /** Moves the server's clock. */
  advance(ms: number): void {
    this.#clock.offsetMs += ms;
  }

  async admin(): Promise<EnrolmentServiceClient> {
    const wanted = { name: 'ann', role: 'admin' as const, seconds: 3600 };
    const { repository, clock } = this.context;
    const { token } = await createToken(repository.accessTokens, clock, wanted, never);
    return this.#enrolment(clientCredentials({ caFile: this.authorityFile }, token));
  }

  async token(detectorId = 'D1'): Promise<EnrolmentToken> {
    const admin = await this.admin();
    const request = { detectorId, collectorAddress: this.address() };
    const { token } = await callUnary(admin, admin.createEnrolment, request, { timeoutMs });
    return parseEnrolmentToken(token);
  }

  /** Rejects with a TdcError. */
  async enrol(
    { detectorId, secret }: Pick<EnrolmentToken, 'detectorId' | 'secret'>,
    privateKey = newPrivateKey(),
    index = 0,
  ): Promise<EnrolledBox> {
    const client = this.#enrolment(clientCredentials({ caFile: this.authorityFile }), index);
    const request = { detectorId, secret: Buffer.from(secret), certificateRequest: certificateRequestFor(privateKey) };
    const { certificate } = await callUnary(client, client.enrol, request, { timeoutMs });
    return { detectorId, privateKey, certificate: new X509Certificate(certificate) };
  }

  /** As `enrol`, with what is given in place of what a box would send. */
  async renew(
    { detectorId, privateKey, certificate }: EnrolledBox,
    given: { readonly newKey?: KeyObject; readonly signedBy?: KeyObject } = {},
  ): Promise<EnrolledBox> {
    const { newKey = newPrivateKey(), signedBy = privateKey } = given;
    const client = this.#enrolment(clientCredentials({ caFile: this.authorityFile }));
    const certificateRequest = certificateRequestFor(newKey);
    const signature = sign('sha256', certificateRequest, signedBy);
    const request = { certificate: certificate.raw, certificateRequest, signature };
    const renewed = await callUnary(client, client.renew, request, { timeoutMs });
    return { detectorId, privateKey: newKey, certificate: new X509Certificate(renewed.certificate) };
  }

  /** What the box sends its events with. */
  collector(box: EnrolledBox): CollectorServiceClient {
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    const client = new CollectorServiceClient(this.address(), this.#channelOf(box), options);
    this.#closing.push(client);
    return client;
  }

  /** What the box would manage enrolments with. */
  enrolmentAs(box: EnrolledBox): EnrolmentServiceClient {
    return this.#enrolment(this.#channelOf(box));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#closing) client.close();
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    await this.context[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }

  #channelOf({ privateKey, certificate }: EnrolledBox): ChannelCredentials {
    const [own, key] = [Buffer.from(certificate.toString()), Buffer.from(pemOfKey(privateKey))];
    return credentials.createSsl(readFileSync(this.authorityFile), key, own);
  }

  #enrolment(channel: ChannelCredentials, index = 0): EnrolmentServiceClient {
    const client = new EnrolmentServiceClient(this.address(index), channel, { 'grpc.use_local_subchannel_pool': 1 });
    this.#closing.push(client);
    return client;
  }
}

const configIn = (folder: string, given: Partial<EnrolmentSettings>): ServerConfig =>
  madeUpConfig(folder, {
    services: ['collector'],
    logLevel: 'trace',
    tls: {
      certFile: join(folder, 'server.pem'),
      keyFile: join(folder, 'server.key'),
      clientCaFile: join(folder, 'authority.pem'),
    },
    enrolment: {
      authority: { certFile: join(folder, 'authority.pem'), keyFile: join(folder, 'authority.key') },
      tokenLifeMs: dayMs,
      certificateLifeMs: 90 * dayMs,
      graceMs: 180 * dayMs,
      ...given,
    },
  });
