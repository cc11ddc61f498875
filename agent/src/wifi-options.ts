import { type ConfigOption, type ConfigValues, numeric, option } from '@tdc/shared/config.ts';
import { z } from 'zod';
import { interfaceNamePattern } from './machine/wifi-interfaces.ts';

/** What the scanners of Wi-Fi are told. */
export interface WifiConfig {
  /** Of wifi-monitor, such as `wlan1`; absent: the first that can monitor and carries no network. */
  readonly interface?: string;
  readonly channels: readonly [number, ...number[]];
  readonly dwellMs: number;
  /** Of wifi-access-points; absent: all that NetworkManager has. */
  readonly accessPointsInterface?: string;
  readonly scanSeconds: number;
}

const interfaceName = z.string().regex(interfaceNamePattern, 'expected the name of an interface, such as wlan1');

/** Channels of 2.4 GHz, and those of 5 GHz that are 20 MHz wide. */
const isChannel = (channel: number): boolean =>
  (channel >= 1 && channel <= 14) ||
  (channel >= 36 && channel <= 64 && channel % 4 === 0) ||
  (channel >= 100 && channel <= 144 && channel % 4 === 0) ||
  (channel >= 149 && channel <= 177 && channel % 4 === 1);
const channel = numeric(
  z.number().int().refine(isChannel, 'expected a channel of 2.4 GHz (1 to 14) or 5 GHz (such as 36)'),
);
const channelsMax = 64;
const channels = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value),
  z.tuple([channel], channel).refine(({ length }) => length <= channelsMax, `expected up to ${channelsMax} channels`),
);

export function wifiOptions() {
  return [
    option(
      'wifi.interface',
      interfaceName.optional(),
      undefined,
      'interface of the scanner wifi-monitor, such as wlan1; by default the first that can monitor while the network is reached over another',
    ),
    option('wifi.channels', channels, [1, 6, 11], 'channels that wifi-monitor goes through, separated by commas'),
    option(
      'wifi.dwell_ms',
      numeric(z.number().int().min(100).max(60_000)),
      500,
      'milliseconds that it stays on each channel',
    ),
    option(
      'wifi.access_points_interface',
      interfaceName.optional(),
      undefined,
      'interface of the scanner wifi-access-points, such as wlan0; by default all that NetworkManager has',
    ),
    option(
      'wifi.scan_seconds',
      numeric(z.number().int().min(5).max(3600)),
      10,
      'seconds between two scans of wifi-access-points',
    ),
  ] as const satisfies readonly ConfigOption[];
}

export function wifiConfigOf(values: ConfigValues<ReturnType<typeof wifiOptions>>): WifiConfig {
  const name = values['wifi.interface'];
  const accessPointsName = values['wifi.access_points_interface'];
  return {
    ...(name === undefined ? {} : { interface: name }),
    channels: values['wifi.channels'],
    dwellMs: values['wifi.dwell_ms'],
    ...(accessPointsName === undefined ? {} : { accessPointsInterface: accessPointsName }),
    scanSeconds: values['wifi.scan_seconds'],
  };
}
