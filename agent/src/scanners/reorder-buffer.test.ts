import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disorderMsMax, heldMax, ReorderBuffer } from './reorder-buffer.ts';

const at = (timeMs: number) => ({ timeMs, kind: 'anpr', address: 'BXY1', addressType: 'unknown' }) as const;

describe('the reorder buffer', () => {
  it('gives everything in order that is at most two seconds out of it, and nothing else', () => {
    const times = fc.array(fc.integer({ min: -2500, max: 4000 }), { maxLength: 50 }).map((steps) => {
      let timeMs = 1_000_000;
      return steps.map((step) => {
        timeMs += step;
        return timeMs;
      });
    });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 9 }), (heard, every) => {
        const buffer = new ReorderBuffer();
        const given: number[] = [];
        const expected: number[] = [];
        for (const [index, timeMs] of heard.entries()) {
          const latest = Math.max(...heard.slice(0, index), Number.NEGATIVE_INFINITY);
          const inTime = timeMs >= latest - disorderMsMax;
          expect(buffer.add(at(timeMs))).toBe(inTime);
          if (inTime) expected.push(timeMs);
          if (index % every === 0) given.push(...buffer.takeSettled().map((sighting) => sighting.timeMs));
          expect(given.at(-1) ?? Number.NEGATIVE_INFINITY).toBeLessThanOrEqual(buffer.floorMs);
        }
        given.push(...buffer.takeRest().map((sighting) => sighting.timeMs));
        expect(given).toEqual(expected.toSorted((a, b) => a - b));
      }),
    );
  });

  it('takes the time of the clock only where nothing was told for a while', () => {
    const buffer = new ReorderBuffer();
    buffer.add(at(1_000_000));
    buffer.tick(1_009_000);
    expect(buffer.takeSettled()).toEqual([]);
    expect(buffer.add(at(1_000_500))).toBe(true);
    buffer.reach(1_001_000);
    buffer.tick(1_009_500);
    expect(buffer.floorMs).toBe(1_001_000 - disorderMsMax);
    buffer.tick(1_010_000);
    expect(buffer.floorMs).toBe(1_010_000 - disorderMsMax);
    expect(buffer.takeSettled()).toEqual([at(1_000_000), at(1_000_500)]);
    expect(buffer.add(at(1_001_000))).toBe(false);
  });

  it('holds back a bounded number', () => {
    const buffer = new ReorderBuffer();
    let held = 0;
    for (let index = 0; index < 3 * heldMax; index += 1) {
      buffer.add(at(1000 + Math.floor(index / 100)));
      held += 1 - buffer.takeSettled().length;
      expect(held).toBeLessThanOrEqual(heldMax + 1);
    }
  });
});
