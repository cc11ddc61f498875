import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from './alert.ts';
import { AlertBook, openAlertsMax } from './alert-book.ts';
import { levelOf, type Reading } from './reading.ts';
import type { AlertRules } from './rules.ts';
import type { Level } from './watch.ts';

const rules: AlertRules = {
  drops: true,
  travelTimeSeconds: new Map([['D1:D2', 600]]),
  clockMinutes: 10,
  silentMinutes: 10,
};
const minuteMs = 60_000;
const reading = (level: Level, given: Partial<Reading> = {}): Reading => ({
  ...{ cause: 'travel_time_high', subject: 'D1:D2', detail: level, level },
  ...given,
});

/** A book, and the alerts that follow from it, stored at once. */
function desk() {
  let ids = 0;
  const book = new AlertBook({ rules, newId: () => `alert ${++ids}` });
  let open: readonly Alert[] = [];
  return {
    book,
    open: () => open,
    look(readings: readonly Reading[], nowMs: number) {
      const changes = book.changes(readings, open, nowMs);
      for (const { event, alert } of changes) {
        open = event === 'opened' ? [...open, alert] : open.filter(({ id }) => id !== alert.id);
      }
      return changes;
    },
  };
}

/** Events of a signal that is looked at once a minute. */
const eventsOf = (levels: readonly Level[]) => {
  const { look } = desk();
  return levels.flatMap((level, minute) =>
    look([reading(level)], minute * minuteMs).map(({ event }) => `${event} ${minute}`),
  );
};
const times = (level: Level, count: number): readonly Level[] => Array(count).fill(level);

describe('an alert', () => {
  test('is opened once its reason has lasted, and closed once it is well again for long enough', () => {
    expect(eventsOf([...times('bad', 8), ...times('good', 20)])).toEqual(['opened 5', 'closed 18']);
  });

  test('is not opened by what is over sooner, however often it comes', () => {
    expect(
      eventsOf(
        Array(20)
          .fill([...times('bad', 5), 'between'])
          .flat(),
      ),
    ).toEqual([]);
  });

  test('is not closed by a pause, nor by silence until it has lasted an hour', () => {
    const pauses = Array(10)
      .fill([...times('good', 9), 'bad'])
      .flat();
    expect(eventsOf([...times('bad', 6), ...pauses])).toEqual(['opened 5']);
    expect(eventsOf([...times('bad', 6), ...times('unknown', 59), 'bad'])).toEqual(['opened 5']);
    expect(eventsOf([...times('bad', 6), ...times('unknown', 70)])).toEqual(['opened 5', 'closed 66']);
  });

  test('is closed an hour after nobody looks at its subject any more', () => {
    const { look } = desk();
    look([reading('bad')], 0);
    expect(look([reading('bad')], 5 * minuteMs)).toHaveLength(1);
    expect(look([], 6 * minuteMs)).toEqual([]);
    expect(look([], 66 * minuteMs)).toMatchObject([
      { event: 'closed', alert: { closed: { detail: 'nothing is known of it any more' }, version: 2 } },
    ]);
  });

  test('however a signal wobbles within the hysteresis, is opened once at most', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 541, max: 700, noNaN: true }), { maxLength: 400 }), (values) => {
        const events = eventsOf(values.map((value) => levelOf(value, 540, 600)));
        expect(events.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('whatever comes, one of a cause and subject at most is open, and none comes and goes sooner than it may', () => {
    const level = fc.constantFrom<Level>('bad', 'between', 'good', 'unknown');
    fc.assert(
      fc.property(fc.array(fc.tuple(level, level), { maxLength: 300 }), (pairs) => {
        const { look, open } = desk();
        const openedAt = new Map<string, number>();
        for (const [minute, [first, second]] of pairs.entries()) {
          const readings = [reading(first), reading(second, { subject: 'D2:D1' })];
          for (const { event, alert } of look(readings, minute * minuteMs)) {
            const before = openedAt.get(alert.subject);
            if (event === 'opened' && before !== undefined) expect(minute - before).toBeGreaterThanOrEqual(5 + 10);
            if (event === 'opened') openedAt.set(alert.subject, minute);
          }
          expect(new Set(open().map(({ subject }) => subject)).size).toBe(open().length);
        }
      }),
    );
  });

  test('goes on from where another worker has come to', () => {
    const first = desk();
    for (let minute = 0; minute < 4; minute++) first.look([reading('bad')], minute * minuteMs);
    const second = desk();
    second.book.goOnFrom(JSON.parse(JSON.stringify(first.book.watches)));
    expect(second.look([reading('bad')], 5 * minuteMs)).toMatchObject([{ event: 'opened' }]);
  });

  test('that could not be stored comes again', () => {
    const book = new AlertBook({ rules, newId: () => 'an id' });
    book.changes([reading('bad')], [], 0);
    expect(book.changes([reading('bad')], [], 5 * minuteMs)).toHaveLength(1);
    expect(book.changes([reading('bad')], [], 6 * minuteMs)).toHaveLength(1);
  });

  test('is not opened where there are too many', () => {
    const { look, open } = desk();
    const many = Array.from({ length: openAlertsMax + 9 }, (_, index) =>
      reading('bad', { cause: 'drops', subject: `D${index}` }),
    );
    look(many, 0);
    look(many, minuteMs);
    expect(open().length).toBe(openAlertsMax);
  });
});
