import { type FileValues, parseConfigText } from '@tdc/shared/config-file.ts';
import type { AgentOptionTable } from '../config-options.ts';
import type { SignedConfiguration } from './remote-configuration.ts';

/**
 * What a letter may set. Nothing here runs a program, names a file, says whom to trust, does without TLS, or changes what a pseudonym is: whoever can
 * sign configurations must not be able to take the box over, or to undo its privacy. `docs/configuration.md` says why of each that is left out.
 */
const remotePaths = [
  'collector.address',
  'outbox.bytes_max',
  'outbox.flush_rows',
  'outbox.flush_ms',
  'passage.gap_seconds',
  'passage.seconds_max',
  'passage.rssi_window_db',
  'clock.wait_minutes',
  'status.interval_seconds',
  'battery.volts_per_unit',
  'battery.low_volts',
  'uplink.backoff_ms_base',
  'uplink.backoff_ms_max',
  'log.level',
  'scanners',
  'bluetooth.adapter',
  'wifi.interface',
  'wifi.channels',
  'wifi.dwell_ms',
  'wifi.access_points_interface',
  'wifi.scan_seconds',
  'simulation.seed',
  'simulation.vehicles_per_hour',
] as const satisfies readonly AgentOptionTable[number]['path'][];

const allowed: ReadonlySet<string> = new Set(remotePaths);

/** The layer that a configuration by letter is; its problems name what it may not set. Throws InvalidInputError when it is not a mapping in YAML. */
export function remoteLayer({ sequence, text }: SignedConfiguration, options: AgentOptionTable): FileValues {
  const name = `configuration ${sequence}`;
  const { values, problems } = parseConfigText(name, text, options);
  const refused = [...values.keys()].filter((path) => !allowed.has(path));
  return {
    name,
    values,
    problems: [
      ...problems,
      ...refused.map((path) => `${name}: ${path} cannot be set by letter: expected it in the box's own file alone`),
    ],
  };
}
