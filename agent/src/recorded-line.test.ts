import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecordedSighting, parseRecordedLine, parseRecordingHeader, recordingHeader } from './recorded-line.ts';

const columns = parseRecordingHeader(recordingHeader);
const sightingOf = (line: string) => parseRecordedLine(line, columns).sighting;
const problemOf = (line: string) => parseRecordedLine(line, columns).problem;

describe('a line of a recording', () => {
  it('is a sighting', () => {
    expect(parseRecordedLine('788,D3,ble,f2:ca:04:06:10:a3,random,-86', columns)).toEqual({
      timeMs: 788,
      detectorId: 'D3',
      sighting: { timeMs: 788, kind: 'ble', address: 'f2:ca:04:06:10:a3', addressType: 'random', rssiDbm: -86 },
      problem: '',
    });
  });

  it('needs neither address type nor RSSI, and may be quoted', () => {
    expect(sightingOf('788,D3,anpr,B XY 1,,')).toEqual({
      timeMs: 788,
      kind: 'anpr',
      address: 'B XY 1',
      addressType: 'unknown',
    });
    expect(sightingOf('788,"D3",anpr,"B,""1",,')?.address).toBe('B,"1');
    expect(sightingOf('788,D3,wifi,80:00:00:00:00:01,public,-86.4')?.rssiDbm).toBe(-86);
  });

  it.each([
    ['', '1 fields, expected 6'],
    ['788,D3,ble,f2:ca:04:06:10:a3,random', '5 fields, expected 6'],
    ['788,D3,ble,f2:ca:04:06:10:a3,random,-86,x', '7 fields, expected 6'],
    ['7.88,D3,ble,f2:ca:04:06:10:a3,random,-86', 'time_ms: expected whole milliseconds'],
    ['999999999999999,D3,ble,f2:ca:04:06:10:a3,random,-86', 'time_ms: too far from 1970'],
    ['788,D3,radio,f2:ca:04:06:10:a3,random,-86', 'kind: expected classic, ble, wifi, anpr, imsi'],
    ['788,D3,ble,f2:ca:04:06:10:a3,f2:ca,-86', 'address_type: expected public, random, unknown or nothing'],
    ['788,D3,ble,f2:ca:04:06:10:a3,random,loud', 'rssi: expected dBm or nothing'],
    ['788,D3,ble,"f2:ca:04:06:10:a3,random,-86', 'quotes that do not match'],
    [`788,D3,ble,${'f2'.repeat(600)},random,-86`, 'longer than 1000 characters'],
  ])('that is broken says why: %s', (line, problem) => {
    expect(sightingOf(line)).toBeUndefined();
    expect(problemOf(line)).toBe(problem);
  });

  it('never quotes what it says in a problem, whatever it is', () => {
    const mac = 'de:ad:be:ef:00:01';
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constant(mac), fc.constant('5')), { maxLength: 9 }), (fields) => {
        expect(problemOf(fields.join(','))).not.toContain('de:ad');
      }),
    );
  });

  it('reads what is written', () => {
    const written = { timeMs: 5, detectorId: 'D1', kind: 'anpr', address: 'BXY1', addressType: 'unknown' } as const;
    expect(formatRecordedSighting(written)).toBe('5,D1,anpr,BXY1,,');
    const loud = { ...written, kind: 'ble', address: 'c0:00:00:00:00:01', addressType: 'random', rssiDbm: -4 } as const;
    const { detectorId, ...sighting } = loud;
    expect(parseRecordedLine(formatRecordedSighting(loud), columns)).toEqual({
      timeMs: 5,
      detectorId,
      sighting,
      problem: '',
    });
  });
});

describe('the first line of a recording', () => {
  it('may have its columns in another order, and more of them', () => {
    const other = parseRecordingHeader('\u{feff}Note,rssi,address,kind,address_type,detector,time_ms');
    expect(parseRecordedLine('x,-50,80:00:00:00:00:01,wifi,public,D1,7', other)).toMatchObject({
      timeMs: 7,
      sighting: { kind: 'wifi', rssiDbm: -50 },
    });
  });

  it('that has not all columns is refused', () => {
    expect(() => parseRecordingHeader('time_ms,detector,kind,address')).toThrow(
      `no column address_type, rssi: expected the first line ${recordingHeader}`,
    );
  });
});
