import { type ConfigOption, numeric, option } from '@tdc/shared/config.ts';
import { isTagBits } from '@tdc/shared/pseudonym.ts';
import { detectorIdExpected, isDetectorId } from '@tdc/shared/wire.ts';
import { z } from 'zod';
import { clockOptions } from './clock-config.ts';
import { letterOptions } from './configuration/letter-options.ts';
import { identityOption } from './enrolment/identity-option.ts';
import { hostAndPort } from './host-and-port.ts';
import { keyOptions } from './key-options.ts';
import { metricsOptions } from './metrics/metrics-options.ts';
import { wifiOptions } from './wifi-options.ts';

const scannerNames = ['simulated', 'exec', 'ble', 'classic', 'wifi-monitor', 'wifi-access-points'] as const;
export type ScannerName = (typeof scannerNames)[number];

const file = z.string().min(1);
const whole = (min: number, max: number) => numeric(z.number().int().min(min).max(max));
const scanners = z.preprocess(
  (value) => {
    const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
    return Array.isArray(names) && names.length === 1 && names[0] === 'none' ? [] : names;
  },
  z.array(z.enum(scannerNames)),
);
/** No shell: an argument with a blank in it needs the list. */
const command = z.preprocess(
  (value) => (typeof value === 'string' ? value.trim().split(/\s+/) : value),
  z.array(z.string().min(1)).min(1).max(100),
);
const flag = z.boolean().or(z.stringbool());

/** Every option of `tdc-agent`; the home folder and the environment decide where state is kept by default. */
export function agentOptions() {
  return [
    option(
      'detector.id',
      z.string().refine(isDetectorId, `expected ${detectorIdExpected}`).optional(),
      undefined,
      'the detector that this agent works for',
    ),
    option(
      'state_dir',
      file.optional(),
      undefined,
      'folder of outbox, key and socket; by default $XDG_STATE_HOME or ~/.local/state, and in it tdc/agent/<detector id>',
    ),
    identityOption,
    option('collector.address', hostAndPort, '127.0.0.1:9000', 'host:port of the collector'),
    option('key.file', file.optional(), undefined, 'key of the network; by default key.json in the state folder'),
    option(
      'outbox.bytes_max',
      whole(1024 * 1024, 1024 ** 4),
      256 * 1024 * 1024,
      'limit of the outbox on disk; beyond it the oldest events are dropped',
    ),
    option('outbox.flush_rows', whole(1, 10_000), 200, 'events that are committed together at most'),
    option('outbox.flush_ms', whole(1, 60_000), 1000, 'milliseconds after which events are committed at latest'),
    option('passage.gap_seconds', whole(1, 3600), 30, 'seconds without a sighting that end a passage'),
    option('passage.seconds_max', whole(1, 86_400), 900, 'seconds after which a device that stays is resident'),
    option(
      'passage.rssi_window_db',
      whole(0, 100),
      5,
      'dB below the strongest sighting that the reference time may have',
    ),
    option(
      'tag.bits',
      whole(24, 128).refine(isTagBits, 'expected a multiple of 4 from 24 to 128'),
      32,
      'bits of a pseudonym; the same in the whole network',
    ),
    option('network.name', z.string().min(1).max(64), 'tdc', 'name of the network, for a new key'),
    option('network.time_zone', z.string().min(1), 'UTC', 'time zone of the network, for a new key'),
    option(
      'key.overlap_minutes',
      whole(0, 1440),
      60,
      'minutes that events carry the pseudonym of the epoch before too',
    ),
    ...keyOptions(),
    ...letterOptions(),
    ...clockOptions,
    option('status.interval_seconds', whole(1, 86_400), 30, 'seconds between two status reports'),
    option(
      'battery.voltage_file',
      file.optional(),
      undefined,
      'file with the voltage of the battery or supply, such as /sys/class/hwmon/hwmon1/in1_input; none by default',
    ),
    option(
      'battery.volts_per_unit',
      numeric(z.number().positive().max(1000)),
      0.001,
      'volts of one unit of that file: 0.001 for the millivolts of hwmon',
    ),
    option(
      'battery.low_volts',
      numeric(z.number().positive().max(1000)),
      11.7,
      'volts below which the battery is reported as low',
    ),
    ...metricsOptions(),
    option('uplink.backoff_ms_base', whole(1, 3_600_000), 1000, 'longest wait after a first failure, in milliseconds'),
    option('uplink.backoff_ms_max', whole(1, 3_600_000), 300_000, 'longest wait after many failures, in milliseconds'),
    option('log.level', z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']), 'info', 'least level to log'),
    option('tls.ca', file.optional(), undefined, "file of the authority of the collector's certificate (PEM)"),
    option('tls.cert', file.optional(), undefined, "file of the agent's certificate (PEM)"),
    option('tls.key', file.optional(), undefined, 'file of its private key (PEM)'),
    option('allow_plaintext', flag, false, 'do without TLS to a collector on another machine'),
    option(
      'scanners',
      scanners,
      [],
      'what hears devices, separated by commas: ble, classic, wifi-monitor, wifi-access-points, exec, simulated; or none',
    ),
    option(
      'bluetooth.adapter',
      z
        .string()
        .regex(/^hci\d{1,4}$/, 'expected the name of an adapter, such as hci0')
        .optional(),
      undefined,
      'adapter of the scanners ble and classic, such as hci0; by default the first there is',
    ),
    ...wifiOptions(),
    option(
      'exec.command',
      command.optional(),
      undefined,
      'program of the scanner exec with its arguments: a list, or words between blanks',
    ),
    option('simulation.network_file', file.optional(), undefined, 'network of the scanner simulated (YAML or JSON)'),
    option('simulation.seed', whole(0, 2 ** 32 - 1), 1, 'the same seed gives the same traffic, in every process'),
    option(
      'simulation.vehicles_per_hour',
      numeric(z.number().positive().max(100_000)),
      600,
      'vehicles that enter the road',
    ),
  ] as const satisfies readonly ConfigOption[];
}

export type AgentOptionTable = ReturnType<typeof agentOptions>;
