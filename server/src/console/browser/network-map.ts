import type { GeoJSONSource, Map as LibraryMap, PointLike } from 'maplibre-gl';
import type { Desk } from './desk.ts';
import { detectorLayer, drawingOf, linkLayers, mapStyle, type Tiles } from './map-style.ts';
import { boundsOf, isOnEarth, placeOnMap } from './network-geometry.ts';
import type { Theme } from './palette.ts';
import { detectorAddress, linkAddress } from './router.ts';

/** Of a finger. */
const pickRadiusPx = 8;
const fitting = { padding: 48, maxZoom: 15, duration: 0 };

/** Where the tiles of the background come from, as the server was told. */
function configuredTiles(): Tiles | undefined {
  const contentOf = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
  const url = contentOf('tdc-tiles');
  return url === undefined ? undefined : { url, attribution: contentOf('tdc-tiles-attribution') ?? '' };
}

/** The map, in an element that stays while the page around it is drawn again. */
export class NetworkMap implements Disposable {
  readonly element = document.createElement('div');
  readonly #desk: Desk;
  #map: LibraryMap | undefined;
  #state: 'loading' | 'drawn' | 'unavailable' | 'left' = 'loading';
  #shown: { version: number; theme: Theme; hasTiles: boolean } | undefined;
  #hasFitted = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.element.className = 'map-canvas';
  }

  get isUnavailable(): boolean {
    return this.#state === 'unavailable';
  }

  /** Who is to be named for the background. */
  get attribution(): string {
    return (this.#shown?.hasTiles && configuredTiles()?.attribution) || '';
  }

  /** Loads the library and draws what there is. Without WebGL the page does without a map. */
  async start(): Promise<void> {
    const { format, theme, state } = this.#desk;
    try {
      const { Map: LibraryMap } = await import('maplibre-gl');
      if (this.#state === 'left') return;
      const map = new LibraryMap({
        container: this.element,
        style: mapStyle(theme, undefined, drawingOf(state, theme)),
        attributionControl: false,
        dragRotate: false,
        pitchWithRotate: false,
        maxPitch: 0,
        renderWorldCopies: false,
        fadeDuration: 0,
        locale: { 'Map.Title': format.text.map },
      });
      this.#map = map;
      map.touchZoomRotate.disableRotation();
      map.on('click', ({ point }) => this.#pick([point.x, point.y]));
      map.on('mousemove', ({ point }) => {
        map.getCanvas().style.cursor = this.#featureAt([point.x, point.y]) === undefined ? '' : 'pointer';
      });
      await map.once('load');
      this.#state = 'drawn';
      this.#shown = { version: -1, theme, hasTiles: false };
      this.update();
    } catch (error) {
      console.warn('the map is not available', error);
      if (this.#state !== 'left') this.#state = 'unavailable';
      this.#desk.refresh();
    }
  }

  /** Draws what has changed. */
  update(): void {
    const [map, shown, { state, theme }] = [this.#map, this.#shown, this.#desk];
    if (this.#state !== 'drawn' || map === undefined || shown === undefined) return;
    const hasTiles = configuredTiles() !== undefined && isOnEarth(state.detectors.values());
    if (shown.version === state.version && shown.theme === theme && shown.hasTiles === hasTiles) return;
    this.#shown = { version: state.version, theme, hasTiles };
    const drawing = drawingOf(state, theme);
    if (shown.theme !== theme || shown.hasTiles !== hasTiles) {
      map.setStyle(mapStyle(theme, hasTiles ? configuredTiles() : undefined, drawing));
    } else {
      map.getSource<GeoJSONSource>('links')?.setData(drawing.links);
      map.getSource<GeoJSONSource>('detectors')?.setData(drawing.detectors);
    }
    if (!this.#hasFitted && state.detectors.size > 0) this.fit();
  }

  fit(): void {
    const detectors = [...this.#desk.state.detectors.values()];
    const bounds = boundsOf(detectors.flatMap((detector) => optional(placeOnMap(detector))));
    if (bounds === undefined || this.#map === undefined) return;
    this.#map.fitBounds(bounds, fitting);
    this.#hasFitted = true;
  }

  zoom(by: 1 | -1): void {
    if (by === 1) this.#map?.zoomIn();
    else this.#map?.zoomOut();
  }

  [Symbol.dispose](): void {
    this.#state = 'left';
    this.#map?.remove();
  }

  #featureAt([x, y]: readonly [number, number]) {
    const around: [PointLike, PointLike] = [
      [x - pickRadiusPx, y - pickRadiusPx],
      [x + pickRadiusPx, y + pickRadiusPx],
    ];
    const layers = [detectorLayer, ...linkLayers];
    if (this.#state !== 'drawn') return undefined;
    const found = this.#map?.queryRenderedFeatures(around, { layers }) ?? [];
    return found.find(({ layer }) => layer.id === detectorLayer) ?? found[0];
  }

  #pick(point: readonly [number, number]): void {
    const properties = this.#featureAt(point)?.properties;
    if (properties === undefined) return;
    const { id, from, to } = properties;
    if (typeof id === 'string') this.#desk.navigate(detectorAddress(id));
    else this.#desk.navigate(linkAddress(String(from), String(to)));
  }
}

const optional = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);
