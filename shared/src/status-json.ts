import type { AgentStatus, MachineStatus } from './generated/tdc/v1/status.ts';
import { clockWord, configurationWord, connectionWord, keyWord, refusalWord, scannerWord } from './status-words.ts';
import { msFromNs } from './wire.ts';

/** ISO 8601; null for never. */
const timeOf = (ns: bigint): string | null => (ns === 0n ? null : new Date(msFromNs(ns)).toISOString());

/** A status for programs: the contract's names, every field there, counts as numbers, times in ISO 8601 or null. */
export function statusJson(status: AgentStatus) {
  const { events } = status;
  return {
    detector_id: status.detectorId,
    version: status.version,
    started_at: timeOf(status.startedAtNs),
    taken_at: timeOf(status.takenAtNs),
    clock: clockWord(status),
    clock_step: clockStepJson(status),
    connection: connectionWord(status),
    last_acknowledged_at: timeOf(status.lastAcknowledgedNs),
    events: {
      made: Number(events?.made ?? 0n),
      acknowledged: Number(events?.acknowledged ?? 0n),
      in_outbox: Number(events?.inOutbox ?? 0n),
      uncommitted: Number(events?.uncommitted ?? 0n),
      waiting_for_clock: Number(events?.waitingForClock ?? 0n),
      dropped: Object.fromEntries((events?.dropped ?? []).map(({ reason, count }) => [reason, Number(count)])),
    },
    outbox_bytes: Number(status.outboxBytes),
    outbox_bytes_max: Number(status.outboxBytesMax),
    scanners: status.scanners.map((scanner) => ({
      name: scanner.name,
      state: scannerWord(scanner),
      sightings: Number(scanner.sightings),
      malformed: Number(scanner.malformed),
      last_sighting_at: timeOf(scanner.lastSightingNs),
      last_error: scanner.lastError,
    })),
    last_error: status.lastError,
    last_error_at: timeOf(status.lastErrorNs),
    key_state: keyWord(status),
    key_epoch: status.keyEpoch,
    box_key_fingerprint: status.boxKeyFingerprint || null,
    custodian_fingerprint: status.custodianFingerprint || null,
    configuration: configurationJson(status),
    open_passages: status.openPassages,
    resident_memory_bytes: Number(status.residentMemoryBytes),
    machine: status.machine === undefined ? null : machineJson(status.machine),
  };
}

/** Null of an agent that takes no configuration by letter. */
export function configurationJson({ configuration }: AgentStatus) {
  if (configuration === undefined || configuration.authorFingerprint === '') return null;
  const { authorFingerprint, sequence, refused } = configuration;
  return {
    author_fingerprint: authorFingerprint,
    sequence: sequence || null,
    state: sequence === 0 ? null : configurationWord(configuration),
    refused:
      refused === undefined
        ? null
        : {
            sequence: refused.sequence || null,
            refusal: refusalWord(refused),
            reason: refused.reason,
            at: timeOf(refused.atNs),
          },
  };
}

/** Null while the clock was not set since the agent started. */
export const clockStepJson = ({ clockStep }: AgentStatus) =>
  clockStep === undefined ? null : { step_seconds: Number(clockStep.stepMs) / 1000, at: timeOf(clockStep.atNs) };

/** Null for what the machine does not tell. */
export function machineJson({ power, battery, disk, ...machine }: MachineStatus) {
  return {
    uptime_seconds: machine.uptimeSeconds,
    boot_id: machine.bootId,
    memory_bytes: Number(machine.memoryBytes),
    memory_bytes_available: Number(machine.memoryBytesAvailable),
    processor_celsius: machine.processorCelsius ?? null,
    power:
      power === undefined
        ? null
        : {
            under_voltage: power.underVoltage ?? null,
            under_voltage_since_boot: power.underVoltageSinceBoot ?? null,
            throttled: power.throttled ?? null,
            throttled_since_boot: power.throttledSinceBoot ?? null,
          },
    battery:
      battery === undefined
        ? null
        : { volts: battery.volts ?? null, low_volts: battery.lowVolts, error: battery.error },
    disk:
      disk === undefined
        ? null
        : {
            bytes: Number(disk.bytes),
            bytes_free: Number(disk.bytesFree),
            bytes_written: disk.bytesWritten === undefined ? null : Number(disk.bytesWritten),
            life_used_percent: disk.lifeUsedPercent ?? null,
          },
  };
}
