/** Network files: detectors, links and routes as an operator writes them, in YAML or JSON. */
import { z } from 'zod';
import { textOf, yamlOf } from './config-file.ts';
import { InvalidInputError } from './errors.ts';
import {
  type Detector,
  estimatorNames,
  type Link,
  linksAlong,
  type Network,
  type Route,
  routeDetectorsMax,
} from './network.ts';
import { detectorIdExpected, isDetectorId } from './wire.ts';

const metres = z.number();
const detectorId = z.string().refine(isDetectorId, `expected ${detectorIdExpected}`);

const detectorSchema = z
  .strictObject({
    id: detectorId,
    name: z.string().max(200).default(''),
    latitude: z.number().min(-90).max(90).optional(),
    longitude: z.number().min(-180).max(180).optional(),
    x: metres.optional(),
    y: metres.optional(),
  })
  .transform(({ id, name, latitude, longitude, x, y }, context): Detector => {
    const isGeo = latitude !== undefined && longitude !== undefined;
    const isPlane = x !== undefined && y !== undefined;
    const given = [latitude, longitude, x, y].filter((value) => value !== undefined).length;
    if (given === 2 && isGeo) return { id, name, position: { type: 'geo', latitude, longitude } };
    if (given === 2 && isPlane) return { id, name, position: { type: 'plane', xM: x, yM: y } };
    context.addIssue('expected latitude and longitude in degrees, or x and y in metres');
    return z.NEVER;
  });

const linkSchema = z
  .strictObject({
    from: detectorId,
    to: detectorId,
    max_seconds: z.number().int().min(1).max(86_400),
    length_m: z.number().positive().max(10_000_000).optional(),
    free_flow_seconds: z.number().min(1).max(86_400).optional(),
    estimator: z.enum(estimatorNames).optional(),
  })
  .refine(({ free_flow_seconds = 0, max_seconds }) => free_flow_seconds <= max_seconds, {
    path: ['free_flow_seconds'],
    message: 'expected no more than max_seconds',
  })
  .transform(
    ({ from, to, max_seconds, length_m, free_flow_seconds, estimator }): Link => ({
      fromDetectorId: from,
      toDetectorId: to,
      maxSeconds: max_seconds,
      ...(length_m === undefined ? {} : { lengthM: length_m }),
      ...(free_flow_seconds === undefined ? {} : { freeFlowSeconds: free_flow_seconds }),
      ...(estimator === undefined ? {} : { estimator }),
    }),
  );

const routeSchema = z
  .strictObject({
    id: detectorId,
    name: z.string().max(200).default(''),
    detectors: z.array(detectorId).min(2).max(routeDetectorsMax),
  })
  .transform(({ id, name, detectors }): Route => ({ id, name, detectorIds: detectors }));

const networkSchema = z.strictObject({
  detectors: z.array(detectorSchema).max(100_000),
  links: z.array(linkSchema).max(1_000_000).default([]),
  routes: z.array(routeSchema).max(100_000).default([]),
});

/** Reads a network file. Throws one InvalidInputError with everything that is wrong in it. */
export function readNetworkFile(file: string): Network {
  return parseNetworkFile(textOf(file), file);
}

/** Parses a network file; the source names it in errors. Throws one InvalidInputError with everything that is wrong. */
export function parseNetworkFile(text: string, source: string): Network {
  const parsed = networkSchema.safeParse(yamlOf(source, text));
  const problems = parsed.success
    ? problemsOf(parsed.data)
    : parsed.error.issues.map(({ path, message }) => `${placeText(path)}: ${message}`);
  if (problems.length > 0 || !parsed.success) {
    throw new InvalidInputError(problems.map((problem) => `${source}: ${problem}`).join('\n'), { field: source });
  }
  return parsed.data;
}

function problemsOf({ detectors, links, routes }: Network): readonly string[] {
  const ids = new Set<string>();
  const pairs = new Set<string>();
  const problems: string[] = [];
  for (const [index, { id }] of detectors.entries()) {
    if (ids.has(id)) problems.push(`detectors[${index}].id: a second detector ${id}`);
    ids.add(id);
  }
  for (const [index, { fromDetectorId, toDetectorId }] of links.entries()) {
    const at = `links[${index}]`;
    if (!ids.has(fromDetectorId)) problems.push(`${at}.from "${fromDetectorId}": no such detector`);
    if (!ids.has(toDetectorId)) problems.push(`${at}.to "${toDetectorId}": no such detector`);
    if (fromDetectorId === toDetectorId) problems.push(`${at}: a link from ${fromDetectorId} to itself`);
    const pair = pairName({ fromDetectorId, toDetectorId });
    if (pairs.has(pair)) problems.push(`${at}: a second link from ${fromDetectorId} to ${toDetectorId}`);
    pairs.add(pair);
  }
  return [...problems, ...routeProblemsOf(routes, pairs)];
}

const pairName = ({ fromDetectorId, toDetectorId }: Pick<Link, 'fromDetectorId' | 'toDetectorId'>): string =>
  `${fromDetectorId} ${toDetectorId}`;

function routeProblemsOf(routes: readonly Route[], pairs: ReadonlySet<string>): readonly string[] {
  const ids = new Set<string>();
  return routes.flatMap(({ id, detectorIds }, index) => {
    const problems = ids.has(id) ? [`routes[${index}].id: a second route ${id}`] : [];
    ids.add(id);
    for (const [place, way] of linksAlong(detectorIds).entries()) {
      if (pairs.has(pairName(way))) continue;
      const { fromDetectorId, toDetectorId } = way;
      problems.push(`routes[${index}].detectors[${place + 1}]: no link from ${fromDetectorId} to ${toDetectorId}`);
    }
    return problems;
  });
}

function placeText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}
