import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type SecuredServer, startSecuredServer } from '../access/secured-server.ts';
import { alertAt, closedOf, firstAlertMs, putAlerts } from '../alerts/made-up-alerts.ts';
import { type Asking, ask } from './asking.ts';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';
import { listen } from './listener.ts';
import type { Problem } from './schemas/problem.ts';

const never = new AbortController().signal;
describe('alerts over HTTP', () => {
  let subject: HttpSubject;
  beforeEach(async () => {
    subject = await startHttpSubject(['D1', 'D2']);
    return () => subject[Symbol.asyncDispose]();
  });
  const read = async (query: string) => {
    const answer = await subject.get(`/api/v1/alerts${query}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.json<{ alerts: { id: string; state: string; subject: string }[]; next_page_token: string | null }>();
  };
  const post = (id: string, body: unknown, asking: Asking = {}) =>
    ask(`${subject.url}/api/v1/alerts/${id}/acknowledgement`, {
      ...asking,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...asking.headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  test('are those that are not closed, then those that are, in pages, by state and subject', async () => {
    const open = [alertAt(100), alertAt(101, { subject: 'D1:D2', cause: 'travel_time_unusual' })];
    const past = Array.from({ length: 7 }, (_, second) => alertAt(second, { subject: second % 2 === 0 ? 'D1' : 'D2' }));
    await putAlerts(subject.repository, ...open, ...past, ...past.map(closedOf));
    const first = await read('?page_size=3');
    expect(first.alerts.map(({ state }) => state)).toEqual(['open', 'open', 'closed', 'closed', 'closed']);
    const ids: string[] = first.alerts.map(({ id }) => id);
    for (let token = first.next_page_token; token !== null; ) {
      const page = await read(`?page_size=3&page_token=${token}`);
      ids.push(...page.alerts.map(({ id }) => id));
      token = page.next_page_token;
    }
    expect(ids).toEqual([...open.map(({ id }) => id), ...past.map(({ id }) => id).toReversed()]);
    expect((await read('?state=open&subject=D1:D2')).alerts).toMatchObject([
      { cause: 'travel_time_unusual', opened_at: '2023-11-14T22:15:01.000Z', acknowledged_by: null, closed_at: null },
    ]);
    const odd = await read('?state=closed&subject=D2&page_size=2');
    expect(odd.alerts.map(({ id }) => id)).toEqual([past[5]?.id, past[3]?.id]);
    const rest = await read(`?state=closed&subject=D2&page_size=2&page_token=${odd.next_page_token}`);
    expect([rest.alerts.map(({ id }) => id), rest.next_page_token]).toEqual([[past[1]?.id], null]);
    expect((await read('?state=acknowledged')).alerts).toEqual([]);
  });

  test('are acknowledged once; the same request again changes nothing, and another is told who was first', async () => {
    const alert = alertAt(1);
    await putAlerts(subject.repository, alert);
    const request = { note: 'on my way <b>', request_id: 'r-1' };
    const answer = await post(alert.id, request);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({
      alert: { state: 'acknowledged', acknowledged_by: 'local', note: 'on my way <b>' },
    });
    expect((await post(alert.id, request)).text).toBe(answer.text);
    const other = await post(alert.id, { request_id: 'r-2' });
    expect([other.status, other.json<Problem>().detail]).toEqual([
      409,
      `id: alert ${alert.id} is acknowledged already, by local`,
    ]);
    expect((await post(alertAt(9).id, request)).status).toBe(404);
    const audits = subject.log.flatMap(({ audit }) => (audit === undefined ? [] : [audit]));
    expect(audits).toMatchObject([
      { method: 'AcknowledgeAlert', subject: `alert ${alert.id}`, result: 'ok', principal: 'local' },
      { result: 'ok' },
      { result: 'FAILED_PRECONDITION' },
      { result: 'NOT_FOUND' },
    ]);
  });

  test.each([
    ['no body', '', 400],
    ['what is no JSON', '{', 400],
    ['another field', { request_id: 'r', by: 'eve' }, 400],
    ['no request id', { note: '' }, 400],
    ['a request id that is none', { request_id: 'a b' }, 400],
    ['a long note', { request_id: 'r', note: 'x'.repeat(501) }, 400],
    ['too much', { request_id: 'r', note: 'x'.repeat(20_000) }, 413],
  ])('are not acknowledged by %s', async (_, body, status) => {
    const alert = alertAt(1);
    await putAlerts(subject.repository, alert);
    expect((await post(alert.id, body)).status).toBe(status);
    expect(await subject.repository.alerts.current(never)).toEqual([alert]);
  });

  test('are not acknowledged by a page of another site', async () => {
    const alert = alertAt(1);
    await putAlerts(subject.repository, alert);
    const request = { request_id: 'r' };
    for (const site of ['cross-site', 'same-site']) {
      expect((await post(alert.id, request, { headers: { 'sec-fetch-site': site } })).status).toBe(403);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      expect((await post(alert.id, request, { headers: { 'content-type': type } })).status).toBe(415);
    }
    expect(await subject.repository.alerts.current(never)).toEqual([alert]);
    expect((await post(alert.id, request, { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
  });

  test('come live as they are opened, acknowledged and closed, and their end makes nobody begin anew', async () => {
    using listener = await listen(`${subject.url}/api/v1/live`);
    await expect.poll(() => listener.named('heartbeat').length).toBe(1);
    const alert = alertAt(1);
    await putAlerts(subject.repository, alert);
    const states = () => listener.named('alert').map(({ state }) => state);
    await expect.poll(states, { timeout: 5000 }).toEqual(['open']);
    const acknowledged = await subject.repository.alerts.acknowledge(
      alert.id,
      { by: 'a', atMs: firstAlertMs, note: '', requestId: 'r' },
      never,
    );
    await expect.poll(states, { timeout: 5000 }).toEqual(['open', 'acknowledged']);
    await putAlerts(subject.repository, closedOf(acknowledged));
    await expect.poll(states, { timeout: 5000 }).toEqual(['open', 'acknowledged', 'closed']);
    await subject.repository.alerts.removeClosedBefore(firstAlertMs + 1_000_000, never);
    const next = alertAt(2);
    await putAlerts(subject.repository, next);
    await expect.poll(states, { timeout: 5000 }).toEqual(['open', 'acknowledged', 'closed', 'open']);
    expect(listener.named('begin')).toHaveLength(1);
  });
});

describe('who may acknowledge', () => {
  let server: SecuredServer;
  beforeAll(async () => {
    server = await startSecuredServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('is an operator, under the name of the token', async () => {
    const path = `/api/v1/alerts/${alertAt(1).id}/acknowledgement`;
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"request_id":"r"}' };
    expect((await server.get(path, {}, asked)).status).toBe(401);
    expect((await server.get(path, { token: await server.token('viewer') }, asked)).status).toBe(403);
    expect((await server.get(path, { token: await server.token('operator') }, asked)).status).toBe(404);
  });
});
