import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HistoryQuery, isComparing, parametersOf, periodParametersOf, queryIn } from './history-query.ts';
import { weekdays } from './history-types.ts';

const nothing: HistoryQuery = {
  ...{ period: { first: '', last: '' }, before: { first: '', last: '' } },
  ...{ weekdays: [], timeFrom: '', timeTo: '' },
};

test('what is chosen is asked for by the names of the API, with the day after the last', () => {
  const query: HistoryQuery = {
    period: { first: '2028-02-01', last: '2028-02-29' },
    before: { first: '2027-12-01', last: '2027-12-31' },
    ...{ weekdays: ['mon', 'fri'], timeFrom: '07:00', timeTo: '24:00' },
  };
  expect(parametersOf(query).toString()).toBe(
    'from_date=2028-02-01&to_date=2028-03-01&before_from=2027-12-01&before_to=2028-01-01&weekdays=mon&weekdays=fri&time_from=07%3A00&time_to=24%3A00',
  );
  expect(periodParametersOf(query).has('before_from')).toBe(false);
  expect([isComparing(query), isComparing(nothing)]).toEqual([true, false]);
});

test('nothing chosen, or every day of the week, is nothing asked for', () => {
  expect(parametersOf(nothing).toString()).toBe('');
  expect(parametersOf({ ...nothing, weekdays }).toString()).toBe('');
});

test('what is chosen is found again in the address', () => {
  const date = fc
    .date({ min: new Date('1971-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10));
  const period = fc.record({ first: date, last: date });
  const some = fc.subarray([...weekdays], { maxLength: 6 });
  fc.assert(
    fc.property(period, period, some, (own, before, days) => {
      const query = { period: own, before, weekdays: days, timeFrom: '06:15', timeTo: '' };
      expect(queryIn(new URLSearchParams(parametersOf(query).toString()))).toEqual(query);
    }),
  );
});

test('what is no date goes to the server as it is, which says so', () => {
  const query = queryIn(new URLSearchParams('from_date=tomorrow&to_date=2026-13-40'));
  expect(query.period).toEqual({ first: 'tomorrow', last: '2026-13-40' });
  expect(parametersOf(query).get('to_date')).toBe('2026-13-40');
});
