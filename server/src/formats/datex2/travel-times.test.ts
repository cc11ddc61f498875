import { EstimateStatus } from '@tdc/shared/generated/tdc/v1/estimate.ts';
import { GetRouteResponse } from '@tdc/shared/generated/tdc/v1/query.ts';
import { expect, test } from 'vitest';
import { routeRecord } from '../../records/route-record.ts';
import { liveLinks } from '../live-link.ts';
import {
  hostileNames,
  madeUpDetectors,
  madeUpLinks,
  madeUpMinuteMs,
  madeUpNewest,
  recordOf,
} from '../made-up-links.ts';
import { measuredLink, measuredRoutes } from './measured.ts';
import { travelTimePublication } from './travel-times.ts';
import { readPublication } from './validated.ts';

const network = { detectors: madeUpDetectors, links: madeUpLinks };
const publisher = { country: 'DE', identifier: 'city of <X> & "Y"' };
const published = (nowMs = madeUpMinuteMs, given = network) => {
  const links = liveLinks(given, madeUpNewest.map(recordOf), nowMs);
  return [...travelTimePublication(links.map(measuredLink), { publisher, nowMs })].join('');
};

test('a publication is valid, and says who publishes what and when', () => {
  using read = readPublication(published());
  expect(read.texts('/d2:payload/@xsi:type')).toEqual(['roa:ElaboratedDataPublication']);
  expect(read.texts('/d2:payload/@modelBaseVersion')).toEqual(['3']);
  expect(read.texts('/d2:payload/com:publicationTime')).toEqual(['2023-11-14T22:14:00.000Z']);
  expect(read.texts('/d2:payload/com:publicationCreator/*')).toEqual(['DE', 'city of <X> & "Y"']);
});

test('each link has what those took who arrived, and where it is live what those are to expect who start', () => {
  using read = readPublication(published());
  const [links, forecasts, seconds] = [
    read.each('roa:pertinentLocation/loc:externalReferencing/loc:externalLocationCode'),
    read.each('roa:forecast'),
    read.each('roa:basicData/roa:travelTime/roa:duration'),
  ];
  expect(links.map((link, i) => [link, forecasts[i], seconds[i]])).toEqual([
    ['D1:D2', 'false', '90.5'],
    ['D1:D2', 'true', '95'],
    ['D2:D1', 'false', '-1'],
    ['D2:D3', 'false', '90.5'],
    ['D2:D3', 'true', '95'],
    ['D3:D4', 'false', '90.5'],
    ['D4:M1', 'false', '-1'],
    ['M1:D1', 'false', '-1'],
  ]);
  const [time] = read.each('roa:basicData/roa:measurementOrCalculationTime/roa:timeValue');
  expect(time).toBe('2023-11-14T22:14:00.000Z');
});

test('each value says how good it is', () => {
  using read = readPublication(published());
  const quality = (name: string) => read.each(`roa:basicData/roa:travelTime/@${name}`)[0];
  expect(quality('numberOfInputValuesUsed')).toBe('5');
  // Half of 80 to 100, of 90.5; between one in ten at 70.1 and one in ten at 130.
  expect(quality('accuracy')).toBe('11');
  expect(quality('supplierCalculatedDataQuality')).toBe('89');
  expect(quality('standardDeviation')).toBe('23.4');
  expect(quality('computationalMethod')).toBe('arithmeticAverageOfSamplesInATimePeriod');
  expect(read.each('roa:basicData/roa:freeFlowTravelTime/roa:duration').slice(0, 3)).toEqual(['60', undefined, '61.5']);
  expect(read.each('roa:basicData/roa:travelTimeDelay/roa:duration')[0]).toBe('30.5');
});

test('what is wrong with a value is said, and what is none is an error', () => {
  using read = readPublication(published());
  const faults = read.each('roa:physicalQuantityFault/roa:physicalQuantityFaultType');
  const reasons = read.each('roa:physicalQuantityFault/com:faultDescription/com:values/com:value');
  const errors = read.each('roa:basicData/roa:travelTime/com:dataError');
  expect(faults.map((fault, i) => [fault, errors[i], reasons[i]])).toEqual([
    [undefined, undefined, undefined],
    [undefined, undefined, undefined],
    ['noDataValuesAvailable', 'true', 'no match is known'],
    ['intermittentDataValues', undefined, 'stale: the last match is 20 min old'],
    ['intermittentDataValues', undefined, 'stale: the last match is 20 min old'],
    [...['noDataValuesAvailable', 'true'], 'a detector of the link gives no sign of life; the last match is 5 min old'],
    ['spuriousUnreliableDataValues', 'true', 'the clocks of its detectors are 75 s apart'],
    ['noDataValuesAvailable', 'true', 'nothing has been published of this link yet'],
  ]);
  const qualities = read.each('roa:basicData/roa:travelTime/@supplierCalculatedDataQuality');
  expect(qualities.filter((_, i) => errors[i] === 'true')).toEqual(['0', '0', '0', '0']);
});

test('nothing of an hour ago is passed off as of now', () => {
  using read = readPublication(published(madeUpMinuteMs + 61 * 60_000));
  expect(new Set(read.each('roa:basicData/roa:travelTime/com:dataError'))).toEqual(new Set(['true']));
});

test('links are lines from latitude and longitude, but for those on a made-up plane', () => {
  using read = readPublication(published());
  const lines = read.each('roa:pertinentLocation/loc:gmlLineString/loc:posList');
  expect(lines[0]).toBe('52.5614000 13.3637000 52.5483000 13.3712000');
  expect(lines.slice(-2)).toEqual([undefined, undefined]);
});

test('names come whole but for what XML cannot write, and are cut where the schema ends', () => {
  using read = readPublication(published());
  const descriptions = read
    .texts('//loc:locationDescription/com:values/com:value')
    .map((text) => text.replaceAll('\r', ''));
  expect(descriptions).toContain(`${hostileNames.script} - ${hostileNames.formula}`);
  expect(descriptions).toContain(`${hostileNames.quotes} - ${hostileNames.lines.replace('\r', '')}`);
  expect(descriptions).toContain(`${hostileNames.emoji} - ${hostileNames.quotes}`);
  const name = `\u0000\u0008\ufffe\ud800${'🚦'.repeat(600)}`;
  const detectors = madeUpDetectors.map((detector) => ({ ...detector, name }));
  using odd = readPublication(published(madeUpMinuteMs, { detectors, links: madeUpLinks }));
  expect(odd.texts('//loc:locationDescription/com:values/com:value')[0]).toMatch(/^\ufffd{4}🚦+$/u);
});

test('routes have lines over their detectors, and what their links lack', () => {
  const seconds = { meanSeconds: 200, lowerSeconds: 180, upperSeconds: 220, fastSeconds: 150, slowSeconds: 260 };
  const travelTime = { ...seconds, departureSeconds: 210, freeFlowSeconds: 120, delaySeconds: 80 };
  const route = (id: string, detectorIds: readonly string[], given: Partial<GetRouteResponse>) =>
    routeRecord(
      { id, name: id === 'north' ? hostileNames.script : '', detectorIds },
      GetRouteResponse.fromPartial({ arrivalNs: BigInt(madeUpMinuteMs) * 1_000_000n, ...given }),
    );
  const live = EstimateStatus.ESTIMATE_STATUS_LIVE;
  const down = EstimateStatus.ESTIMATE_STATUS_DETECTOR_DOWN;
  const why = 'D1 to D2: a detector gives no sign of life';
  const routes = [
    route('north', ['D1', 'D2', 'D3'], { status: live, travelTime, ageSeconds: 5 }),
    route('back', ['M1', 'D1', 'D2'], { status: down, reasons: [why] }),
  ];
  const publication = travelTimePublication(measuredRoutes(routes, madeUpDetectors), {
    ...{ publisher, nowMs: madeUpMinuteMs },
  });
  using read = readPublication([...publication].join(''));
  const codes = read.each('roa:pertinentLocation/loc:externalReferencing/loc:externalLocationCode');
  const durations = read.each('roa:basicData/roa:travelTime/roa:duration');
  expect(codes.map((code, i) => [code, durations[i]])).toEqual([
    ['north', '200'],
    ['north', '210'],
    ['back', '-1'],
  ]);
  const [line, , none] = read.each('roa:pertinentLocation/loc:gmlLineString/loc:posList');
  expect([line?.split(' ').length, none]).toEqual([6, undefined]);
  expect(read.texts('//loc:locationDescription/com:values/com:value')[0]).toBe(hostileNames.script);
  expect(read.texts('//com:reasonForDataError/com:values/com:value')).toEqual([why]);
  expect(read.each('roa:basicData/roa:travelTime/@accuracy')[0]).toBe('10');
});

test('what is not as the schema has it is found', () => {
  const text = published();
  expect(() => readPublication(text.replace(/<roa:forecast>.*?<\/roa:forecast>/, ''))).not.toThrow();
  for (const [good, bad] of [
    ['<roa:duration>90.5</roa:duration>', ''],
    ['modelBaseVersion="3"', 'modelBaseVersion="2"'],
    ['<roa:travelTimeType>reconstituted', '<roa:travelTimeType>guessed'],
    ['accuracy="11"', 'accuracy="high"'],
    ['com:publicationTime>', 'com:time>'],
  ] as const) {
    expect(text).toContain(good);
    expect(() => readPublication(text.replaceAll(good, bad))).toThrow(/./);
  }
});
