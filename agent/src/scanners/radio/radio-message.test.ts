import { InvalidInputError } from '@tdc/shared/errors.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sighting } from '../../sighting.ts';
import { encodeRadioMessage, messageBytesMax, parseRadioMessage, sightingsMax } from './radio-message.ts';

const address = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  .map((octets) => octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':'));
const sighting = fc
  .record(
    {
      timeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      address,
      addressType: fc.constantFrom('public' as const, 'random' as const),
      rssiDbm: fc.integer({ min: -127, max: 20 }),
      deviceClass: fc.integer({ min: 0, max: 0xff_ff_ff }),
    },
    { requiredKeys: ['timeMs', 'address', 'addressType'] },
  )
  .map((rest): Sighting => ({ kind: 'classic', ...rest }));

test('what the radio tells arrives as it was told', () => {
  fc.assert(
    fc.property(fc.array(sighting, { maxLength: 50 }), (unordered) => {
      const sightings = unordered.toSorted((a, b) => a.timeMs - b.timeMs);
      const message = { type: 'heard', untilMs: 4_000_000_000_000, sightings } as const;
      expect(parseRadioMessage(encodeRadioMessage(message), 'classic')).toEqual(message);
    }),
  );
  for (const message of [
    { type: 'renew' },
    { type: 'failed', problem: 'hci0 is gone' },
    { type: 'remark', problem: '' },
    { type: 'malformed', count: 3, problem: 'event 0x22: too short' },
  ] as const) {
    expect(parseRadioMessage(encodeRadioMessage(message), 'ble')).toEqual(message);
  }
});

test('sightings that are not in order, or of after what is told, are refused', () => {
  const heard = (...times: readonly number[]) =>
    parseRadioMessage(
      JSON.stringify({ type: 'heard', until: 20, rows: times.map((ms) => [ms, 'aa:bb:cc:dd:ee:ff', 0, null]) }),
      'ble',
    );
  expect(heard(10, 10, 20)).toMatchObject({ untilMs: 20, sightings: [{ timeMs: 10 }, { timeMs: 10 }, { timeMs: 20 }] });
  for (const times of [[11, 10], [21]]) expect(() => heard(...times)).toThrow(/time: expected the order of times/);
});

test('the largest message fits into a line', () => {
  const sightings = Array.from({ length: sightingsMax }, () => ({
    timeMs: 1_799_999_999_999,
    kind: 'classic' as const,
    address: 'ff:ff:ff:ff:ff:ff',
    addressType: 'unknown' as const,
    rssiDbm: -127,
    deviceClass: 0xff_ff_ff,
  }));
  expect(encodeRadioMessage({ type: 'heard', untilMs: 1_799_999_999_999, sightings }).length).toBeLessThan(
    messageBytesMax,
  );
});

test('whatever else a line holds is an error that does not quote it', () => {
  const secret = 'aa:bb:cc:dd:ee:ff';
  const row = fc.array(fc.oneof(fc.constant(secret), fc.integer(), fc.constant(null), fc.string()), { maxLength: 6 });
  const line = fc.oneof(
    fc.string().map((text) => `${secret}${text}`),
    fc.array(row, { maxLength: 3 }).map((rows) => JSON.stringify({ type: 'heard', until: 9, rows })),
    fc.record({ type: fc.string(), problem: fc.constant(secret) }).map((value) => JSON.stringify(value)),
    fc.constant(JSON.stringify([secret])),
    fc.constant(JSON.stringify({ type: 'malformed', count: -1, problem: secret })),
    fc.constant(JSON.stringify({ type: 'heard', until: 9, rows: [[1, `${secret}x`, 0, null]] })),
  );
  let refused = 0;
  fc.assert(
    fc.property(line, (line) => {
      try {
        parseRadioMessage(line, 'ble');
      } catch (error) {
        refused += 1;
        expect(error).toBeInstanceOf(InvalidInputError);
        expect(String(error)).not.toContain(secret);
      }
    }),
    { numRuns: 5000 },
  );
  expect(refused).toBeGreaterThan(1000);
});
