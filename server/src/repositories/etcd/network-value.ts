/** Detectors, links and routes as JSON in etcd. Numbers are text, as the owner's documents write `max_seconds`. */
import { type Detector, estimatorNames, type Link, type Route, routeDetectorsMax } from '@tdc/shared/network.ts';
import { z } from 'zod';
import { jsonOf } from './event-value.ts';

const numberText = z
  .union([z.string().regex(/^-?\d/), z.number()])
  .transform(Number)
  .pipe(z.number());

const detectorSchema = z.union([
  z
    .object({ name: z.string().default(''), latitude: numberText, longitude: numberText })
    .transform(({ name, latitude, longitude }) => ({ name, position: { type: 'geo' as const, latitude, longitude } })),
  z
    .object({ name: z.string().default(''), x_m: numberText, y_m: numberText })
    .transform(({ name, x_m, y_m }) => ({ name, position: { type: 'plane' as const, xM: x_m, yM: y_m } })),
]);

const linkSchema = z.object({
  max_seconds: numberText,
  length_m: numberText.optional(),
  free_flow_seconds: numberText.optional(),
  estimator: z.enum(estimatorNames).optional(),
});

const routeSchema = z.object({
  name: z.string().default(''),
  detector_ids: z.array(z.string()).min(2).max(routeDetectorsMax),
});

export function detectorToValue({ name, position }: Detector): string {
  const place =
    position.type === 'geo'
      ? { latitude: String(position.latitude), longitude: String(position.longitude) }
      : { x_m: String(position.xM), y_m: String(position.yM) };
  return JSON.stringify({ name, ...place });
}

/** Undefined for what is none, such as a slip in one written by hand. */
export function detectorOfValue(id: string, value: Buffer): Detector | undefined {
  const parsed = detectorSchema.safeParse(jsonOf(value));
  return parsed.success ? { id, ...parsed.data } : undefined;
}

export function linkToValue({ maxSeconds, lengthM, freeFlowSeconds, estimator }: Link): string {
  return JSON.stringify({
    max_seconds: String(maxSeconds),
    length_m: lengthM === undefined ? undefined : String(lengthM),
    free_flow_seconds: freeFlowSeconds === undefined ? undefined : String(freeFlowSeconds),
    estimator,
  });
}

export function linkOfValue(fromDetectorId: string, toDetectorId: string, value: Buffer): Link | undefined {
  const parsed = linkSchema.safeParse(jsonOf(value));
  if (!parsed.success) return undefined;
  const { max_seconds: maxSeconds, length_m: lengthM, free_flow_seconds: freeFlowSeconds, estimator } = parsed.data;
  return {
    fromDetectorId,
    toDetectorId,
    maxSeconds,
    ...(lengthM === undefined ? {} : { lengthM }),
    ...(freeFlowSeconds === undefined ? {} : { freeFlowSeconds }),
    ...(estimator === undefined ? {} : { estimator }),
  };
}

export const routeToValue = ({ name, detectorIds }: Route): string =>
  JSON.stringify({ name, detector_ids: detectorIds });

export function routeOfValue(id: string, value: Buffer): Route | undefined {
  const parsed = routeSchema.safeParse(jsonOf(value));
  return parsed.success ? { id, name: parsed.data.name, detectorIds: parsed.data.detector_ids } : undefined;
}
