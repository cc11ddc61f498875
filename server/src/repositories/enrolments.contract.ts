import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import type { CertificateRecord, Enrolment } from '../enrolment-store.ts';
import { type ContractSubject, never, t0 } from './contract-subject.ts';

const dayMs = 86_400_000;
const enrolment = (given: Partial<Enrolment> = {}): Enrolment => ({
  detectorId: 'D1',
  secretHash: 'ab'.repeat(32),
  createdAtMs: t0,
  expiresAtMs: t0 + dayMs,
  ...given,
});
const certificate = (serial: string, given: Partial<CertificateRecord> = {}): CertificateRecord => ({
  detectorId: 'D1',
  serial,
  issuedAtMs: t0 + 1000,
  expiresAtMs: t0 + 90 * dayMs,
  certificate: Buffer.from(`certificate ${serial}`),
  ...given,
});
const keepsAll = { forgetBeforeMs: 0 };

/** Who may become a detector, and with what certificate. */
export function enrolmentContract({ repository, reopen }: ContractSubject): void {
  const plain = async (detectorId?: string) =>
    (await repository().enrolments.certificates(never, detectorId)).map((record) => ({
      ...record,
      certificate: Buffer.from(record.certificate).toString(),
    }));
  const asPlain = (record: CertificateRecord) => ({
    ...record,
    certificate: Buffer.from(record.certificate).toString(),
  });

  test('a detector has one enrolment, the last, and what is kept of it comes back', async () => {
    const { enrolments } = repository();
    await enrolments.putEnrolment(enrolment({ detectorId: 'D2' }), never);
    await enrolments.putEnrolment(enrolment(), never);
    const last = enrolment({ secretHash: 'cd'.repeat(32), expiresAtMs: t0 + 2 * dayMs });
    await enrolments.putEnrolment(last, never);
    await reopen();
    const after = repository().enrolments;
    expect(await after.enrolments(never)).toEqual([last, enrolment({ detectorId: 'D2' })]);
    expect(await after.enrolments(never, 'D1')).toEqual([last]);
    expect(await after.enrolments(never, 'D3')).toEqual([]);
  });

  test('an enrolment is refused for a detector that is not in the network, and goes with its detector', async () => {
    const { enrolments, network } = repository();
    await expect(enrolments.putEnrolment(enrolment({ detectorId: 'D9' }), never)).rejects.toThrow(PreconditionError);
    await enrolments.putEnrolment(enrolment({ detectorId: 'D3' }), never);
    await network.deleteDetector('D3', never);
    expect(await enrolments.enrolments(never)).toEqual([]);
  });

  test('an enrolment is removed once', async () => {
    const { enrolments } = repository();
    await enrolments.putEnrolment(enrolment(), never);
    await enrolments.removeEnrolment('D1', never);
    await expect(enrolments.removeEnrolment('D1', never)).rejects.toThrow(NotFoundError);
    expect(await enrolments.useEnrolment(enrolment(), certificate('01'), 'replaced', never)).toBe('changed');
    expect(await plain()).toEqual([]);
  });

  test('of many that use an enrolment at once, one does', async () => {
    const { enrolments } = repository();
    await enrolments.putEnrolment(enrolment(), never);
    const serials = ['01', '02', '03', '04', '05'];
    const outcomes = await Promise.all(
      serials.map((serial) => enrolments.useEnrolment(enrolment(), certificate(serial), 'replaced', never)),
    );
    expect(outcomes.toSorted()).toEqual(['changed', 'changed', 'changed', 'changed', 'used']);
    const winner = serials[outcomes.indexOf('used')] ?? '';
    expect(await enrolments.enrolments(never)).toEqual([enrolment({ usedFor: winner })]);
    expect(await plain()).toEqual([asPlain(certificate(winner))]);
    expect(await enrolments.useEnrolment(enrolment(), certificate('06'), 'replaced', never)).toBe('changed');
  });

  test('an enrolment that another has replaced is not used', async () => {
    const { enrolments } = repository();
    await enrolments.putEnrolment(enrolment(), never);
    await enrolments.putEnrolment(enrolment({ secretHash: 'cd'.repeat(32) }), never);
    expect(await enrolments.useEnrolment(enrolment(), certificate('01'), 'replaced', never)).toBe('changed');
    expect(await enrolments.enrolments(never)).toEqual([enrolment({ secretHash: 'cd'.repeat(32) })]);
  });

  test('using an enrolment revokes the earlier certificates of its detector, and no others', async () => {
    const { enrolments } = repository();
    const others = certificate('0a', { detectorId: 'D2' });
    const revocation = { atMs: t0 + 5, reason: 'stolen' };
    const revoked = certificate('01', { revocation });
    for (const record of [others, revoked, certificate('02')]) await enrolments.addCertificate(record, keepsAll, never);
    await enrolments.putEnrolment(enrolment(), never);
    const fresh = certificate('03', { issuedAtMs: t0 + 9000 });
    await enrolments.useEnrolment(enrolment(), fresh, 'replaced', never);
    const replaced = certificate('02', { revocation: { atMs: t0 + 9000, reason: 'replaced' } });
    expect(await plain()).toEqual([revoked, replaced, fresh, others].map(asPlain));
    expect(await plain('D2')).toEqual([asPlain(others)]);
  });

  test('certificates are kept in the order of their issue, each once, until they are forgotten', async () => {
    const { enrolments } = repository();
    const later = certificate('01', { issuedAtMs: t0 + 2000 });
    const over = certificate('03', { issuedAtMs: t0, expiresAtMs: t0 + dayMs });
    for (const record of [later, certificate('02'), over, later]) {
      expect(await enrolments.addCertificate(record, keepsAll, never)).toBe('added');
    }
    await reopen();
    expect(await plain()).toEqual([over, certificate('02'), later].map(asPlain));
    const next = certificate('04', { issuedAtMs: t0 + 3000 });
    await repository().enrolments.addCertificate(next, { forgetBeforeMs: t0 + dayMs + 1 }, never);
    expect(await plain('D1')).toEqual([certificate('02'), later, next].map(asPlain));
  });

  test('a revocation is kept as it was first made', async () => {
    const { enrolments } = repository();
    for (const serial of ['01', '02', '03']) await enrolments.addCertificate(certificate(serial), keepsAll, never);
    const first = { atMs: t0 + 10, reason: 'lost' };
    expect(await enrolments.revoke('D1', '02', first, never)).toBe(1);
    expect(await enrolments.revoke('D1', '02', { atMs: t0 + 20, reason: 'again' }, never)).toBe(0);
    expect(await enrolments.revoke('D1', '09', first, never)).toBe(0);
    expect(await enrolments.revoke('D9', 'all', first, never)).toBe(0);
    const all = { atMs: t0 + 30, reason: 'all' };
    expect(await enrolments.revoke('D1', 'all', all, never)).toBe(2);
    await reopen();
    expect((await plain()).map(({ serial, revocation }) => [serial, revocation])).toEqual([
      ['01', all],
      ['02', first],
      ['03', all],
    ]);
  });

  test('a certificate is not renewed once it is revoked, not even at the same moment', async () => {
    const { enrolments } = repository();
    await enrolments.addCertificate(certificate('01'), keepsAll, never);
    const revocation = { atMs: t0 + 10, reason: 'stolen' };
    const renewals = Array.from({ length: 6 }, (_, index) =>
      enrolments.addCertificate(certificate(`1${index}`), { renews: '01', forgetBeforeMs: 0 }, never),
    );
    const [revoked, ...outcomes] = await Promise.all([enrolments.revoke('D1', 'all', revocation, never), ...renewals]);
    expect(revoked).toBeGreaterThanOrEqual(1);
    // Those that came before the revocation are revoked with it; those that came after were refused.
    for (const { serial, revocation: found } of await plain()) expect(found, serial).toEqual(revocation);
    expect((await plain()).length).toBe(1 + outcomes.filter((outcome) => outcome === 'added').length);
    expect(await enrolments.addCertificate(certificate('20'), { renews: '01', forgetBeforeMs: 0 }, never)).toBe(
      'revoked',
    );
  });
}
