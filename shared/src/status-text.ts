import {
  type AgentStatus,
  type BatteryStatus,
  ClockState,
  ConfigurationRefusal,
  ConnectionState,
  type DiskStatus,
  type EventCounts,
  KeyState,
  type MachineStatus,
  type PowerStatus,
  type RefusedConfiguration,
  RemoteConfigurationState,
  ScannerState,
  type ScannerStatus,
} from './generated/tdc/v1/status.ts';
import { msFromNs } from './wire.ts';

const clockTexts = new Map<number, string>([
  [ClockState.CLOCK_STATE_SYNCHRONISED, 'synchronised'],
  [ClockState.CLOCK_STATE_UNSYNCHRONISED, 'not synchronised'],
  [ClockState.CLOCK_STATE_TRUSTED, 'trusted by the operator, not checked'],
]);
const connectionTexts = new Map<number, string>([
  [ConnectionState.CONNECTION_STATE_IDLE, 'not tried'],
  [ConnectionState.CONNECTION_STATE_CONNECTING, 'connecting'],
  [ConnectionState.CONNECTION_STATE_CONNECTED, 'connected'],
  [ConnectionState.CONNECTION_STATE_WAITING, 'failed, will try again'],
]);
const scannerTexts = new Map<number, string>([
  [ScannerState.SCANNER_STATE_STARTING, 'starting'],
  [ScannerState.SCANNER_STATE_RUNNING, 'running'],
  [ScannerState.SCANNER_STATE_FAILED, 'failed, will be restarted'],
  [ScannerState.SCANNER_STATE_FINISHED, 'finished'],
]);

const configurationTexts = new Map<number, string>([
  [RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_PROBATION, 'on probation'],
  [RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_CURRENT, 'current'],
  [RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_UNUSABLE, 'not usable'],
]);

const mib = (bytes: bigint): string => `${(Number(bytes) / 1024 / 1024).toFixed(1)} MiB`;

/** A status for people, a fact a line. */
export function statusText(status: AgentStatus): string {
  const { events } = status;
  const ago = (ns: bigint): string =>
    ns === 0n ? 'never' : `${durationText(msFromNs(status.takenAtNs) - msFromNs(ns))} ago`;
  const dropped = events?.dropped.map(({ reason, count }) => `${count} (${reason})`).join(', ');
  const rows: readonly (readonly [string, string])[] = [
    ['detector', status.detectorId],
    ['version', status.version],
    ['running for', durationText(msFromNs(status.takenAtNs - status.startedAtNs))],
    ['clock', `${clockTexts.get(status.clock) ?? 'unknown'}${stepText(status, ago)}`],
    ['connection', connectionTexts.get(status.connection) ?? 'unknown'],
    ['acknowledged', `${events?.acknowledged ?? 0n}, the last ${ago(status.lastAcknowledgedNs)}`],
    ['captured', `${events?.made ?? 0n}`],
    ['in outbox', inOutboxText(events)],
    ['dropped', dropped === undefined || dropped === '' ? '0' : dropped],
    ['outbox', `${mib(status.outboxBytes)} of ${mib(status.outboxBytesMax)}`],
    ['heard now', `${status.openPassages}`],
    ['key epoch', keyText(status)],
    ['settings', settingsText(status, ago)],
    ['memory', mib(status.residentMemoryBytes)],
    ...(status.machine === undefined ? [] : machineRows(status.machine)),
    ...status.scanners.map((scanner) => ['scanner', scannerText(scanner, ago)] as const),
    ['last error', status.lastError === '' ? 'none' : `${status.lastError}, ${ago(status.lastErrorNs)}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function inOutboxText(events: EventCounts | undefined): string {
  const { inOutbox = 0n, uncommitted = 0n, waitingForClock = 0n } = events ?? {};
  const waiting = waitingForClock === 0n ? '' : `, ${waitingForClock} waiting for the clock to be set`;
  return `${inOutbox}, ${uncommitted} of them not yet on disk${waiting}`;
}

function stepText({ clockStep }: AgentStatus, ago: (ns: bigint) => string): string {
  if (clockStep === undefined) return '';
  const seconds = Number(clockStep.stepMs) / 1000;
  return `; set ${seconds < 0 ? 'back' : 'forward'} by ${Math.abs(seconds).toFixed(1)} s ${ago(clockStep.atNs)}`;
}

function keyText({ keyState, keyEpoch, boxKeyFingerprint }: AgentStatus): string {
  if (keyState !== KeyState.KEY_STATE_WAITING) return `${keyEpoch}`;
  const box = boxKeyFingerprint === '' ? '' : ` (box key ${boxKeyFingerprint})`;
  return `none: waits for its key${box}`;
}

function settingsText({ configuration }: AgentStatus, ago: (ns: bigint) => string): string {
  if (configuration === undefined || configuration.authorFingerprint === '') return 'as given on the box';
  const { sequence, state, refused } = configuration;
  const settings =
    sequence === 0 ? 'as given on the box' : `configuration ${sequence}, ${configurationTexts.get(state) ?? 'unknown'}`;
  return refused === undefined ? settings : `${settings}; ${refusedText(refused)}, ${ago(refused.atNs)}`;
}

/** Which configuration is not in force, and why. */
export function refusedText({ sequence, refusal, reason }: RefusedConfiguration): string {
  const which = sequence === 0 ? 'a letter with a configuration' : `configuration ${sequence}`;
  const verb = refusal === ConfigurationRefusal.CONFIGURATION_REFUSAL_ROLLED_BACK ? 'rolled back' : 'refused';
  return `${which} ${verb}: ${reason}`;
}

/** Only what the machine tells. */
function machineRows({ power, battery, disk, ...machine }: MachineStatus): readonly (readonly [string, string])[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['up for', durationText(machine.uptimeSeconds * 1000)],
    ['processor', celsiusText(machine.processorCelsius)],
    ['power', power && powerText(power)],
    ['battery', battery && batteryText(battery)],
    ['memory left', `${mib(machine.memoryBytesAvailable)} of ${mib(machine.memoryBytes)}`],
    ['disk', disk && diskText(disk)],
  ];
  return rows.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
}

const celsiusText = (celsius: number | undefined): string | undefined =>
  celsius === undefined ? undefined : `${celsius.toFixed(0)} °C`;

function powerText(power: PowerStatus): string {
  const troubles = [
    power.underVoltage === true ? 'voltage too low' : '',
    power.throttled === true ? 'processor slowed down' : '',
    power.underVoltageSinceBoot === true ? 'voltage was too low since the boot' : '',
    power.throttledSinceBoot === true ? 'processor was slowed down since the boot' : '',
  ].filter((trouble) => trouble !== '');
  return troubles.length === 0 ? 'good' : troubles.join(', ');
}

export const batteryText = ({ volts, lowVolts, error }: BatteryStatus): string =>
  volts === undefined
    ? `unknown: ${error}`
    : `${volts.toFixed(2)} V${volts < lowVolts ? `, low (below ${lowVolts} V)` : ''}`;

function diskText({ bytes, bytesFree, bytesWritten, lifeUsedPercent }: DiskStatus): string {
  const written = bytesWritten === undefined ? '' : `, ${mib(bytesWritten)} written since the boot`;
  const life = lifeUsedPercent === undefined ? '' : `, at most ${lifeUsedPercent} % of its life used`;
  return `${mib(bytesFree)} free of ${mib(bytes)}${written}${life}`;
}

function scannerText(scanner: ScannerStatus, ago: (ns: bigint) => string): string {
  const state = scannerTexts.get(scanner.state) ?? 'unknown';
  const error = scanner.lastError === '' ? '' : `; ${scanner.lastError}`;
  return `${scanner.name}: ${state}, ${scanner.sightings} sightings, the last ${ago(scanner.lastSightingNs)}, ${scanner.malformed} malformed${error}`;
}

/** The two largest units of a duration, as `3 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  const first = units.findIndex(([length]) => seconds >= length);
  if (first === -1) return '0 s';
  const parts = units
    .slice(first, first + 2)
    .map(([length, name], index, [[longer] = [0]]) => [
      Math.floor((index === 0 ? seconds : seconds % longer) / length),
      name,
    ]);
  return parts
    .filter(([count]) => count !== 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(' ');
}
