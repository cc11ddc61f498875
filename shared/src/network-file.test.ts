import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { InvalidInputError } from './errors.ts';
import type { Network } from './network.ts';
import { parseNetworkFile, readNetworkFile } from './network-file.ts';

const coordinate = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true }).map((value) => value + 0);
const networks: fc.Arbitrary<Network> = fc
  .record({
    ids: fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/), { minLength: 1, maxLength: 8 }),
    geo: fc.boolean(),
    a: coordinate(90),
    b: coordinate(180),
    ends: fc.uniqueArray(fc.tuple(fc.nat(7), fc.nat(7)), { selector: String, maxLength: 6 }),
    maxSeconds: fc.integer({ min: 1, max: 86_400 }),
    lengthM: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
  })
  .map(({ ids, geo, a, b, ends, maxSeconds, lengthM }) => ({
    detectors: ids.map((id, n) => ({
      id,
      name: n % 2 === 0 ? '' : `at: "${id}"`,
      position: geo ? { type: 'geo' as const, latitude: a, longitude: b } : { type: 'plane' as const, xM: a, yM: b },
    })),
    links: ends
      .filter(([from, to]) => from !== to && from < ids.length && to < ids.length)
      .map(([from, to]) => ({
        fromDetectorId: ids[from] ?? '',
        toDetectorId: ids[to] ?? '',
        maxSeconds,
        ...(lengthM === undefined ? {} : { lengthM }),
      })),
  }))
  .map((network) => ({ ...network, routes: routesAlong(network.links) }));

/** Along every link, and over every two that follow each other. */
function routesAlong(links: Network['links']): Network['routes'] {
  const over = links.flatMap((first) =>
    links
      .filter(({ fromDetectorId }) => fromDetectorId === first.toDetectorId)
      .map(({ toDetectorId }) => [first.fromDetectorId, first.toDetectorId, toDetectorId]),
  );
  const ways = [...links.map(({ fromDetectorId, toDetectorId }) => [fromDetectorId, toDetectorId]), ...over];
  return ways.map((detectorIds, n) => ({ id: `r${n}`, name: n % 2 === 0 ? '' : `via "${n}"`, detectorIds }));
}

/** As an operator writes it. */
const written = ({ detectors, links, routes }: Network) => ({
  detectors: detectors.map(({ id, name, position }) => ({
    id,
    name,
    ...(position.type === 'geo'
      ? { latitude: position.latitude, longitude: position.longitude }
      : { x: position.xM, y: position.yM }),
  })),
  links: links.map(({ fromDetectorId, toDetectorId, maxSeconds, lengthM }) => ({
    from: fromDetectorId,
    to: toDetectorId,
    max_seconds: maxSeconds,
    ...(lengthM === undefined ? {} : { length_m: lengthM }),
  })),
  routes: routes.map(({ id, name, detectorIds }) => ({ id, name, detectors: detectorIds })),
});

test('a network written as JSON or YAML is the same network', () => {
  fc.assert(
    fc.property(networks, (network) => {
      const file = written(network);
      expect(parseNetworkFile(JSON.stringify(file), 'a.json')).toEqual(network);
      expect(parseNetworkFile(stringify(file), 'a.yaml')).toEqual(network);
    }),
  );
});

const d1 = '{id: D1, x: 0, y: 0}';
test.each([
  ['', /a\.yaml: the file: .*expected object/],
  ['detectors: 5', /detectors: .*expected array/],
  ['links: []', /detectors: .*expected array/],
  ['detectors: [{id: D 1, x: 0, y: 0}]', /detectors\[0\]\.id: expected 1 to 64 of letters/],
  ['detectors: [{id: D1}]', /detectors\[0\]: expected latitude and longitude in degrees, or x and y in metres/],
  ['detectors: [{id: D1, x: 0, latitude: 1}]', /detectors\[0\]: expected latitude and longitude/],
  ['detectors: [{id: D1, latitude: 91, longitude: 0}]', /detectors\[0\]\.latitude/],
  ['detectors: [{id: D1, x: 0, y: 0, z: 0}]', /detectors\[0\]: .*"z"/],
  [`detectors: [${d1}, ${d1}]`, /detectors\[1\]\.id: a second detector D1/],
  [`detectors: [${d1}]\nlinks: [{from: D1, to: D9, max_seconds: 60}]`, /links\[0\]\.to "D9": no such detector/],
  [`detectors: [${d1}]\nlinks: [{from: D1, to: D1, max_seconds: 60}]`, /links\[0\]: a link from D1 to itself/],
  [`detectors: [${d1}]\nlinks: [{from: D1, to: D1, max_seconds: 0}]`, /links\[0\]\.max_seconds/],
  [`detectors: [${d1}]\nlinks: [{from: D1, to: D1, max_second: 60}]`, /links\[0\]: .*"max_second"/],
  ['detectors: [', /a\.yaml is not valid YAML: .*line 1/],
])('a network of %j is refused by place', (text, words) => {
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(InvalidInputError);
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(words);
});

test('all that is wrong is told at once', () => {
  const text = 'detectors: [{id: D 1, x: 0, y: 0}, {id: D2}]\nlinks: [{from: D2, to: D3, max_seconds: no}]';
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(/detectors\[0\].*detectors\[1\].*links\[0\]/s);
});

const route = (rest: string) =>
  `detectors: [${d1}, {id: D2, x: 1, y: 1}]\nlinks: [{from: D1, to: D2, max_seconds: 60}]\nroutes: ${rest}`;
test.each([
  [route('[{id: r 1, detectors: [D1, D2]}]'), /routes\[0\]\.id: expected 1 to 64/],
  [route('[{id: r, detectors: [D1]}]'), /routes\[0\]\.detectors: .*2/],
  [route('[{id: r, detectors: [D1, D 2]}]'), /routes\[0\]\.detectors\[1\]: expected 1 to 64/],
  [route('[{id: r, detectors: [D1, D2], via: D1}]'), /routes\[0\]: .*"via"/],
  [route('[{id: r, detectors: [D1, D2]}, {id: r, detectors: [D1, D2]}]'), /routes\[1\]\.id: a second route r/],
  [route('[{id: r, detectors: [D1, D2, D1]}]'), /routes\[0\]\.detectors\[2\]: no link from D2 to D1/],
])('a route in a network of %j is refused by place', (text, words) => {
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(InvalidInputError);
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(words);
});

const link = (rest: string) => `detectors: [${d1}, {id: D2, x: 1, y: 1}]\nlinks: [{from: D1, to: D2, ${rest}}]`;
test.each([
  ['network: []\ndetectors: []', /^a\.yaml: the file: .*"network"/],
  ['detectors: [{id: 7, x: 0, y: 0}]', /detectors\[0\]\.id: .*expected string/],
  ['detectors: [{x: 0, y: 0}]', /detectors\[0\]\.id: .*expected string/],
  [`detectors: [{id: ${'D'.repeat(65)}, x: 0, y: 0}]`, /detectors\[0\]\.id: expected 1 to 64/],
  [`detectors: [{id: D1, name: ${'n'.repeat(201)}, x: 0, y: 0}]`, /detectors\[0\]\.name: .*200/],
  ['detectors: [{id: D1, x: .inf, y: 0}]', /detectors\[0\]\.x: .*expected number/],
  ['detectors: [{id: D1, x: 0, y: .nan}]', /detectors\[0\]\.y: .*expected number/],
  ['detectors: [{id: D1, latitude: 0, longitude: -180.1}]', /detectors\[0\]\.longitude: .*-180/],
  ['detectors: [{id: D1, latitude: 0, longitude: 0, x: 0, y: 0}]', /detectors\[0\]: expected latitude and longitude/],
  [link(''), /links\[0\]\.max_seconds: .*expected number/],
  [link('max_seconds: 86401'), /links\[0\]\.max_seconds: .*86400/],
  [link('max_seconds: 1.5'), /links\[0\]\.max_seconds: .*expected int/],
  [link('max_seconds: 60, length_m: 0'), /links\[0\]\.length_m: .*>0/],
  [link('max_seconds: 60, length_m: 10000001'), /links\[0\]\.length_m: .*10000000/],
])('a network of %j is out of bounds and refused by place', (text, words) => {
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(InvalidInputError);
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(words);
});

test('the bounds themselves are taken', () => {
  const text = `detectors:
  - {id: ${'D'.repeat(64)}, name: ${'n'.repeat(200)}, latitude: -90, longitude: 180}
  - {id: a_b-C, latitude: 90, longitude: -180}
links:
  - {from: ${'D'.repeat(64)}, to: a_b-C, max_seconds: 86400, length_m: 10000000}
  - {from: a_b-C, to: ${'D'.repeat(64)}, max_seconds: 1}`;
  const network = parseNetworkFile(text, 'a.yaml');
  expect(network.detectors).toHaveLength(2);
  expect(network.links).toHaveLength(2);
});

test('a network needs neither routes nor links nor detectors', () => {
  expect(parseNetworkFile('detectors: []', 'a.yaml')).toEqual({ detectors: [], links: [], routes: [] });
});

test('all that does not fit together is told at once, a line each with the name of the file', () => {
  const text = `detectors: [${d1}, ${d1}]
links:
  - {from: D1, to: D9, max_seconds: 60}
  - {from: D8, to: D1, max_seconds: 60}
  - {from: D1, to: D1, max_seconds: 60}
  - {from: D1, to: D9, max_seconds: 61}`;
  const lines = [
    'a.yaml: detectors[1].id: a second detector D1',
    'a.yaml: links[0].to "D9": no such detector',
    'a.yaml: links[1].from "D8": no such detector',
    'a.yaml: links[2]: a link from D1 to itself',
    'a.yaml: links[3].to "D9": no such detector',
    'a.yaml: links[3]: a second link from D1 to D9',
  ];
  expect(() => parseNetworkFile(text, 'a.yaml')).toThrow(new InvalidInputError(lines.join('\n'), { field: 'a.yaml' }));
});

test('the way back is another link than the way there', () => {
  const text = `detectors: [${d1}, {id: D2, x: 1, y: 1}]
links: [{from: D1, to: D2, max_seconds: 60}, {from: D2, to: D1, max_seconds: 60}]`;
  expect(parseNetworkFile(text, 'a.yaml').links).toHaveLength(2);
});

test('a file is read from disk, and named when it cannot be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-network-'));
  try {
    const file = join(folder, 'network.yaml');
    writeFileSync(file, `detectors: [${d1}]`);
    expect(readNetworkFile(file).detectors).toEqual([
      { id: 'D1', name: '', position: { type: 'plane', xM: 0, yM: 0 } },
    ]);
    writeFileSync(file, 'detectors: 1');
    expect(() => readNetworkFile(file)).toThrow(`${file}: detectors: `);
    expect(() => readNetworkFile(join(folder, 'nowhere'))).toThrow(/nowhere cannot be read: ENOENT/);
    expect(() => readNetworkFile(folder)).toThrow(/cannot be read: EISDIR/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
