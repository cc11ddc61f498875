import type { DetectionEvent } from '@tdc/shared/event.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';

const never = new AbortController().signal;
const t0 = 1_700_000_000_000;
const detectorIds = ['D1', 'D2', 'D3'];
let subject: HttpSubject;

beforeAll(async () => {
  subject = await startHttpSubject(detectorIds);
});
afterAll(() => subject[Symbol.asyncDispose]());

const eventAt = (index: number, offsetMs: number): DetectionEvent =>
  madeUpEvent({ detectorId: detectorIds[index % 3] ?? '', referenceTimeMs: t0 + index * 1000 + offsetMs });

test.each(['oldest-first', 'newest-first'])(
  'pages %s have no gap and repeat nothing while events are committed',
  async (order) => {
    const before = Array.from({ length: 300 }, (_, index) => eventAt(index, 0));
    await subject.repository.events.append(before, never);
    const seen: string[] = [];
    const added: DetectionEvent[] = [];
    let token: string | null = '';
    for (let page = 0; token !== null; page++) {
      const query: string = `order=${order}&page_size=7${token === '' ? '' : `&page_token=${token}`}`;
      const answer = await subject.get(`/api/v1/events?${query}`);
      expect(answer.status).toBe(200);
      const body = answer.json<{ events: { id: string }[]; next_page_token: string | null }>();
      seen.push(...body.events.map(({ id }) => id));
      token = body.next_page_token;
      // All over the list: before and behind the place that is reached.
      const more = [17, 103, 211, 298].map((index) => eventAt(index, 1 + (page % 900)));
      added.push(...more);
      await subject.repository.events.append(more, never);
      expect(page).toBeLessThan(2000);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(order === 'oldest-first' ? seen.toSorted() : seen.toSorted().reverse());
    const known = new Set(seen);
    expect(before.filter(({ id }) => !known.has(id))).toEqual([]);
    expect(added.filter(({ id }) => known.has(id)).length).toBeGreaterThan(0);
  },
);

test('a token is for its own query alone', async () => {
  await subject.repository.events.append([eventAt(1, 0), eventAt(2, 0)], never);
  const { next_page_token: token } = (await subject.get('/api/v1/events?page_size=1')).json<{
    next_page_token: string;
  }>();
  expect((await subject.get(`/api/v1/events?page_size=3&page_token=${token}`)).status).toBe(200);
  for (const other of ['order=newest-first', 'kinds=ble', 'detector_ids=D1', 'to=2030-01-01T00:00:00Z']) {
    const answer = await subject.get(`/api/v1/events?${other}&page_token=${token}`);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('of another query')]);
  }
});
