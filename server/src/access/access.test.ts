import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { AccessError, LimitError, NotFoundError, UnauthenticatedError } from '@tdc/shared/errors.ts';
import { Role } from '@tdc/shared/generated/tdc/v1/access.ts';
import { BoxMailServiceClient, LetterKind } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../repositories/etcd/certificate-authority.ts';
import { type SecuredClient, type SecuredServer, type Shown, startSecuredServer } from './secured-server.ts';
import { hashedToken, newToken } from './token.ts';

const never = new AbortController().signal;
let server: SecuredServer;
let admin: SecuredClient;
let shown: Readonly<Record<'D1' | 'viewer' | 'operator' | 'admin', Shown>>;

beforeAll(async () => {
  server = await startSecuredServer();
  shown = {
    D1: { certificate: server.detector('D1') },
    viewer: { token: await server.token('viewer') },
    operator: { token: await server.token('operator') },
    admin: { token: await server.token('admin') },
  };
  admin = server.client(shown.admin);
  for (const id of ['D1', 'D2']) await putDetector(admin, id);
});
afterAll(() => server[Symbol.asyncDispose]());

const putDetector = ({ ask, collector }: SecuredClient, id: string) =>
  ask(collector, collector.putDetector, {
    detector: { id, name: '', position: { $case: 'geo', value: { latitude: 52.5, longitude: 13.4 } } },
  });
const recent = (detectorId: string) => eventToWire(madeUpEvent({ detectorId, referenceTimeMs: Date.now() - 60_000 }));
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );
const audits = (): readonly Record<string, unknown>[] =>
  server.log.filter(({ msg }) => msg === 'audit').map(({ audit }) => audit as Record<string, unknown>);

describe('a detector', () => {
  test('writes its own events and status', async () => {
    const { ask, collector } = server.client(shown.D1);
    expect(await ask(collector, collector.recordEvents, { events: [recent('D1')] })).toMatchObject({ recorded: 1 });
    await ask(collector, collector.reportStatus, { status: AgentStatus.fromPartial({ detectorId: 'D1' }) });
  });

  test('that writes as another is refused with the field, and nothing of the batch is stored', async () => {
    const { ask, collector } = server.client(shown.D1);
    const events = [recent('D1'), recent('D2')];
    const failure = await failureOf(ask(collector, collector.recordEvents, { events }));
    expect(failure).toBeInstanceOf(AccessError);
    expect(failure).toMatchObject({
      field: 'events[1].detector_id',
      message: '"D2": expected the detector of the certificate, detector D1',
    });
    const status = AgentStatus.fromPartial({ detectorId: 'D2' });
    expect(await failureOf(ask(collector, collector.reportStatus, { status }))).toMatchObject({
      name: 'AccessError',
      field: 'status.detector_id',
    });
    const { query } = admin;
    const listed = await admin.ask(query, query.listEvents, {
      ...{ filter: undefined, fromNs: 0n, toNs: 0n, order: 0, pageSize: 1000, pageToken: '' },
    });
    expect(listed.events.filter(({ id }) => events.some((event) => event.id === id))).toEqual([]);
    expect(audits().at(-2)).toMatchObject({
      principal: 'detector D1',
      method: 'RecordEvents',
      result: 'PERMISSION_DENIED',
    });
  });

  test('tells its own key and fetches its own letters alone, and sends none', async () => {
    const { ask, collector } = server.client(shown.D1);
    const channelOverride = collector.getChannel();
    const mail = new BoxMailServiceClient('', credentials.createInsecure(), { channelOverride });
    const boxKey = new Uint8Array(32).fill(1);
    const [kind, sequence] = [LetterKind.LETTER_KIND_KEY, 1];
    await ask(mail, mail.putBoxKey, { detectorId: 'D1', boxKey });
    expect(
      await ask(mail, mail.fetchLetters, { detectorId: 'D1', afterSequence: 0, takesConfigurations: true }),
    ).toMatchObject({ letters: [] });
    await ask(mail, mail.acknowledgeLetter, { detectorId: 'D1', kind, sequence });
    const refused = { name: 'AccessError', field: 'detector_id' };
    const ofAnother = [
      ask(mail, mail.putBoxKey, { detectorId: 'D2', boxKey }),
      ask(mail, mail.fetchLetters, { detectorId: 'D2', afterSequence: 0, takesConfigurations: true }),
      ask(mail, mail.acknowledgeLetter, { detectorId: 'D2', kind, sequence }),
    ];
    for (const call of ofAnother) expect(await failureOf(call)).toMatchObject(refused);
  });

  test('is refused on a stream from its first batch of another on; those before are acknowledged', async () => {
    const { collector } = server.client(shown.D1);
    const stream = collector.streamEvents();
    const acknowledged: bigint[] = [];
    stream.on('data', ({ batch }) => acknowledged.push(batch));
    const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    stream.write({ batch: 1n, events: [recent('D1')] });
    stream.write({ batch: 2n, events: [recent('D2')] });
    expect(await ended).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(acknowledged).toEqual([1n]);
  });
});

describe('a token', () => {
  const withToken = (token: string) => failureOf(server.client({ token }).listLinks());

  test('that is unknown, malformed, expired or revoked is refused with the reason, and is in no line of the log', async () => {
    const unknown = newToken();
    expect(await withToken(unknown)).toMatchObject({ message: 'the token is refused: there is no such token' });
    const malformed = 'tdc_tooShort';
    expect(await withToken(malformed)).toMatchObject({ message: expect.stringContaining('it is malformed') });
    const expired = newToken();
    const { accessTokens } = server.context.repository;
    const kept = { name: 'gone', role: 'admin', createdAtMs: 1, expiresAtMs: 1_700_000_000_000 } as const;
    await accessTokens.add({ ...hashedToken(expired), ...kept }, never);
    expect(await withToken(expired)).toMatchObject({
      message: 'the token is refused: it expired at 2023-11-14T22:13:20.000Z',
    });
    const revoked = await server.token('admin', 'leaver');
    expect(await withToken(revoked)).toBeUndefined();
    await admin.ask(admin.access, admin.access.revokeToken, { id: hashedToken(revoked).id });
    const refusal = await withToken(revoked);
    expect(refusal).toBeInstanceOf(UnauthenticatedError);
    expect(refusal).toMatchObject({ message: expect.stringMatching(/^the token is refused: it was revoked at 20/) });
    for (const secret of [unknown, malformed, expired, revoked]) expect(server.logText()).not.toContain(secret);
    expect(audits().at(-1)).toMatchObject({ principal: 'unknown', method: 'ListLinks', result: 'UNAUTHENTICATED' });
  });

  test('that is revoked ends the streams that it has open', async () => {
    const token = await server.token('viewer', 'watcher');
    const stream = server.client({ token }).query.watchEvents({ filter: undefined, cursor: '' });
    const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    await new Promise((resolve) => stream.once('data', resolve));
    await admin.ask(admin.access, admin.access.revokeToken, { id: hashedToken(token).id });
    expect(await ended).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  test('is made, listed and revoked by an admin; what is kept of it does not hold it', async () => {
    const { access, ask } = admin;
    const request = { name: 'ops@centre', role: Role.ROLE_VIEWER, seconds: 0 };
    const { token, accessToken } = await ask(access, access.createToken, request);
    expect(await withToken(token)).toBeUndefined();
    const { tokens } = await ask(access, access.listTokens, {});
    const listed = tokens.find(({ id }) => id === accessToken?.id);
    expect(listed).toMatchObject({ name: 'ops@centre', role: Role.ROLE_VIEWER, revokedNs: 0n });
    expect(Number(((listed?.expiresNs ?? 0n) - (listed?.createdNs ?? 0n)) / 1_000_000_000n)).toBe(90 * 86_400);
    expect(listed?.lastUsedNs).toBeGreaterThan(0n);
    const kept = await server.context.repository.accessTokens.list(never);
    expect(JSON.stringify(kept)).not.toContain(token.slice(4, 20));
    for (const wrong of [
      { ...request, name: 'a b' },
      { ...request, role: 9 as Role },
      { ...request, seconds: 59 },
      { ...request, seconds: 366 * 86_400 + 1 },
    ]) {
      expect(await failureOf(ask(access, access.createToken, wrong))).toMatchObject({ name: 'InvalidInputError' });
    }
    expect(await failureOf(ask(access, access.revokeToken, { id: '0'.repeat(16) }))).toBeInstanceOf(NotFoundError);
    expect(await failureOf(ask(access, access.revokeToken, { id: token }))).toMatchObject({ field: 'id' });
    expect(server.logText()).not.toContain(token);
  });
});

test('every write is in the audit with who, what and how it ended; reads are not', async () => {
  const { collector, ask, listLinks } = server.client(shown.operator);
  const before = audits().length;
  await putDetector(server.client(shown.operator), 'D7');
  await ask(collector, collector.deleteDetector, { detectorId: 'D7' });
  await failureOf(ask(collector, collector.deleteLink, { fromDetectorId: 'D1', toDetectorId: 'D9' }));
  await listLinks();
  const by = { principal: 'operator operator', token: hashedToken(shown.operator.token ?? '').id, peer: '127.0.0.1' };
  expect(audits().slice(before)).toEqual([
    { ...by, method: 'PutDetector', subject: 'detector D7', result: 'ok' },
    { ...by, method: 'DeleteDetector', subject: 'detector D7', result: 'ok' },
    {
      ...by,
      ...{ method: 'DeleteLink', subject: 'link D1 to D9', result: 'NOT_FOUND' },
      reason: expect.stringContaining('there is no link'),
    },
  ]);
});

describe('a certificate', () => {
  test('that is not good is refused with the reason, with a good token beside it too', async () => {
    const uri = 'urn:tdc:detector:D1';
    const { authority, folder } = server;
    const theirs = new CertificateAuthority(`${folder}/theirs`, 'theirs');
    const bad = [
      [authority.certificate('late', { uri, days: [-3, -1] }), 'it has expired'],
      [authority.certificate('early', { uri, days: [1, 2] }), 'it is not valid yet'],
      [authority.certificate('server-only', { uri, usage: 'serverAuth' }), 'it is not for clients'],
      [theirs.certificate('D1', { uri }), 'it is not of the authority of this network'],
      [{ certFile: theirs.file, keyFile: theirs.file.replace(/pem$/, 'key') }, 'it is signed by itself'],
    ] as const;
    for (const [certificate, why] of bad) {
      for (const token of [{}, { token: shown.admin.token ?? '' }]) {
        const failure = await failureOf(server.client({ certificate, ...token }).listLinks());
        expect(failure).toBeInstanceOf(UnauthenticatedError);
        expect(String(failure)).toContain(`the certificate that was shown is refused: ${why}`);
      }
    }
  });

  test('of the authority that names no detector, or two, makes nobody of who shows it', async () => {
    const { authority } = server;
    for (const uri of ['urn:tdc:detector:', 'urn:other:D1', 'urn:tdc:detector:D1,URI:urn:tdc:detector:D2']) {
      const { ask, collector } = server.client({ certificate: authority.certificate('odd', { uri }) });
      const failure = await failureOf(ask(collector, collector.recordEvents, { events: [recent('D1')] }));
      expect(failure).toBeInstanceOf(UnauthenticatedError);
    }
  });

  test('is not asked for beside a token', async () => {
    expect(
      await server.client({ certificate: server.authority.certificate('plain'), ...shown.viewer }).listLinks(),
    ).toBeDefined();
  });
});

test('calls beyond the rate are refused with how long to wait, to one principal and not to another', async () => {
  await using limited = await startSecuredServer({ callsPerSecond: 2, eventsPerSecond: 100 });
  const busy = limited.client({ token: await limited.token('viewer', 'busy') });
  const calm = limited.client({ token: await limited.token('viewer', 'calm') });
  const answers = await Promise.all(Array.from({ length: 60 }, () => failureOf(busy.listLinks())));
  const refused = answers.filter((answer) => answer instanceof LimitError);
  expect(refused.length).toBeGreaterThan(20);
  expect(answers.filter((answer) => answer === undefined).length).toBeGreaterThanOrEqual(20);
  for (const { retryAfterMs } of refused) expect(retryAfterMs).toBeGreaterThan(0);
  expect(await failureOf(calm.listLinks())).toBeUndefined();
  // A flood does not fill the log.
  expect(limited.log.filter(({ msg }) => msg === 'audit').length).toBeLessThan(3);
});
