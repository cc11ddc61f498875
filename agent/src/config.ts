import { join } from 'node:path';
import type { BackoffPolicy } from '@tdc/shared/backoff.ts';
import { type ConfigOption, type ConfigValues, type Environment, numeric, option } from '@tdc/shared/config.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { hostOf, isLoopback } from '@tdc/shared/loopback.ts';
import { isTagBits } from '@tdc/shared/pseudonym.ts';
import { serviceManagerOf } from '@tdc/shared/service-notify.ts';
import { detectorIdExpected, isDetectorId } from '@tdc/shared/wire.ts';
import { z } from 'zod';
import { type ClockConfig, clockConfigOf, clockOptions } from './clock-config.ts';
import { identityFileOf, identityOption } from './enrolment/identity-option.ts';
import { type KeyConfig, keyConfigOf, keyOptions } from './key-options.ts';
import type { Battery } from './machine/battery.ts';
import type { PassageOptions } from './passage-builder.ts';
import { type WifiConfig, wifiConfigOf, wifiOptions } from './wifi-options.ts';

const scannerNames = ['simulated', 'exec', 'ble', 'classic', 'wifi-monitor', 'wifi-access-points'] as const;
export type ScannerName = (typeof scannerNames)[number];

/** Files of the collector's authority, and of the agent's own certificate and key, all PEM. */
export interface AgentTls {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** What works for every detector alike. */
export interface AgentConfig {
  readonly collectorAddress: string;
  /** Absent: plain text. */
  readonly tls?: AgentTls;
  readonly outbox: { readonly bytesMax: number; readonly flushRows: number; readonly flushMs: number };
  readonly passage: PassageOptions;
  readonly tagBits: number;
  readonly network: { readonly name: string; readonly timeZone: string };
  readonly key: KeyConfig;
  readonly keyOverlapMs: number;
  readonly clock: ClockConfig;
  readonly statusIntervalMs: number;
  readonly battery?: Battery;
  readonly uplinkBackoff: BackoffPolicy;
  readonly logLevel: string;
  readonly scanners: readonly ScannerName[];
  /** The adapter of the scanners ble and classic, such as `hci0`; absent: the first there is. */
  readonly bluetoothAdapter?: string;
  readonly wifi: WifiConfig;
  /** What the scanner exec runs. */
  readonly execCommand?: readonly [string, ...string[]];
  readonly simulation: {
    readonly networkFile?: string;
    readonly seed: number;
    readonly vehiclesPerHour: number;
  };
  /** File of the certificate in use, where this box has enrolled for it: the running agent renews it. */
  readonly identityFile?: string;
  /** As given; what is derived from it is in `placeOf`. */
  readonly given: { readonly detectorId?: string; readonly stateDir?: string; readonly keyFile?: string };
  /** Where state is kept by default. */
  readonly stateHome: string;
}

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
const hostAndPort = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'expected host:port');
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

/** Throws InvalidInputError for options that do not go together. */
export function agentConfigOf(values: ConfigValues<AgentOptionTable>, stateHome: string): AgentConfig {
  const tls = tlsOf(values);
  const collectorAddress = values['collector.address'];
  if (tls === undefined && !values.allow_plaintext && !isLoopback(hostOf(collectorAddress))) {
    throw new InvalidInputError(
      `collector.address ${collectorAddress} is another machine: give tls.ca, or --allow-plaintext`,
      { field: 'collector.address' },
    );
  }
  const networkFile = values['simulation.network_file'];
  const [program, ...programArgs] = values['exec.command'] ?? [];
  const execCommand = program === undefined ? undefined : ([program, ...programArgs] as const);
  if (execCommand === undefined && values.scanners.includes('exec')) {
    throw new InvalidInputError('exec.command: missing: the scanner exec needs to know what to run', {
      field: 'exec.command',
    });
  }
  return {
    collectorAddress,
    ...(tls === undefined ? {} : { tls }),
    outbox: {
      bytesMax: values['outbox.bytes_max'],
      flushRows: values['outbox.flush_rows'],
      flushMs: values['outbox.flush_ms'],
    },
    passage: {
      gapMs: values['passage.gap_seconds'] * 1000,
      passageMsMax: values['passage.seconds_max'] * 1000,
      rssiWindowDb: values['passage.rssi_window_db'],
    },
    tagBits: values['tag.bits'],
    network: { name: values['network.name'], timeZone: values['network.time_zone'] },
    key: keyConfigOf(values),
    keyOverlapMs: values['key.overlap_minutes'] * 60_000,
    clock: clockConfigOf(values),
    statusIntervalMs: values['status.interval_seconds'] * 1000,
    ...batteryOf(values),
    uplinkBackoff: { baseMs: values['uplink.backoff_ms_base'], maxMs: values['uplink.backoff_ms_max'] },
    logLevel: values['log.level'],
    scanners: values.scanners,
    ...(values['bluetooth.adapter'] === undefined ? {} : { bluetoothAdapter: values['bluetooth.adapter'] }),
    wifi: wifiConfigOf(values),
    ...(execCommand === undefined ? {} : { execCommand }),
    simulation: {
      ...(networkFile === undefined ? {} : { networkFile }),
      seed: values['simulation.seed'],
      vehiclesPerHour: values['simulation.vehicles_per_hour'],
    },
    given: {
      ...(values['detector.id'] === undefined ? {} : { detectorId: values['detector.id'] }),
      ...(values.state_dir === undefined ? {} : { stateDir: values.state_dir }),
      ...(values['key.file'] === undefined ? {} : { keyFile: values['key.file'] }),
    },
    stateHome,
    ...identityOf(values, stateHome),
  };
}

function identityOf(values: ConfigValues<AgentOptionTable>, stateHome: string): Pick<AgentConfig, 'identityFile'> {
  const identityFile = identityFileOf(values, stateHome);
  return values['tls.key'] === identityFile ? { identityFile } : {};
}

function batteryOf(values: ConfigValues<AgentOptionTable>): Pick<AgentConfig, 'battery'> {
  const voltageFile = values['battery.voltage_file'];
  if (voltageFile === undefined) return {};
  return {
    battery: {
      voltageFile,
      voltsPerUnit: values['battery.volts_per_unit'],
      lowVolts: values['battery.low_volts'],
    },
  };
}

function tlsOf(values: ConfigValues<AgentOptionTable>): AgentTls | undefined {
  const caFile = values['tls.ca'];
  const certFile = values['tls.cert'];
  const keyFile = values['tls.key'];
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new InvalidInputError('tls.cert and tls.key go together: expected both, or none', { field: 'tls' });
  }
  if (caFile === undefined) {
    if (certFile === undefined) return undefined;
    throw new InvalidInputError('tls.ca is missing: expected it with tls.cert and tls.key', { field: 'tls.ca' });
  }
  return certFile === undefined || keyFile === undefined ? { caFile } : { caFile, certFile, keyFile };
}

/** Where a detector's agent keeps its state by default. */
export function stateHomeOf(env: Readonly<Record<string, string | undefined>>, homeDir: string): string {
  return join(env.XDG_STATE_HOME || join(homeDir, '.local', 'state'), 'tdc');
}

/** One detector's identity and files. */
export interface Place {
  readonly detectorId: string;
  readonly stateDir: string;
  readonly keyFile: string;
}

/** Throws InvalidInputError when it is not said which detector this is. */
export function placeOf(config: AgentConfig): Place {
  const { detectorId } = config.given;
  if (detectorId === undefined) {
    throw new InvalidInputError(
      'detector.id is missing: give --detector-id, TDC_DETECTOR_ID or detector: { id: ... } in the configuration file',
      { field: 'detector.id' },
    );
  }
  const stateDir = stateDirOf(config);
  return { detectorId, stateDir, keyFile: config.given.keyFile ?? join(stateDir, 'key.json') };
}

/** The state folder: as given, or that of the detector. */
export function stateDirOf({ given, stateHome }: AgentConfig): string {
  if (given.stateDir !== undefined) return given.stateDir;
  if (given.detectorId !== undefined) return join(stateHome, 'agent', given.detectorId);
  throw new InvalidInputError('which agent? Give --state-dir or --detector-id', { field: 'state_dir' });
}

/** With the defaults that follow from other options filled in. */
export function effectiveValues(
  values: ConfigValues<AgentOptionTable>,
  config: AgentConfig,
): ConfigValues<AgentOptionTable> {
  if (config.given.detectorId === undefined) return values;
  const { stateDir, keyFile } = placeOf(config);
  return { ...values, state_dir: stateDir, 'key.file': keyFile };
}

/** Folders that programs are looked for in, separated by colons. */
export const searchPathOf = (env: Environment = process.env): string => env.PATH ?? '';

/** The service manager that this process runs under, if any. */
export const serviceManager = (env: Environment = process.env) => serviceManagerOf(env, process.pid);
