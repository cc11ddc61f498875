import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { isTimeZone } from '@tdc/shared/wall-clock.ts';
import { expect, test } from 'vitest';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { awamMatches, awamReads, awamSummaries } from './awam.ts';
import { madeUpDetectors, madeUpLinks, recordOf } from './made-up-links.ts';

const austin = 'America/Chicago';
const link = madeUpLinks[0] ?? (undefined as never);
const network = { detectors: madeUpDetectors, links: madeUpLinks };
const at = (iso: string) => Date.parse(iso);

test('reads have the columns of an Individual Address File, with digits filled up', () => {
  const event = madeUpEvent({ referenceTimeMs: at('2010-12-03T06:00:12Z'), madeAtMs: at('2010-12-03T18:00:43Z') });
  const before = madeUpEvent({ referenceTimeMs: at('2010-07-04T17:05:06Z'), madeAtMs: at('2010-07-04T17:05:39Z') });
  const unset = madeUpEvent({ clockQuality: 'unsynchronised' });
  const format = awamReads(austin);
  expect(format.rows([event, before, unset]) + format.end()).toBe(
    '12/03/2010 12:00:43 PM,,12/03/2010 12:00:12 AM,D1,c0ffee01\r\n' +
      '07/04/2010 12:05:39 PM,,07/04/2010 12:05:06 PM,D1,c0ffee01\r\n',
  );
});

test('matches have the columns of an Individual Traffic Match File, without a device', () => {
  const match = {
    ...{ departed: '2019-06-01T04:48:20.000Z', arrived: '2019-06-01T04:49:46.400Z', travel_seconds: 86.4 },
    ...{ rotating: false, weight: 1, reason: 'used' as const },
  };
  const format = awamMatches(link, austin);
  expect(
    format.rows([
      match,
      { ...match, departed: '2019-06-01T05:01:02.000Z', reason: 'together' as const },
      { ...match, reason: 'outlier' as const },
      { ...match, reason: 'unlikely' as const },
    ]) + format.end(),
  ).toBe(
    ',D1,D2,5/31/2019 11:48:20 PM,5/31/2019 11:49:46 PM,86,42,valid,0\r\n' +
      ',D1,D2,6/1/2019 12:01:02 AM,5/31/2019 11:49:46 PM,86,42,valid,0\r\n' +
      ',D1,D2,5/31/2019 11:48:20 PM,5/31/2019 11:49:46 PM,86,42,invalid,0\r\n' +
      ',D1,D2,5/31/2019 11:48:20 PM,5/31/2019 11:49:46 PM,86,42,invalid,0\r\n',
  );
  const withoutLength = madeUpLinks[1] ?? link;
  expect(awamMatches(withoutLength, austin).rows([match])).toContain(',86,-1,valid,0');
});

test('summaries come every five minutes, -1 for what is not of then', () => {
  const summary = (given: Parameters<typeof madeUpEstimate>[1], iso = '2019-06-01T05:00:00Z') =>
    recordOf(madeUpEstimate(0, { timeMs: at(iso), ...given }));
  const { estimate } = madeUpEstimate(0);
  const format = awamSummaries(network, austin);
  const names = `"""quoted"", 'single' and, commas",,,"two\r\nlines\tand a tab",,`;
  expect(
    format.rows([
      summary({}),
      summary({}, '2019-06-01T05:01:00Z'),
      summary({ estimate: { ...estimate, status: 'stale' } }, '2019-06-01T05:05:00Z'),
      summary({ estimate: { samples: 0, status: 'no_data' } }, '2019-06-01T17:10:00Z'),
    ]) + format.end(),
  ).toBe(
    `D1,D2,${names},1.000,6/1/2019 12:00 AM,91,40,5,5,9\r\n` +
      `D1,D2,${names},1.000,6/1/2019 12:05 AM,-1,-1,5,0,-1\r\n` +
      `D1,D2,${names},1.000,6/1/2019 12:10 PM,-1,-1,5,0,-1\r\n`,
  );
  const formula = summary({ fromDetectorId: 'D4', toDetectorId: 'M1' });
  expect(awamSummaries(network, austin).rows([formula])).toMatch(/^D4,M1,'=cmd\|' \/C calc'!A0,,,Straße 🚦 .*,-1,6\//);
});

test.each(['UTC', 'Europe/Berlin', 'America/Chicago'])('%s is a time zone', (name) =>
  expect(isTimeZone(name)).toBe(true),
);
test.each(['', 'Mars/Olympus', 'x'.repeat(1000), '../etc'])('%j is none', (name) =>
  expect(isTimeZone(name)).toBe(false),
);
