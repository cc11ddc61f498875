import type { DetectorHealth, EstimatorName } from './api-types.ts';
import type { TrafficLevel } from './traffic-level.ts';

export type Theme = 'light' | 'dark';

/**
 * Colours of the traffic, which are told apart by who sees no red or no green as well: from blue by yellow to dark red, in lightness too. What is not known is grey, and
 * broken on the map. Each has 3:1 against its background.
 */
export const levelColours: Readonly<Record<Theme, Readonly<Record<TrafficLevel, string>>>> = {
  light: {
    free: '#2166ac',
    dense: '#a67c00',
    slow: '#d95f02',
    jam: '#a50026',
    unknown: '#767676',
    old: '#767676',
    down: '#4a4a4a',
  },
  dark: {
    free: '#6baed6',
    dense: '#ffd92f',
    slow: '#fd8d3c',
    jam: '#ff4d5e',
    unknown: '#8c8c8c',
    old: '#8c8c8c',
    down: '#b8b8b8',
  },
};

export const healthColours: Readonly<Record<Theme, Readonly<Record<DetectorHealth, string>>>> = {
  light: { ok: '#2166ac', warning: '#a67c00', failing: '#d95f02', silent: '#a50026', never: '#767676' },
  dark: { ok: '#6baed6', warning: '#ffd92f', failing: '#fd8d3c', silent: '#ff4d5e', never: '#8c8c8c' },
};

/** Of estimators beside the one in use. Each has a stroke of its own as well. */
export const peerColours: Readonly<Record<Theme, Readonly<Record<EstimatorName, string>>>> = {
  light: {
    'grid-filter': '#01665e',
    transguide: '#7b3294',
    'dion-rakha': '#1b7837',
    mad: '#b35806',
    'iqr-median': '#c51b7d',
  },
  dark: {
    'grid-filter': '#80cdc1',
    transguide: '#c2a5cf',
    'dion-rakha': '#a6dba0',
    mad: '#fdb863',
    'iqr-median': '#f1b6da',
  },
};

/** What the map and the plots are drawn on and with. */
export const grounds: Readonly<Record<Theme, { readonly map: string; readonly text: string; readonly grid: string }>> =
  {
    light: { map: '#f4f5f7', text: '#1b1f24', grid: '#d5d9de' },
    dark: { map: '#14181d', text: '#e8eaed', grid: '#343a42' },
  };
