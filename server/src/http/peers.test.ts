import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;
const beginMs = Math.floor(Date.now() / minuteMs) * minuteMs - 45 * minuteMs;
let subject: HttpSubject;

beforeAll(async () => {
  subject = await startHttpSubject(['D1', 'D2']);
  const { network, events } = subject.repository;
  const link = { fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 };
  await network.putLink(link, never);
  await network.putLink({ ...link, fromDetectorId: 'D2', toDetectorId: 'D1', estimator: 'mad' }, never);
  // For half an hour a car every half minute, which takes 100 s.
  const cars = Array.from({ length: 60 }, (_, car) => {
    const passage = (detectorId: string, referenceTimeMs: number) =>
      madeUpEvent({
        ...{ detectorId, deviceId: (0xbeef0000 + car).toString(16), referenceTimeMs },
        madeAtMs: referenceTimeMs + 1000,
      });
    const startMs = beginMs + car * 30_000;
    return [passage('D1', startMs), passage('D2', startMs + 100_000)];
  });
  await events.append(cars.flat(), never);
});
afterAll(() => subject[Symbol.asyncDispose]());

interface Minute {
  readonly time: string;
  readonly status: string;
  readonly samples: number;
  readonly mean_seconds: number | null;
}
interface Peer {
  readonly estimator: string;
  readonly minutes: readonly Minute[];
}

async function peers(way: string, fromMinute: number, toMinute: number, more = ''): Promise<readonly Peer[]> {
  const iso = (minute: number) => new Date(beginMs + minute * minuteMs).toISOString();
  const query = `from=${iso(fromMinute)}&to=${iso(toMinute)}${more}`;
  const answer = await subject.get(`/api/v1/links/${way}/peers?${query}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json<{ peers: readonly Peer[] }>().peers;
}

test('the published estimators say minute by minute what they would have said', async () => {
  const all = await peers('D1/D2', 10, 30);
  expect(all.map(({ estimator }) => estimator)).toEqual(['transguide', 'dion-rakha', 'mad', 'iqr-median']);
  for (const { minutes } of all) {
    expect(minutes.map(({ time }) => Date.parse(time))).toEqual(
      Array.from({ length: 20 }, (_, minute) => beginMs + (10 + minute) * minuteMs),
    );
    for (const { status, mean_seconds } of minutes) {
      expect(status).toMatch(/^(live|sparse)$/);
      expect(mean_seconds).toBeCloseTo(100, 6);
    }
  }
  expect(all[2]?.minutes[5]).toMatchObject({ status: 'live', samples: 10, lower_seconds: 100, upper_seconds: 100 });
});

test('those that are named, or all but the own one of the link', async () => {
  expect((await peers('D1/D2', 10, 11, '&estimators=mad')).map(({ estimator }) => estimator)).toEqual(['mad']);
  const backwards = await peers('D2/D1', 10, 11);
  expect(backwards.map(({ estimator }) => estimator)).toEqual([
    'grid-filter',
    'transguide',
    'dion-rakha',
    'iqr-median',
  ]);
});

test('a time of which no events are kept has no value, and one that is still to come no minutes', async () => {
  const [old] = await peers('D1/D2', -3000, -2990);
  expect(old?.minutes).toHaveLength(10);
  expect(new Set(old?.minutes.map(({ status, mean_seconds }) => `${status} ${mean_seconds}`))).toEqual(
    new Set(['no_data null']),
  );
  expect((await peers('D1/D2', 3000, 3010)).map(({ minutes }) => minutes.length)).toEqual([0, 0, 0, 0]);
});

test('a link that there is not is not found', async () => {
  const range = 'from=2026-03-01T08:00:00Z&to=2026-03-01T09:00:00Z';
  expect((await subject.get(`/api/v1/links/D1/D3/peers?${range}`)).status).toBe(404);
});
