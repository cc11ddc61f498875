import { join } from 'node:path';
import type { BackoffPolicy } from '@tdc/shared/backoff.ts';
import type { ConfigValues, Environment } from '@tdc/shared/config.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { hostOf, isLoopback } from '@tdc/shared/loopback.ts';
import { serviceManagerOf } from '@tdc/shared/service-notify.ts';
import { type ClockConfig, clockConfigOf } from './clock-config.ts';
import type { AgentOptionTable, ScannerName } from './config-options.ts';
import { type LetterConfig, letterConfigOf } from './configuration/letter-options.ts';
import { identityFileOf } from './enrolment/identity-option.ts';
import { type KeyConfig, keyConfigOf } from './key-options.ts';
import type { Battery } from './machine/battery.ts';
import { type MetricsPlace, metricsPlaceOf } from './metrics/metrics-options.ts';
import type { PassageOptions } from './passage-builder.ts';
import { type WifiConfig, wifiConfigOf } from './wifi-options.ts';

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
  /** What may come by letter. */
  readonly byLetter: LetterConfig;
  readonly keyOverlapMs: number;
  readonly clock: ClockConfig;
  readonly statusIntervalMs: number;
  readonly battery?: Battery;
  /** Where Prometheus may ask; absent: nowhere. */
  readonly metrics?: MetricsPlace;
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
  const metrics = metricsPlaceOf(values);
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
    byLetter: letterConfigOf(values),
    keyOverlapMs: values['key.overlap_minutes'] * 60_000,
    clock: clockConfigOf(values),
    statusIntervalMs: values['status.interval_seconds'] * 1000,
    ...batteryOf(values),
    ...(metrics && { metrics }),
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
export function stateDirOf({ given, stateHome }: Pick<AgentConfig, 'given' | 'stateHome'>): string {
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
