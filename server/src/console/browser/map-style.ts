import type { GeoJSONSource, StyleSpecification } from 'maplibre-gl';
import type { Detector } from './api-types.ts';
import { type LngLat, placeOnMap } from './network-geometry.ts';
import type { KnownLink, NetworkState } from './network-state.ts';
import { grounds, healthColours, levelColours, type Theme } from './palette.ts';
import { levelOf, type TrafficLevel } from './traffic-level.ts';

/** How a link is drawn beside its colour, so that the colour need not be seen. */
const strokes: Readonly<
  Record<TrafficLevel, { readonly width: number; readonly line: 'whole' | 'dashed' | 'dotted' }>
> = {
  free: { width: 3, line: 'whole' },
  dense: { width: 4.5, line: 'whole' },
  slow: { width: 6, line: 'whole' },
  jam: { width: 8, line: 'whole' },
  unknown: { width: 3, line: 'dotted' },
  old: { width: 3, line: 'dashed' },
  down: { width: 4.5, line: 'dashed' },
};
/** In drawn widths. */
const dashes = { whole: undefined, dashed: [2, 1.2], dotted: [0.4, 1.4] } as const;
export const linkLayers = ['links-whole', 'links-dashed', 'links-dotted'] as const;
export const detectorLayer = 'detectors';

type FeatureCollection = Extract<Parameters<GeoJSONSource['setData']>[0], { type: 'FeatureCollection' }>;

export interface Tiles {
  readonly url: string;
  readonly attribution: string;
}

/** What is drawn of the network. */
export interface Drawing {
  readonly links: FeatureCollection;
  readonly detectors: FeatureCollection;
}

/** The map is of our data alone, on a plain ground or on the tiles that the server was told of; letters come from the browser's own fonts. */
export function mapStyle(theme: Theme, tiles: Tiles | undefined, { links, detectors }: Drawing): StyleSpecification {
  const { map, text } = grounds[theme];
  return {
    version: 8,
    sources: {
      links: { type: 'geojson', data: links },
      detectors: { type: 'geojson', data: detectors },
      ...(tiles === undefined ? {} : { tiles: { type: 'raster', tiles: [tiles.url], tileSize: 256 } }),
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': map } },
      ...(tiles === undefined
        ? []
        : [{ id: 'tiles', type: 'raster', source: 'tiles', paint: { 'raster-opacity': 0.6 } } as const]),
      ...linkLayers.map((id) => linkLayer(id)),
      {
        id: detectorLayer,
        type: 'circle',
        source: 'detectors',
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 3, 14, 6],
          'circle-color': ['get', 'fill'],
          'circle-stroke-width': 2,
          'circle-stroke-color': ['get', 'edge'],
        },
      },
      {
        id: 'names',
        type: 'symbol',
        source: 'detectors',
        layout: {
          'text-field': ['get', 'name'],
          'text-font': ['sans-serif'],
          'text-size': 13,
          'text-variable-anchor': ['top', 'bottom', 'left', 'right'],
          'text-radial-offset': 0.9,
          'text-optional': true,
        },
        paint: { 'text-color': text, 'text-halo-color': map, 'text-halo-width': 1.5 },
      },
    ],
  };
}

function linkLayer(id: (typeof linkLayers)[number]): StyleSpecification['layers'][number] {
  const line = id === 'links-whole' ? 'whole' : id === 'links-dashed' ? 'dashed' : 'dotted';
  const dash = dashes[line];
  return {
    id,
    type: 'line',
    source: 'links',
    filter: ['==', ['get', 'line'], line],
    layout: { 'line-cap': dash === undefined ? 'round' : 'butt', 'line-sort-key': ['get', 'width'] },
    paint: {
      'line-color': ['get', 'colour'],
      'line-width': ['get', 'width'],
      // Both directions are seen: each drives on the right.
      'line-offset': ['+', 1.5, ['/', ['get', 'width'], 2]],
      ...(dash === undefined ? {} : { 'line-dasharray': [...dash] }),
    },
  };
}

export function drawingOf(state: NetworkState, theme: Theme): Drawing {
  return {
    links: linkFeatures(state.links(), state.detectors, theme),
    detectors: detectorFeatures(state.detectors.values(), (id) => state.nameOf(id), theme),
  };
}

function linkFeatures(
  links: readonly KnownLink[],
  detectors: NetworkState['detectors'],
  theme: Theme,
): FeatureCollection {
  const placeOf = (id: string): LngLat | undefined => {
    const detector = detectors.get(id);
    return detector && placeOnMap(detector);
  };
  return {
    type: 'FeatureCollection',
    features: links.flatMap(({ from, to, estimate }) => {
      const [begin, end] = [placeOf(from), placeOf(to)];
      if (begin === undefined || end === undefined) return [];
      const level = levelOf(estimate);
      const properties = { from, to, colour: levelColours[theme][level], ...strokes[level] };
      return [{ type: 'Feature', properties, geometry: { type: 'LineString', coordinates: [[...begin], [...end]] } }];
    }),
  };
}

function detectorFeatures(
  detectors: Iterable<Detector>,
  nameOf: (id: string) => string,
  theme: Theme,
): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: [...detectors].flatMap((detector) => {
      const place = placeOnMap(detector);
      if (place === undefined) return [];
      const { detector_id: id, state } = detector;
      const [colour, ground] = [healthColours[theme][state], grounds[theme].map];
      // Those that are not heard are rings.
      const isHeard = state !== 'silent' && state !== 'never';
      const properties = { id, name: nameOf(id), fill: isHeard ? colour : ground, edge: isHeard ? ground : colour };
      return [{ type: 'Feature', properties, geometry: { type: 'Point', coordinates: [...place] } }];
    }),
  };
}
