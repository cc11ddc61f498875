import { once } from 'node:events';
import { type ServiceError, status } from '@grpc/grpc-js';
import { certificateRequestFor, newPrivateKey } from '@tdc/shared/certificate-request.ts';
import { detectorIdOf, serialOf } from '@tdc/shared/detector-certificate.ts';
import {
  AccessError,
  InvalidInputError,
  LimitError,
  NotFoundError,
  PreconditionError,
  UnauthenticatedError,
} from '@tdc/shared/errors.ts';
import type { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { EnrolmentState } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EnrolledBox, EnrollingServer } from './enrolling-server.ts';

const timeoutMs = 10_000;
const dayMs = 86_400_000;
let server: EnrollingServer;

beforeEach(async () => {
  server = await EnrollingServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

const eventsOf = (detectorId: string) => [
  eventToWire(madeUpEvent({ detectorId, referenceTimeMs: Date.now() - 60_000 })),
];
const send = (collector: CollectorServiceClient, detectorId: string) =>
  callUnary(collector, collector.recordEvents, { events: eventsOf(detectorId) }, { timeoutMs });
const sendAs = (box: EnrolledBox, detectorId = box.detectorId) => send(server.collector(box), detectorId);

async function revokeDetector(detectorId: string, reason = ''): Promise<number> {
  const admin = await server.admin();
  return (await callUnary(admin, admin.revokeDetector, { detectorId, reason }, { timeoutMs })).revoked;
}

async function certificates() {
  const admin = await server.admin();
  return (await callUnary(admin, admin.listCertificates, { detectorId: '' }, { timeoutMs })).certificates;
}

async function enrolments() {
  const admin = await server.admin();
  return (await callUnary(admin, admin.listEnrolments, {}, { timeoutMs })).enrolments;
}

describe('a box with a token', () => {
  test('gets a certificate with which it writes as its detector, and as no other', async () => {
    const box = await server.enrol(await server.token('D1'));
    expect(detectorIdOf(box.certificate)).toBe('D1');
    expect(box.certificate.validToDate.getTime()).toBeLessThanOrEqual(Date.now() + 90 * dayMs);
    expect(await sendAs(box)).toMatchObject({ recorded: 1 });
    await expect(sendAs(box, 'D2')).rejects.toThrow(AccessError);
    await expect(sendAs(box, 'D2')).rejects.toThrow(/"D2": expected the detector of the certificate, detector D1/);
    expect(await enrolments()).toMatchObject([
      { detectorId: 'D1', state: EnrolmentState.ENROLMENT_STATE_USED, serial: serialOf(box.certificate) },
    ]);
    expect(await certificates()).toMatchObject([
      { detectorId: 'D1', serial: serialOf(box.certificate), revokedAtNs: 0n },
    ]);
  });

  test('gets it once: another key is refused, and the same key gets the same certificate', async () => {
    const token = await server.token();
    const key = newPrivateKey();
    const box = await server.enrol(token, key);
    const again = await server.enrol(token, key);
    expect(serialOf(again.certificate)).toBe(serialOf(box.certificate));
    await expect(server.enrol(token)).rejects.toThrow(AccessError);
    await expect(server.enrol(token)).rejects.toThrow(/the token was used already, by another key/);
    expect(await certificates()).toHaveLength(1);
  });

  test('is one of many that come at once to two servers', async () => {
    await server.startAnother();
    const token = await server.token();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => server.enrol(token, newPrivateKey(), i % 2)),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(AccessError);
    expect(await certificates()).toHaveLength(1);
  });

  test('is refused after the token has ended', async () => {
    const token = await server.token();
    server.advance(dayMs + 1000);
    await expect(server.enrol(token)).rejects.toThrow(/the token ended at .*Z: "tdc enrol create --detector D1"/);
    expect(await enrolments()).toMatchObject([{ state: EnrolmentState.ENROLMENT_STATE_EXPIRED, serial: '' }]);
  });

  test('is refused when the token was cancelled, replaced, or its detector removed, and is not told which', async () => {
    const unknown = /the token is not known: it was cancelled or replaced by a newer one, or D1 was removed/;
    const cancelled = await server.token();
    const admin = await server.admin();
    await callUnary(admin, admin.cancelEnrolment, { detectorId: 'D1' }, { timeoutMs });
    await expect(server.enrol(cancelled)).rejects.toThrow(unknown);
    await expect(callUnary(admin, admin.cancelEnrolment, { detectorId: 'D1' }, { timeoutMs })).rejects.toThrow(
      NotFoundError,
    );
    const replaced = await server.token();
    const last = await server.token();
    await expect(server.enrol(replaced)).rejects.toThrow(unknown);
    await server.context.repository.network.deleteDetector('D1', new AbortController().signal);
    await expect(server.enrol(last)).rejects.toThrow(unknown);
  });

  test('cannot become another detector with it', async () => {
    const { secret } = await server.token('D1');
    await server.token('D2');
    await expect(server.enrol({ detectorId: 'D2', secret })).rejects.toThrow(/the token is not known/);
  });

  test('takes the place of the box before, whose certificates are revoked with it', async () => {
    const before = await server.enrol(await server.token());
    const renewed = await server.renew(before);
    const after = await server.enrol(await server.token());
    for (const box of [before, renewed]) await expect(sendAs(box)).rejects.toThrow(/is revoked/);
    expect(await sendAs(after)).toMatchObject({ recorded: 1 });
  });

  test('is refused from the tenth wrong token on, even with a right one', async () => {
    const token = await server.token();
    const wrong = { ...token, secret: new Uint8Array(12) };
    for (let i = 0; i < 10; i += 1) await expect(server.enrol(wrong)).rejects.toThrow(AccessError);
    await expect(server.enrol(wrong)).rejects.toThrow(LimitError);
    await expect(server.enrol(token)).rejects.toThrow(/too many tokens or certificates of this address were refused/);
  });

  test('is refused with a request that is none, or with a secret of another length, and may try again', async () => {
    const token = await server.token();
    const admin = await server.admin();
    const request = {
      detectorId: 'D1',
      secret: Buffer.from(token.secret),
      certificateRequest: certificateRequestFor(newPrivateKey()),
    };
    const tampered = Buffer.from(request.certificateRequest);
    tampered[60] = (tampered[60] ?? 0) ^ 1;
    const refused = (given: Partial<typeof request>, field: string) =>
      expect(callUnary(admin, admin.enrol, { ...request, ...given }, { timeoutMs })).rejects.toThrow(
        expect.objectContaining({ field, name: InvalidInputError.name }),
      );
    await refused({ certificateRequest: tampered }, 'certificate_request');
    await refused({ secret: Buffer.alloc(11) }, 'secret');
    await refused({ detectorId: 'D.1' }, 'detector_id');
    await server.enrol(token);
  });
});

describe('a certificate', () => {
  test('is renewed for a new key; the old one stays good until it ends', async () => {
    const box = await server.enrol(await server.token());
    const newKey = newPrivateKey();
    const renewed = await server.renew(box, { newKey });
    expect(renewed.certificate.checkPrivateKey(newKey)).toBe(true);
    expect(detectorIdOf(renewed.certificate)).toBe('D1');
    for (const each of [box, renewed]) expect(await sendAs(each)).toMatchObject({ recorded: 1 });
    const again = await server.renew(box, { newKey });
    expect(serialOf(again.certificate)).toBe(serialOf(renewed.certificate));
    expect(await certificates()).toHaveLength(2);
  });

  test('that has ended is renewed for a time, and not after it', async () => {
    const box = await server.enrol(await server.token());
    server.advance(260 * dayMs);
    expect(detectorIdOf((await server.renew(box)).certificate)).toBe('D1');
    server.advance(11 * dayMs);
    await expect(server.renew(box)).rejects.toThrow(/ended at .*Z, too long ago to be renewed: enrol the box again/);
  });

  test('that has ended and is not on record is not renewed; one that is valid is', async () => {
    const box = await server.enrol(await server.token());
    const { enrolments } = server.context.repository;
    // As after the loss of the repository, of which a newer certificate of the detector is the only trace.
    const [record] = await enrolments.certificates(new AbortController().signal);
    if (record === undefined) throw new Error('no record');
    const others = { ...record, serial: '01', expiresAtMs: record.expiresAtMs + dayMs };
    await enrolments.addCertificate(others, { forgetBeforeMs: record.expiresAtMs + 1 }, new AbortController().signal);
    expect(detectorIdOf((await server.renew(box)).certificate)).toBe('D1');
    server.advance(91 * dayMs);
    await expect(server.renew(box)).rejects.toThrow(/is not on record: enrol the box again/);
  });

  test('is renewed by the owner of its key alone', async () => {
    const box = await server.enrol(await server.token());
    await expect(server.renew(box, { signedBy: newPrivateKey() })).rejects.toThrow(
      expect.objectContaining({ field: 'signature', name: AccessError.name }),
    );
    await using elsewhere = await EnrollingServer.start();
    const stranger = await elsewhere.enrol(await elsewhere.token());
    await expect(server.renew(stranger)).rejects.toThrow(/is not one of this network's detectors/);
    await expect(sendAs(stranger)).rejects.toThrow(/it is not of the authority of this network/);
  });

  test('is renewed sixteen times at most while all are good', async () => {
    const box = await server.enrol(await server.token());
    for (let i = 1; i < 16; i += 1) await server.renew(box);
    await expect(server.renew(box)).rejects.toThrow(LimitError);
    await expect(server.renew(box)).rejects.toThrow(/D1 has 16 valid certificates/);
  });

  test('that is revoked is refused at the next call and the next batch, and is not renewed', async () => {
    const [box, other] = [await server.enrol(await server.token('D1')), await server.enrol(await server.token('D2'))];
    const collector = server.collector(box);
    const stream = collector.streamEvents();
    stream.write({ batch: 1n, events: eventsOf('D1') });
    expect(await once(stream, 'data')).toMatchObject([{ batch: 1n, recorded: 1 }]);
    const admin = await server.admin();
    const serial = serialOf(box.certificate);
    await callUnary(admin, admin.revokeCertificate, { serial: serial.toUpperCase(), reason: 'stolen' }, { timeoutMs });
    const failure = once(stream, 'error') as Promise<readonly ServiceError[]>;
    stream.write({ batch: 2n, events: eventsOf('D1') });
    const [error] = await failure;
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(error?.details).toMatch(/certificate that was shown is revoked/);
    await expect(send(collector, 'D1')).rejects.toThrow(UnauthenticatedError);
    await expect(server.renew(box)).rejects.toThrow(/was revoked at .*Z \(stolen\)/);
    expect(await sendAs(other)).toMatchObject({ recorded: 1 });
    await expect(
      callUnary(admin, admin.revokeCertificate, { serial: 'abc', reason: '' }, { timeoutMs }),
    ).rejects.toThrow(NotFoundError);
    expect(await certificates()).toMatchObject([{ serial, revocationReason: 'stolen' }, { revokedAtNs: 0n }]);
  });

  test('goes with all of its detector, the open token too', async () => {
    const box = await server.enrol(await server.token());
    const renewed = await server.renew(box);
    const token = await server.token();
    expect(await revokeDetector('D1', 'box lost')).toBe(2);
    expect(await revokeDetector('D1')).toBe(0);
    for (const each of [box, renewed]) await expect(sendAs(each)).rejects.toThrow(/is revoked/);
    await expect(server.enrol(token)).rejects.toThrow(/the token is not known/);
    await expect(revokeDetector('D2')).rejects.toThrow(NotFoundError);
    // The box is found again.
    expect(await sendAs(await server.enrol(await server.token()))).toMatchObject({ recorded: 1 });
  });
});

test('enrolments are created by admins alone, for detectors that are known', async () => {
  const box = await server.enrol(await server.token());
  const admin = await server.admin();
  const create = (detectorId: string, collectorAddress: string) =>
    callUnary(admin, admin.createEnrolment, { detectorId, collectorAddress }, { timeoutMs });
  await expect(create('D9', 'c:9000')).rejects.toThrow(PreconditionError);
  await expect(create('D1', '')).rejects.toThrow(
    /missing, and the server has no enrolment\.address: expected host:port/,
  );
  await expect(create('D1', 'http://c')).rejects.toThrow(InvalidInputError);
  const asBox = server.enrolmentAs(box);
  const request = { detectorId: 'D1', collectorAddress: 'c:9000' };
  await expect(callUnary(asBox, asBox.createEnrolment, request, { timeoutMs })).rejects.toThrow(
    /detector D1 may not call CreateEnrolment: expected the token of an admin/,
  );
});

test('no secret, key or certificate is in the log, whatever was done and refused', async () => {
  const token = await server.token();
  const box = await server.enrol(token);
  await server.renew(box);
  await expect(server.enrol({ ...token, secret: Buffer.alloc(12, 'q') })).rejects.toThrow(AccessError);
  await expect(server.enrol(token)).rejects.toThrow(AccessError);
  const secret = Buffer.from(token.secret);
  const der = box.privateKey.export({ type: 'pkcs8', format: 'der' });
  for (const bytes of [secret, Buffer.alloc(12, 'q'), der.subarray(36, 68), box.certificate.raw.subarray(0, 60)]) {
    for (const encoding of ['hex', 'base64', 'latin1'] as const) {
      expect(server.logText).not.toContain(bytes.toString(encoding));
    }
  }
  expect(server.logText).toContain('"method":"Enrol","subject":"detector D1","result":"ok"');
});
