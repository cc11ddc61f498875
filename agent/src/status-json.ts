import {
  type AgentStatus,
  clockStateToJSON,
  connectionStateToJSON,
  scannerStateToJSON,
} from '@tdc/shared/generated/tdc/v1/status.ts';
import { msFromNs } from '@tdc/shared/wire.ts';

/** The word of an enum's value: `connected` of CONNECTION_STATE_CONNECTED. */
const wordOf = (name: string, prefix: string): string => name.slice(prefix.length).toLowerCase();

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
    clock: wordOf(clockStateToJSON(status.clock), 'CLOCK_STATE_'),
    connection: wordOf(connectionStateToJSON(status.connection), 'CONNECTION_STATE_'),
    last_acknowledged_at: timeOf(status.lastAcknowledgedNs),
    events: {
      made: Number(events?.made ?? 0n),
      acknowledged: Number(events?.acknowledged ?? 0n),
      in_outbox: Number(events?.inOutbox ?? 0n),
      uncommitted: Number(events?.uncommitted ?? 0n),
      dropped: Object.fromEntries((events?.dropped ?? []).map(({ reason, count }) => [reason, Number(count)])),
    },
    outbox_bytes: Number(status.outboxBytes),
    outbox_bytes_max: Number(status.outboxBytesMax),
    scanners: status.scanners.map((scanner) => ({
      name: scanner.name,
      state: wordOf(scannerStateToJSON(scanner.state), 'SCANNER_STATE_'),
      sightings: Number(scanner.sightings),
      malformed: Number(scanner.malformed),
      last_sighting_at: timeOf(scanner.lastSightingNs),
      last_error: scanner.lastError,
    })),
    last_error: status.lastError,
    last_error_at: timeOf(status.lastErrorNs),
    key_epoch: status.keyEpoch,
    open_passages: status.openPassages,
    resident_memory_bytes: Number(status.residentMemoryBytes),
  };
}
