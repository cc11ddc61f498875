import { expect, test } from 'vitest';
import { madeUpAlert } from '../made-up-alert.ts';
import type { Alert } from './api-types.ts';
import { KnownAlerts } from './known-alerts.ts';

function known(...alerts: readonly Alert[]): KnownAlerts {
  const all = new KnownAlerts();
  for (const alert of alerts) all.take(alert);
  return all;
}
const idsOf = (alerts: Iterable<Alert>) => [...alerts].map(({ id }) => id);

test('alerts that nobody sees to are first and are counted, of each state the newest before older ones', () => {
  const all = known(
    madeUpAlert(1),
    madeUpAlert(4, { state: 'acknowledged', subject: 'A:B' }),
    madeUpAlert(2, { state: 'acknowledged' }),
    madeUpAlert(3),
  );
  expect(idsOf(all.current())).toEqual(['3', '1', '4', '2']);
  expect(idsOf(all.current(['A']))).toEqual(['3', '1', '2']);
  expect(idsOf(all.current(['B', 'A:B']))).toEqual(['4']);
  expect(idsOf(all.current(['B']))).toEqual([]);
  expect(all.openCount).toBe(2);
});

test('an alert is what was said of it last, and leaves the others when it is closed', () => {
  const all = known(madeUpAlert(1), madeUpAlert(2), madeUpAlert(1, { state: 'acknowledged', acknowledged_by: 'desk' }));
  expect(all.openCount).toBe(1);
  expect(all.current()[1]).toMatchObject({ id: '1', acknowledged_by: 'desk' });
  all.take(madeUpAlert(1, { state: 'closed' }));
  expect([idsOf(all.current()), idsOf(all.closed)]).toEqual([['2'], ['1']]);
});

test('a page that stays open for weeks forgets closed alerts, the longest closed first', () => {
  const all = known();
  for (let number = 1; number <= 1000; number++) {
    all.take(madeUpAlert(number));
    all.take(madeUpAlert(number, { state: 'closed' }));
  }
  const ids = idsOf(all.closed);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([200, '801', '1000']);
  expect(all.current()).toEqual([]);
});
