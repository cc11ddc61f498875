/** GeoJSON as RFC 7946 has it: WGS 84, longitude before latitude, null for a place that is not on Earth. */
import type { Detector, GeoPosition, Position } from '@tdc/shared/network.ts';
import type { DetectorHealth } from '../query/detector-health.ts';
import { detectorRecord } from '../records/detector-record.ts';
import { type EstimateRecord, travelTimeRecord } from '../records/estimate-record.ts';
import { linkRecord } from '../records/link-record.ts';
import type { RouteRecord } from '../records/route-record.ts';
import type { LiveLink } from './live-link.ts';

type Coordinates = [longitude: number, latitude: number];

const geoOf = (position: Position | undefined): GeoPosition | undefined =>
  position?.type === 'geo' ? position : undefined;

const coordinatesOf = ({ longitude, latitude }: GeoPosition): Coordinates => [longitude, latitude];

const nothingPublished = {
  ...{ time: null, revision: null, status: 'no_data' as const },
  ...travelTimeRecord(undefined),
  ...{ samples: 0, age_seconds: null, clock_offset_seconds: null },
};

/** Links with what is known of them now; each is a straight line, as the road between its detectors is not known. */
export const linkCollection = <Estimate extends EstimateRecord>(links: readonly LiveLink<Estimate>[]) => ({
  type: 'FeatureCollection' as const,
  features: links.map(linkFeature),
});

function linkFeature<Estimate extends EstimateRecord>({ link, from, to, estimate }: LiveLink<Estimate>) {
  const known = estimate ?? nothingPublished;
  return {
    type: 'Feature' as const,
    id: `${link.fromDetectorId}:${link.toDetectorId}`,
    geometry: lineAlong([from, to]),
    properties: {
      ...linkRecord(link),
      from_name: from?.name ?? '',
      to_name: to?.name ?? '',
      ...known,
      free_flow_seconds: known.free_flow_seconds ?? link.freeFlowSeconds ?? null,
    },
  };
}

/** Names of what is said of a link, in the order of columns. */
export const linkProperties = [
  ...['from_detector_id', 'to_detector_id', 'from_name', 'to_name', 'max_seconds', 'length_m', 'estimator'],
  ...['time', 'revision', 'status', 'mean_seconds', 'lower_seconds', 'upper_seconds', 'fast_seconds', 'slow_seconds'],
  ...['departure_seconds', 'free_flow_seconds', 'delay_seconds', 'samples', 'age_seconds', 'clock_offset_seconds'],
];

/** Routes with what they take now; each leads straight from detector to detector. */
export function routeCollection<Record extends RouteRecord>(routes: readonly Record[], detectors: readonly Detector[]) {
  const detectorById = new Map(detectors.map((detector) => [detector.id, detector]));
  return {
    type: 'FeatureCollection' as const,
    features: routes.map((properties) => ({
      type: 'Feature' as const,
      id: properties.route_id,
      geometry: lineAlong(properties.detector_ids.map((id) => detectorById.get(id))),
      properties,
    })),
  };
}

/** From place to place the shorter way round; cut where it crosses the antimeridian, as section 3.1.9 asks. Null where a place is not on Earth. */
function lineAlong(detectors: readonly (Detector | undefined)[]) {
  const places = detectors.flatMap((detector) => geoOf(detector?.position) ?? []);
  const [first, ...others] = places;
  if (first === undefined || places.length < detectors.length) return null;
  let line: Coordinates[] = [coordinatesOf(first)];
  const lines = [line];
  let before = first;
  for (const place of others) {
    if (Math.abs(place.longitude - before.longitude) > 180) {
      const { cut, side } = cutBetween(before, place);
      line.push([side, cut]);
      line = [[-side, cut]];
      lines.push(line);
    }
    line.push(coordinatesOf(place));
    before = place;
  }
  return lines.length === 1
    ? { type: 'LineString' as const, coordinates: line }
    : { type: 'MultiLineString' as const, coordinates: lines };
}

/** At which latitude the way crosses the antimeridian, and from which side. */
function cutBetween(begin: GeoPosition, end: GeoPosition) {
  const side = begin.longitude > 0 ? 180 : -180;
  const toCut = Math.abs(side - begin.longitude);
  const share = toCut === 0 ? 0 : toCut / (toCut + Math.abs(side + end.longitude));
  return { side, cut: begin.latitude + share * (end.latitude - begin.latitude) };
}

/** Detectors, and how they are. */
export const detectorCollection = (detectors: readonly DetectorHealth[]) => ({
  type: 'FeatureCollection' as const,
  features: detectors.map((health) => {
    const { latitude: _, longitude: __, ...properties } = detectorRecord(health);
    const place = geoOf(health.detector.position);
    return {
      type: 'Feature' as const,
      id: health.detector.id,
      geometry: place === undefined ? null : { type: 'Point' as const, coordinates: coordinatesOf(place) },
      properties,
    };
  }),
});
