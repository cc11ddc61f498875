import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecentMatches } from '../recent-matches.ts';
import { dionRakha } from './dion-rakha.ts';
import { iqrMedian } from './iqr-median.ts';
import { mad } from './mad.ts';
import { transGuide } from './trans-guide.ts';
import type { Rule } from './window-estimator.ts';

/** Travel times in seconds of those who arrive in a minute, spread over it. */
type Minutes = readonly (readonly number[])[];
const minuteMs = 60_000;
/** At a full interval of Dion and Rakha. */
const beginMs = 1_200_000;

/** The value at the end of each minute, held where the rule gives none. */
function values(rule: Rule, minutes: Minutes): readonly (number | undefined)[] {
  const recent = new RecentMatches();
  let last: number | undefined;
  return minutes.map((times, minute) => {
    const startMs = beginMs + minute * minuteMs;
    for (const [index, travelTimeS] of times.entries()) {
      const arrivedMs = startMs + Math.floor(((index + 1) * minuteMs) / (times.length + 1));
      const departedMs = arrivedMs - travelTimeS * 1000;
      recent.add({ id: `${minute}-${index}`, departedMs, arrivedMs, travelTimeS, weight: 1, rotating: false });
    }
    const nowMs = startMs + minuteMs;
    recent.forget(nowMs);
    last = rule(recent, nowMs)?.travelTimeS ?? last;
    return last;
  });
}
const rounded = (all: readonly (number | undefined)[]) =>
  all.map((each) => (each === undefined ? undefined : Math.round(each * 100) / 100));

describe('by hand', () => {
  test('TransGuide: the mean of those within 20 % of the last mean, which a jump of the road leaves behind for ever', () => {
    const minutes = [[100, 110, 90], [130, 115], [], [], [], [], [], ...Array(6).fill([300])];
    // 130 is outside of 80 to 120: (100 + 110 + 90 + 115) / 4. Then 115 alone is left, and then nobody.
    expect(rounded(values(transGuide(), minutes)).slice(0, 7)).toEqual([
      ...[100, 103.75, 103.75, 103.75, 103.75, 115, 115],
    ]);
    expect(values(transGuide(), minutes).at(-1)).toBe(115);
  });

  test('Dion and Rakha: smoothed logarithms, a window that opens while it is blind, and three in a row', () => {
    // An interval is two minutes, and counts from its end on.
    const minutes = [[100], [100], [120], [], [300], [], [300], [], [300], []];
    const e = Math.exp;
    // Second interval: a = 0.2 and ln 1.2 is within 2 * 0.16. Fifth: the third 300 in a row.
    const second = 100 * e(0.2 * Math.log(1.2));
    const fifth = second * e(0.2 * Math.log(300 / second));
    expect(rounded(values(dionRakha(), minutes))).toEqual(
      rounded([undefined, 100, 100, second, second, second, second, second, second, fifth]),
    );
    expect(rounded([second, fifth])).toEqual([103.71, 128.26]);
  });

  test('Dion and Rakha: four intervals without a valid reading let in what was outside before', () => {
    // s is 0.2 after one reading: 2 s is 0.4 and ln 1.6 = 0.47 is outside; blind for one more interval 2.4 s is 0.48.
    const [blind, seen] = [
      [[100], [], [160], []],
      [[100], [], [], [], [160], []],
    ];
    expect(rounded(values(dionRakha(), blind)).at(-1)).toBe(100);
    expect(rounded(values(dionRakha(), seen)).at(-1)).toBe(rounded([100 * 1.6 ** 0.2])[0]);
  });

  test('MAD: outliers of 15 minutes are left out, then the median of five', () => {
    const minutes = [[100, 100], [], [], [], [], [], [104, 108, 300]];
    // Median 104, deviations 4 4 0 4 196, so 3 * 1.4826 * 4 = 17.8 to either side; of five minutes 104 and 108 are left.
    expect(values(mad(), minutes)).toEqual([100, 100, 100, 100, 100, 100, 106]);
  });

  test('IQR: those within the whiskers of five minutes, and their median', () => {
    // Quartiles 100 and 120: 70 to 150.
    expect(
      values(iqrMedian(), [
        [90, 100],
        [110, 120, 400],
      ]),
    ).toEqual([95, 105]);
  });
});

const rules = { transGuide, dionRakha, mad, iqrMedian };
const minutesArb = fc.array(fc.array(fc.integer({ min: 20, max: 2000 }), { maxLength: 6 }), {
  minLength: 1,
  maxLength: 30,
});

describe.each(Object.entries(rules))('%s', (_, rule) => {
  test('lies between the fastest and the slowest who came so far', () => {
    fc.assert(
      fc.property(minutesArb, (minutes) => {
        for (const [minute, value] of values(rule(), minutes).entries()) {
          const times = minutes.slice(0, minute + 1).flat();
          if (value === undefined) continue;
          expect(value).toBeGreaterThanOrEqual(Math.min(...times) * (1 - 1e-9));
          expect(value).toBeLessThanOrEqual(Math.max(...times) * (1 + 1e-9));
        }
      }),
    );
  });

  test('is of another unit when all travel times are', () => {
    fc.assert(
      fc.property(minutesArb, (minutes) => {
        const doubled = minutes.map((times) => times.map((time) => time * 2));
        const all = values(rule(), minutes);
        for (const [minute, value] of values(rule(), doubled).entries()) {
          const single = all[minute];
          if (single === undefined) expect(value).toBe(undefined);
          else expect(value).toBeCloseTo(2 * single, 6);
        }
      }),
    );
  });

  test('knows nothing of what is still to come', () => {
    fc.assert(
      fc.property(minutesArb, minutesArb, (minutes, later) => {
        const all = values(rule(), [...minutes, ...later]);
        expect(all.slice(0, minutes.length)).toEqual(values(rule(), minutes));
      }),
    );
  });

  test('is the travel time of a road on which all take the same', () => {
    fc.assert(
      fc.property(minutesArb, fc.integer({ min: 20, max: 2000 }), (minutes, seconds) => {
        const same = minutes.map((times) => times.map(() => seconds));
        for (const value of values(rule(), same)) if (value !== undefined) expect(value).toBeCloseTo(seconds, 6);
      }),
    );
  });
});
