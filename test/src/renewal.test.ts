import { join } from 'node:path';
import { enrolBox, finishEnrolment } from '@tdc/agent/enrolment/enrol-box.ts';
import { readIdentity } from '@tdc/agent/enrolment/identity-file.ts';
import { keepRenewing } from '@tdc/agent/enrolment/keep-renewing.ts';
import { EnrollingServer } from '@tdc/server/enrolment/enrolling-server.ts';
import { type Clock, systemClock } from '@tdc/shared/clock.ts';
import { serialOf } from '@tdc/shared/detector-certificate.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';

const hourMs = 3_600_000;
const never = new AbortController().signal;
let server: EnrollingServer;
let identityFile: string;

beforeEach(async () => {
  server = await EnrollingServer.start({ certificateLifeMs: hourMs, graceMs: 48 * hourMs });
  identityFile = join(server.folder, 'box', 'identity.pem');
  const token = await server.token();
  const collectorAddress = token.collectorAddress.replace('127.0.0.1', 'localhost');
  const again = { token: { ...token, collectorAddress }, identityFile, clock: systemClock };
  const first = await enrolBox(again, never);
  // As after a power cut before the end: the same certificate.
  expect(serialOf((await enrolBox(again, never)).certificate)).toBe(serialOf(first.certificate));
  finishEnrolment(identityFile);
});
afterEach(() => server[Symbol.asyncDispose]());

/** Lets an agent renew for so long, as its own clock counts it; what is slept takes no time. */
async function renewedIn(ms: number, aheadMs: number) {
  const renewals: string[] = [];
  const failures: string[] = [];
  const over = new AbortController();
  const startedMs = Date.now();
  let sleptMs = 0;
  const clock: Clock = {
    nowMs: () => startedMs + aheadMs + sleptMs,
    monotonicMs: () => sleptMs,
    async sleep(waitMs) {
      sleptMs += waitMs;
      if (sleptMs >= ms) over.abort();
    },
  };
  await keepRenewing(
    {
      identityFile,
      collectorAddress: readIdentity(identityFile).collectorAddress,
      keptAddress: readIdentity(identityFile).collectorAddress,
      clock,
      random: () => 0.5,
      onRenewed: ({ certificate }) => renewals.push(serialOf(certificate)),
      onFailed: ({ message }) => failures.push(message),
    },
    over.signal,
  );
  return { renewals, failures };
}

const serial = () => serialOf(readIdentity(identityFile).certificate);

test('a certificate is renewed after a third of its life, and the file has the new one', async () => {
  // It is good for an hour, and was an hour before it was made.
  const before = serial();
  const { renewals, failures } = await renewedIn(0.1 * hourMs, -0.5 * hourMs);
  expect({ renewals, failures }).toEqual({ renewals: [], failures: [] });
  expect(serial()).toBe(before);
  const { renewals: later } = await renewedIn(0.1 * hourMs, 0);
  expect(later).toEqual([serial()]);
  expect(serial()).not.toBe(before);
});

test('a clock that is years ahead makes a renewal now and then, not one after the other', async () => {
  const { renewals, failures } = await renewedIn(hourMs, 10 * 365 * 24 * hourMs);
  expect(failures).toEqual([]);
  expect(renewals).toHaveLength(3);
});

test('a box that comes back after the end of its certificate gets a new one', async () => {
  server.advance(30 * hourMs);
  const { renewals, failures } = await renewedIn(0.1 * hourMs, 30 * hourMs);
  expect(failures).toEqual([]);
  expect(renewals).toEqual([serial()]);
});

test('a renewal that is refused is told and tried again', async () => {
  await server.enrol(await server.token());
  const { renewals, failures } = await renewedIn(2 * hourMs, 0);
  expect(renewals).toEqual([]);
  expect(failures.length).toBeGreaterThan(3);
  for (const failure of failures.slice(0, 4)) {
    expect(failure).toMatch(/the certificate was revoked at .*Z \(replaced by a new enrolment\)/);
  }
});
