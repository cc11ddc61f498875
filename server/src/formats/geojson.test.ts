import { check } from '@placemarkio/check-geojson';
import { expect, test } from 'vitest';
import { healthOf } from '../query/detector-health.ts';
import { routeRecord } from '../records/route-record.ts';
import { detectorCollection, linkCollection, routeCollection } from './geojson.ts';
import { liveLinks } from './live-link.ts';
import { hostileNames, madeUpDetectors, madeUpLinks, madeUpMinuteMs, madeUpNewest, recordOf } from './made-up-links.ts';

const network = { detectors: madeUpDetectors, links: madeUpLinks };
interface Feature {
  readonly id: string;
  readonly geometry: { readonly type: string; readonly coordinates: unknown } | null;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Its types are those of a package that is not ours. */
function read(value: unknown): readonly Feature[] {
  const collection = check(JSON.stringify(value)) as { readonly type: string; readonly features: readonly Feature[] };
  expect(collection.type).toBe('FeatureCollection');
  return collection.features;
}
const links = () => read(linkCollection(liveLinks(network, madeUpNewest.map(recordOf), madeUpMinuteMs)));

test('another parser reads links as lines, from longitude and latitude', () => {
  const [first, , toTheOtherSide, across, toPlane, fromPlane] = links();
  expect(first?.id).toBe('D1:D2');
  expect(first?.geometry).toEqual({
    type: 'LineString',
    coordinates: [
      [13.3637, 52.5614],
      [13.3712, 52.5483],
    ],
  });
  expect(toTheOtherSide?.geometry?.type).toBe('LineString');
  expect(across?.geometry?.type).toBe('MultiLineString');
  expect(across?.geometry?.coordinates).toEqual([
    [
      [179.9, -18.1],
      [180, expect.closeTo(-18.15, 6)],
    ],
    [
      [-180, expect.closeTo(-18.15, 6)],
      [-179.7, -18.3],
    ],
  ]);
  expect([toPlane?.geometry, fromPlane?.geometry]).toEqual([null, null]);
});

test('every link says how much is behind its value, and one without any has none', () => {
  const properties = links().map((feature) => feature.properties);
  expect(properties.map((each) => each.status)).toEqual([
    'live',
    'no_data',
    'stale',
    'detector_down',
    'no_data',
    'no_data',
  ]);
  expect(properties[0]).toMatchObject({
    ...{ mean_seconds: 90.5, lower_seconds: 80, upper_seconds: 100, samples: 5, age_seconds: 12.5 },
    ...{ length_m: 1609.344, delay_seconds: 30.5, free_flow_seconds: 60 },
  });
  expect(properties[1]).toMatchObject({ mean_seconds: null, free_flow_seconds: 61.5, samples: 0 });
  expect(properties[4]).toMatchObject({ mean_seconds: null, clock_offset_seconds: -75.2 });
  expect(properties[5]).toMatchObject({ time: null, mean_seconds: null, samples: 0, age_seconds: null });
});

test('names come whole, whatever is in them', () => {
  expect(new Set(links().map((feature) => feature.properties.from_name))).toEqual(new Set(Object.values(hostileNames)));
});

test('detectors are points, null on a made-up plane', () => {
  const states = madeUpDetectors.map((detector) => healthOf({ detector, reported: undefined }, 0, 1));
  const features = read(detectorCollection(states));
  expect(features.map(({ geometry }) => geometry?.type ?? null)).toEqual(['Point', 'Point', 'Point', 'Point', null]);
  expect(features[4]?.properties).toMatchObject({ state: 'never', x_m: 0, y_m: 250, name: hostileNames.emoji });
  expect(features[0]?.properties).not.toHaveProperty('latitude');
});

test('nothing is an empty collection', () => {
  expect(read(linkCollection([]))).toEqual([]);
  expect(read(detectorCollection([]))).toEqual([]);
});

test('routes are lines from detector to detector, cut where one crosses the antimeridian, null where a place is not on Earth', () => {
  const none = { travelTime: undefined, status: 4, estimates: [], reasons: ['D1 to D2: there is no value'] } as const;
  const along = (id: string, detectorIds: readonly string[]) =>
    routeRecord(
      { id, name: hostileNames.quotes, detectorIds },
      { ...none, estimates: [], reasons: [...none.reasons], ageSeconds: undefined, route: undefined, arrivalNs: 0n },
    );
  const routes = [
    along('short', ['D1', 'D2', 'D1']),
    along('across', ['D1', 'D3', 'D4', 'D3']),
    along('plane', ['D1', 'M1']),
  ];
  const [short, across, plane] = read(routeCollection(routes, madeUpDetectors));
  expect(short).toMatchObject({ id: 'short', geometry: { type: 'LineString' } });
  expect(short?.geometry?.coordinates).toHaveLength(3);
  expect(short?.properties).toMatchObject({ route_id: 'short', name: hostileNames.quotes, mean_seconds: null });
  expect(across?.geometry?.type).toBe('MultiLineString');
  const lines = across?.geometry?.coordinates as unknown[][] | undefined;
  expect(lines?.map((line) => line.length)).toEqual([3, 3, 2]);
  expect(plane?.geometry).toBeNull();
});
