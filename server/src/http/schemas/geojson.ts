import { z } from 'zod';
import { estimateStatuses } from '../../estimation/estimate.ts';
import { travelTimeSeconds } from './estimate.ts';
import { staleFields, time } from './fields.ts';
import { detector, link } from './network.ts';
import { namedRoute } from './route.ts';

const position = z.array(z.number()).length(2).describe('Longitude and latitude, degrees of WGS 84.');

const line = z.object({ type: z.literal('LineString'), coordinates: z.array(position) });
const cutLine = z
  .object({ type: z.literal('MultiLineString'), coordinates: z.array(z.array(position)) })
  .describe('A line that crosses the antimeridian.');
const point = z.object({ type: z.literal('Point'), coordinates: position });

const linkProperties = link.extend({
  from_name: z.string().describe('Of the detector where it begins, for people.'),
  to_name: z.string().describe('Of the detector where it ends.'),
  time: time.nullable().describe('The minute of the estimate; null when there is none.'),
  revision: z.number().nullable().describe('From 1; rises when late events change what was published of a minute.'),
  status: z
    .enum(estimateStatuses)
    .describe(
      'How much is behind the values, now: `stale` also when nothing newer has been published for five minutes, `no_data` when for an hour.',
    ),
  ...travelTimeSeconds,
  samples: z.number().describe('Matches in the window.'),
  age_seconds: z.number().nullable().describe('Since the last match arrived, now; null when none is known.'),
  clock_offset_seconds: z
    .number()
    .nullable()
    .describe('By how much the clocks of the link differ, where one is wrong: there is no value then.'),
});

const featureOf = <Geometry extends z.ZodType, Properties extends z.ZodType>(
  geometry: Geometry,
  properties: Properties,
) =>
  z.object({
    type: z.literal('Feature'),
    id: z.string(),
    geometry: geometry.nullable().describe('Null where a place is not on Earth.'),
    properties,
  });

const collectionOf = <Feature extends z.ZodType>(feature: Feature) =>
  z.object({ type: z.literal('FeatureCollection'), features: z.array(feature), ...staleFields });

export const linkCollectionSchema = collectionOf(featureOf(z.union([line, cutLine]), linkProperties)).meta({
  id: 'LinkCollection',
  description: 'Links with what is known of them now (GeoJSON, RFC 7946).',
});

export const detectorCollectionSchema = collectionOf(
  featureOf(point, detector.omit({ latitude: true, longitude: true })),
).meta({ id: 'DetectorCollection', description: 'Detectors, and how they are (GeoJSON, RFC 7946).' });

export const routeCollectionSchema = collectionOf(featureOf(z.union([line, cutLine]), namedRoute)).meta({
  id: 'RouteCollection',
  description: 'Routes with what they take now (GeoJSON, RFC 7946).',
});
