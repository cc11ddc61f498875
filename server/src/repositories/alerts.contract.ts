import { ClaimLostError, NotFoundError } from '@tdc/shared/errors.ts';
import { firstEventIdAt } from '@tdc/shared/event-id.ts';
import { expect, test } from 'vitest';
import { type Alert, noticeOf } from '../alerts/alert.ts';
import { alertClaimName } from '../alerts/claim-name.ts';
import { type ContractSubject, never, t0 } from './contract-subject.ts';

const opened = (second: number, given: Partial<Alert> = {}): Alert => ({
  id: firstEventIdAt(t0 + second * 1000),
  cause: 'detector_silent',
  subject: 'D1',
  openedAtMs: t0 + second * 1000,
  detail: 'no status for 6 min',
  version: 1,
  ...given,
});
const closedOf = (alert: Alert): Alert => ({
  ...alert,
  closed: { atMs: alert.openedAtMs + 500, detail: 'it is back' },
  version: alert.version + 1,
});
const acknowledgement = { by: 'anna', atMs: t0 + 5, note: 'on my way', requestId: 'r1' };

/** Alerts and their notices. */
export function alertContract({ repository, reopen }: ContractSubject): void {
  async function claimed() {
    const session = await repository().claims.join('a', never);
    const claim = await session.claim(alertClaimName, never);
    if (claim === undefined) throw new Error('somebody else has the alerts');
    return { session, claim };
  }
  const current = () => repository().alerts.current(never);
  const closed = (limit = 1000, beforeId?: string) =>
    repository().alerts.closed({ limit, ...(beforeId === undefined ? {} : { beforeId }) }, never);

  test('alerts are open, acknowledged and closed, and stay where they are', async () => {
    const [first, second] = [opened(1), opened(2, { cause: 'travel_time_unusual', subject: 'D1:D2' })];
    const { session, claim } = await claimed();
    for (const each of [second, first]) expect(await repository().alerts.put(claim, each, [], never)).toBe('stored');
    const acknowledged = { ...first, acknowledgement, version: 2 };
    expect(await repository().alerts.acknowledge(first.id, acknowledgement, never)).toEqual(acknowledged);
    expect(await current()).toEqual([acknowledged, second]);
    expect(await repository().alerts.put(claim, closedOf(acknowledged), [], never)).toBe('stored');
    await session[Symbol.asyncDispose]();
    await reopen();
    expect(await current()).toEqual([second]);
    expect(await closed()).toEqual([closedOf(acknowledged)]);
  });

  test('a change is stored only upon the version that it was made of', async () => {
    const { session, claim } = await claimed();
    await using _session = session;
    const first = opened(1);
    await repository().alerts.put(claim, first, [], never);
    const acknowledged = await repository().alerts.acknowledge(first.id, acknowledgement, never);
    const notice = noticeOf(closedOf(first), 'closed', 'mail', t0);
    expect(await repository().alerts.put(claim, closedOf(first), [notice], never)).toBe('changed');
    expect([await current(), await repository().alerts.notices(never)]).toEqual([[acknowledged], []]);
    await repository().alerts.put(claim, closedOf(acknowledged), [], never);
    expect(await repository().alerts.put(claim, { ...first, version: 1 }, [], never)).toBe('changed');
    expect(await current()).toEqual([]);
  });

  test('an acknowledgement that comes again changes nothing, and another is refused by name', async () => {
    const { session, claim } = await claimed();
    await using _session = session;
    const { alerts } = repository();
    const first = opened(1);
    await alerts.put(claim, first, [], never);
    const once = await alerts.acknowledge(first.id, acknowledgement, never);
    expect(await alerts.acknowledge(first.id, { ...acknowledgement, atMs: t0 + 9 }, never)).toEqual(once);
    const other = { ...acknowledgement, by: 'ben', requestId: 'r2' };
    await expect(alerts.acknowledge(first.id, other, never)).rejects.toThrow(
      `alert ${first.id} is acknowledged already, by anna`,
    );
    await alerts.put(claim, closedOf(once), [], never);
    expect(await alerts.acknowledge(first.id, acknowledgement, never)).toEqual(closedOf(once));
    await expect(alerts.acknowledge(first.id, other, never)).rejects.toThrow(
      'is closed since 2023-11-14T22:13:21.500Z',
    );
    await expect(alerts.acknowledge(opened(9).id, other, never)).rejects.toThrow(NotFoundError);
  });

  test('closed ones come in pages, the newest first, and go by their age', async () => {
    const { session, claim } = await claimed();
    await using _session = session;
    const { alerts } = repository();
    const all = Array.from({ length: 25 }, (_, second) => opened(second));
    for (const each of all) {
      await alerts.put(claim, each, [], never);
      await alerts.put(claim, closedOf(each), [], never);
    }
    const found: Alert[] = [];
    for (let page = await closed(10); page.length > 0; page = await closed(10, found.at(-1)?.id)) found.push(...page);
    expect(found).toEqual(all.map(closedOf).toReversed());
    const open = opened(0, { id: firstEventIdAt(t0 - 5) });
    await alerts.put(claim, open, [], never);
    for (let again = 0; again < 2; again++) await alerts.removeClosedBefore(t0 + 20_000, never);
    expect(await closed()).toEqual(all.slice(20).map(closedOf).toReversed());
    expect(await current()).toEqual([open]);
  });

  test('notices are stored with their alert, and stay until they are removed', async () => {
    const { session, claim } = await claimed();
    const first = opened(1);
    const notices = (['mail', 'webhook'] as const).map((channel) => noticeOf(first, 'opened', channel, t0));
    await repository().alerts.put(claim, first, notices, never);
    await session[Symbol.asyncDispose]();
    await reopen();
    expect(await repository().alerts.notices(never)).toEqual(notices);
    const again = await claimed();
    await using _session = again.session;
    for (let twice = 0; twice < 2; twice++) {
      await repository().alerts.removeNotices(again.claim, [`${first.id}-opened-mail`], never);
    }
    expect(await repository().alerts.notices(never)).toEqual(notices.slice(1));
  });

  test('who has lost the claim changes nothing', async () => {
    const { session, claim } = await claimed();
    await using _session = session;
    const { alerts } = repository();
    const first = opened(1);
    const notice = noticeOf(first, 'opened', 'mail', t0);
    await alerts.put(claim, first, [notice], never);
    await session.release(claim, never);
    await expect(alerts.put(claim, opened(2), [], never)).rejects.toThrow(ClaimLostError);
    await expect(alerts.removeNotices(claim, [notice.id], never)).rejects.toThrow(ClaimLostError);
    expect([await alerts.current(never), await alerts.notices(never)]).toEqual([[first], [notice]]);
  });
}
