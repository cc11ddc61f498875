import {
  type AgentStatus,
  ClockState,
  KeyState,
  type MachineStatus,
  ScannerState,
} from '@tdc/shared/generated/tdc/v1/status.ts';
import type { Detector } from '@tdc/shared/network.ts';
import { roughDuration } from '@tdc/shared/rough-duration.ts';
import { batteryText, refusedText } from '@tdc/shared/status-text.ts';
import type { DetectorState } from './detector-states.ts';

/** How a detector is, the worst that is true: no status has come ever, or lately; it cannot hear; it can and will be in trouble. */
export const healthWords = ['never', 'silent', 'failing', 'warning', 'ok'] as const;
export type HealthWord = (typeof healthWords)[number];

export interface DetectorHealth {
  readonly detector: Detector;
  readonly word: HealthWord;
  /** Why it is not ok, for people. */
  readonly reasons: readonly string[];
  readonly contact?: {
    readonly status: AgentStatus;
    readonly reportedAtMs: number;
    /** Since then, by the server's clock. */
    readonly ageMs: number;
  };
}

/** A detector without a status for so long is silent, unless somebody says otherwise. */
export const silentAfterSecondsDefault = 180;
const percentFullMax = 80;
/** A Raspberry Pi slows down from here on. */
const celsiusMax = 80;
/** The outbox keeps events in memory below 32 MiB. */
const diskBytesFreeMin = 100n * 1024n * 1024n;
const lifeUsedPercentMax = 80;
const memoryPercentMin = 5n;

/** Reads a detector's health from its agent's last status; one older than `silentAfterMs` is worth nothing. */
export function healthOf({ detector, reported }: DetectorState, nowMs: number, silentAfterMs: number): DetectorHealth {
  if (reported === undefined) return { detector, word: 'never', reasons: ['no status has come yet'] };
  const { status, reportedAtMs } = reported;
  const contact = { status, reportedAtMs, ageMs: Math.max(0, nowMs - reportedAtMs) };
  const silence = contact.ageMs > silentAfterMs ? [`no status for ${roughDuration(contact.ageMs)}`] : [];
  const failures = failuresOf(status);
  const warnings = warningsOf(status);
  const word = wordOf(silence, failures, warnings);
  return { detector, word, reasons: [...silence, ...failures, ...warnings], contact };
}

function wordOf(silence: readonly string[], failures: readonly string[], warnings: readonly string[]): HealthWord {
  if (silence.length > 0) return 'silent';
  if (failures.length > 0) return 'failing';
  return warnings.length > 0 ? 'warning' : 'ok';
}

function failuresOf({ scanners, keyState }: AgentStatus): readonly string[] {
  const lack = keyState === KeyState.KEY_STATE_WAITING ? ['waits for its key'] : [];
  const failed = scanners
    .filter(({ state }) => state === ScannerState.SCANNER_STATE_FAILED)
    .map(({ name, lastError }) => `scanner ${name} failed${lastError === '' ? '' : `: ${lastError}`}`);
  return [...lack, ...failed];
}

function warningsOf(status: AgentStatus): readonly string[] {
  const { clock, events, outboxBytes, outboxBytesMax, machine } = status;
  const refused = status.configuration?.refused;
  const percentFull = outboxBytesMax === 0n ? 0 : Math.floor((Number(outboxBytes) / Number(outboxBytesMax)) * 100);
  return [
    clock === ClockState.CLOCK_STATE_UNSYNCHRONISED ? clockText(events?.waitingForClock ?? 0n) : '',
    percentFull >= percentFullMax ? `outbox ${percentFull} % full` : '',
    refused === undefined ? '' : refusedText(refused),
    ...(machine === undefined ? [] : machineWarnings(machine)),
  ].filter((warning) => warning !== '');
}

const clockText = (waiting: bigint): string =>
  `clock not synchronised${waiting === 0n ? '' : `, ${waiting} events wait for it`}`;

/** What an installer should see to before it stops the box. */
function machineWarnings({ processorCelsius = 0, power, battery, disk, ...memory }: MachineStatus): readonly string[] {
  const lifeUsed = disk?.lifeUsedPercent ?? 0;
  const isBatteryWell = battery === undefined || (battery.volts !== undefined && battery.volts >= battery.lowVolts);
  return [
    processorCelsius >= celsiusMax ? `processor at ${processorCelsius.toFixed(0)} °C` : '',
    power?.underVoltage === true ? 'supply voltage too low' : '',
    power?.throttled === true ? 'processor slowed down by heat or low voltage' : '',
    isBatteryWell ? '' : `battery ${batteryText(battery)}`,
    disk !== undefined && disk.bytesFree < diskBytesFreeMin ? 'disk nearly full' : '',
    lifeUsed >= lifeUsedPercentMax ? `disk at ${lifeUsed} % of its life` : '',
    memory.memoryBytesAvailable * 100n < memory.memoryBytes * memoryPercentMin ? 'memory nearly full' : '',
  ];
}
