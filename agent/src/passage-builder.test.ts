import { KeyChain } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { tagOf } from '@tdc/shared/pseudonym.ts';
import { describe, expect, it } from 'vitest';
import { PassageBuilder, type PassageOptions } from './passage-builder.ts';
import type { Sighting } from './sighting.ts';

const epochs = keyEpochsOf('UTC');
const epoch = 20_650;
const startMs = epochs.startMs(epoch) + 3_600_000;
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const car = '80:91:a2:b3:c4:d5';

const builder = (passage: Partial<PassageOptions> = {}) =>
  new PassageBuilder({
    detectorId: 'D1',
    keys: new KeyChain({ network: 'tdc', timeZone: 'UTC', epoch, key }, { overlapMs: 3_600_000, tagBits: 32 }),
    passage: { gapMs: 30_000, passageMsMax: 900_000, rssiWindowDb: 5, ...passage },
  });

/** A sighting some seconds after the start. */
const heard = (atS: number, rssiDbm: number | undefined, given: Partial<Sighting> = {}): Sighting => ({
  timeMs: startMs + atS * 1000,
  kind: 'classic',
  address: car,
  addressType: 'public',
  ...(rssiDbm === undefined ? {} : { rssiDbm }),
  ...given,
});
const observation = (sightings: readonly Sighting[], watermarkS: number) => ({
  sightings,
  watermarkMs: startMs + watermarkS * 1000,
});
const seconds = (timeMs: number | undefined) => ((timeMs ?? Number.NaN) - startMs) / 1000;

describe('a passage', () => {
  it('becomes one event once the device was unheard for the gap, and not before', () => {
    const passages = builder();
    expect(passages.push(observation([heard(0, -80), heard(5, -60), heard(9, -64), heard(14, -75)], 14))).toEqual([]);
    expect(passages.counts.open).toBe(1);
    expect(passages.push(observation([], 44))).toEqual([]);
    const [event, ...others] = passages.push(observation([], 44.001));
    expect(others).toEqual([]);
    expect(event).toEqual({
      detectorId: 'D1',
      kind: 'classic',
      addressClass: 'public',
      deviceId: tagOf(key, 'tdc', 'classic', car, 32),
      keyEpoch: epoch,
      referenceTimeMs: startMs + 9000,
      firstSeenMs: startMs,
      lastSeenMs: startMs + 14_000,
      rssiPeakDbm: -60,
      sightings: 4,
      resident: false,
      madeAtMs: startMs + 44_001,
    });
    expect(passages.counts.open).toBe(0);
  });

  it('goes on over a pause of exactly the gap, and ends with a longer one', () => {
    const passages = builder();
    const events = passages.push(observation([heard(0, -60), heard(30, -60), heard(60.001, -60)], 61));
    expect(events.map(({ sightings, lastSeenMs }) => [sightings, seconds(lastSeenMs)])).toEqual([[2, 30]]);
  });

  it('takes its reference time from the first sighting when none has an RSSI', () => {
    const passages = builder();
    const plate = { kind: 'anpr', address: 'B XY 1234', addressType: 'unknown' } as const;
    passages.push(observation([heard(0, undefined, plate), heard(3, undefined, plate)], 3));
    const [event] = passages.flush();
    expect(event?.referenceTimeMs).toBe(startMs);
    expect(event).not.toHaveProperty('rssiPeakDbm');
  });

  it('says what sort of device it is in a word, as the last sighting that knew had it', () => {
    const passages = builder();
    const phone = { deviceClass: 0x5a_02_0c };
    const carKit = { deviceClass: 0x24_04_08 };
    passages.push(observation([heard(0, -60), heard(1, -60, phone), heard(2, -60, carKit), heard(3, -60)], 3));
    passages.push(observation([heard(4, -60, { address: '80:91:a2:b3:c4:d6' })], 4));
    const [event, without] = passages.flush();
    expect(event?.deviceClass).toBe('car-kit');
    expect(JSON.stringify(event)).not.toContain(String(0x24_04_08));
    expect(without).not.toHaveProperty('deviceClass');
  });

  it('is one of several at the same time', () => {
    const passages = builder();
    const other = { address: '80:91:a2:b3:c4:d6' };
    passages.push(observation([heard(0, -60), heard(1, -60, other), heard(2, -60)], 2));
    expect(passages.counts.open).toBe(2);
    const events = passages.push(observation([], 100));
    expect(events.map(({ lastSeenMs }) => seconds(lastSeenMs))).toEqual([1, 2]);
  });
});

describe('a resident device', () => {
  const every20s = (untilS: number) => Array.from({ length: untilS / 20 + 1 }, (_, index) => heard(index * 20, -70));

  it('is reported once, however long it stays, and then counted', () => {
    const passages = builder();
    const sightings = every20s(7200);
    const events = passages.push(observation(sightings, 7200));
    expect(events.map(({ resident, sightings: of, lastSeenMs }) => [resident, of, seconds(lastSeenMs)])).toEqual([
      [true, 45, 880],
    ]);
    expect(passages.counts).toMatchObject({ open: 1, residents: 1, residentSightings: sightings.length - 45 });
    expect(passages.flush()).toEqual([]);
  });

  it('is a new passage after it had left', () => {
    const passages = builder();
    passages.push(observation(every20s(2000), 2000));
    expect(passages.push(observation([], 2031))).toEqual([]);
    expect(passages.counts).toMatchObject({ open: 0, residents: 0 });
    passages.push(observation([heard(2040, -60)], 2040));
    expect(passages.flush().map(({ resident, firstSeenMs }) => [resident, seconds(firstSeenMs)])).toEqual([
      [false, 2040],
    ]);
  });
});

describe('a change of epoch', () => {
  const changeS = (epochs.startMs(epoch + 1) - startMs) / 1000;

  it('does not split a passage, whose event carries both pseudonyms', () => {
    const passages = builder();
    const before = passages.push(observation([heard(changeS - 10, -60)], changeS - 10));
    const after = passages.push(observation([heard(changeS + 5, -65)], changeS + 5));
    expect([...before, ...after]).toEqual([]);
    const [event, ...others] = passages.flush();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      keyEpoch: epoch + 1,
      previousDeviceId: tagOf(key, 'tdc', 'classic', car, 32),
      sightings: 2,
    });
  });

  it('leaves a passage that ended before it its pseudonym', () => {
    const passages = builder();
    const sightings = [heard(changeS - 10, -60), heard(changeS + 25, -65)];
    const events = [...passages.push(observation(sightings, changeS + 25)), ...passages.flush()];
    expect(events.map(({ keyEpoch, previousDeviceId }) => [keyEpoch, previousDeviceId])).toEqual([
      [epoch, undefined],
      [epoch + 1, events[0]?.deviceId],
    ]);
  });

  it('does not report a resident device again', () => {
    const passages = builder();
    const sightings = Array.from({ length: 400 }, (_, index) => heard(changeS - 2000 + index * 20, -70));
    const events = passages.push(observation(sightings, changeS + 5980));
    expect(events.map(({ resident }) => resident)).toEqual([true]);
  });
});

describe('limits and faults', () => {
  it('closes the passage unheard for longest when there are too many', () => {
    const passages = builder({ openMax: 2 });
    const addresses = ['80:00:00:00:00:01', '80:00:00:00:00:02', '80:00:00:00:00:01', '80:00:00:00:00:03'];
    const sightings = addresses.map((address, index) => heard(index, -60, { address }));
    const events = passages.push(observation(sightings, 4));
    expect(events.map(({ firstSeenMs }) => seconds(firstSeenMs))).toEqual([1]);
    expect(passages.counts).toMatchObject({ open: 2, closedEarly: 1 });
  });

  it('counts what it cannot use and never tells the address', () => {
    const passages = builder();
    const reserved = heard(0, -60, { kind: 'ble', address: '91:de:ad:be:ef:00', addressType: 'random' });
    const unusable = [
      reserved,
      heard(0, 127),
      heard(0, -60.5),
      heard(0.0005, -60),
      heard(0, -60, { address: 'de:ad' }),
      heard(0, -60, { deviceClass: 2 ** 24 }),
      heard(0, -60, { kind: 'wifi', deviceClass: 1 }),
    ];
    for (const sighting of unusable) {
      expect(passages.push(observation([sighting], 0))).toEqual([]);
      expect(passages.lastMalformed).toMatch(/expected|reserved/);
      expect(passages.lastMalformed).not.toContain('de:ad');
    }
    expect(passages.counts).toMatchObject({ malformed: unusable.length, sightings: 0, open: 0 });
  });

  it('counts sightings by the class of their address', () => {
    const passages = builder();
    const local = heard(1, -60, { kind: 'wifi', address: '82:00:00:00:00:01', addressType: 'unknown' });
    passages.push(observation([heard(0, -60), local, local], 1));
    expect(passages.counts.byClass).toMatchObject({ public: 1, local: 2, resolvable: 0 });
  });

  it('ends what is open when the clock was set back, and works on', () => {
    const passages = builder();
    passages.push(observation([heard(0, -60)], 1));
    const events = passages.push(observation([heard(-3600, -60)], -3600));
    expect(events.map(({ firstSeenMs, madeAtMs }) => [seconds(firstSeenMs), seconds(madeAtMs)])).toEqual([[0, 1]]);
    expect(passages.push(observation([], -3500))).toHaveLength(1);
  });

  it('stands the disorder between two scanners', () => {
    const passages = builder();
    passages.push(observation([heard(2, -60)], 1));
    passages.push(observation([heard(1.5, -50)], 2));
    const [event] = passages.flush();
    expect([event?.firstSeenMs, event?.referenceTimeMs, event?.lastSeenMs].map(seconds)).toEqual([1.5, 1.5, 2]);
  });
});
