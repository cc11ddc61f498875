import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { roughDuration } from '@tdc/shared/rough-duration.ts';
import { clockStepJson, configurationJson, machineJson } from '@tdc/shared/status-json.ts';
import { clockWord, connectionWord, scannerWord } from '@tdc/shared/status-words.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import type { Row } from '../formats/row.ts';
import type { DetectorHealth } from '../query/detector-health.ts';
import { detectorRecord } from '../records/detector-record.ts';
import { isoTime } from '../records/iso-time.ts';
import type { View } from './formats/view.ts';

/** What an agent that has never reported leaves empty. */
const statusFields = [
  'version',
  'started_at',
  'taken_at',
  'clock',
  'clock_step',
  'connection',
  'last_acknowledged_at',
  'events_made',
  'events_acknowledged',
  'events_in_outbox',
  'events_uncommitted',
  'events_waiting_for_clock',
  'events_dropped',
  'outbox_bytes',
  'outbox_bytes_max',
  'scanners',
  'last_error',
  'last_error_at',
  'key_epoch',
  'configuration',
  'open_passages',
  'resident_memory_bytes',
  'machine',
] as const;

const fromStatus =
  (text: (status: AgentStatus) => string) =>
  ({ contact }: DetectorHealth): string =>
    contact === undefined ? '' : text(contact.status);

const droppedSum = ({ events }: AgentStatus): bigint =>
  (events?.dropped ?? []).reduce((sum, { count }) => sum + count, 0n);

const scannersText = ({ scanners }: AgentStatus): string =>
  scanners.length === 0 ? 'none' : scanners.map((scanner) => `${scanner.name} ${scannerWord(scanner)}`).join(', ');

export const detectorView: View<DetectorHealth> = {
  columns: [
    { title: 'detector', text: ({ detector }) => detector.id },
    { title: 'name', text: ({ detector }) => detector.name },
    { title: 'state', text: ({ word }) => word },
    {
      title: 'contact',
      text: ({ contact }) => (contact === undefined ? 'never' : `${roughDuration(contact.ageMs)} ago`),
      align: 'right',
    },
    { title: 'connection', text: fromStatus(connectionWord) },
    { title: 'outbox', text: fromStatus(({ events }) => String(events?.inOutbox ?? 0n)), align: 'right' },
    { title: 'dropped', text: fromStatus((status) => String(droppedSum(status))), align: 'right' },
    { title: 'clock', text: fromStatus(clockWord) },
    { title: 'scanners', text: fromStatus(scannersText) },
    { title: 'why', text: ({ reasons }) => reasons.join('; ') },
  ],
  fields: [
    'detector_id',
    'name',
    'latitude',
    'longitude',
    'x_m',
    'y_m',
    'state',
    'reasons',
    'reported_at',
    'contact_age_seconds',
    ...statusFields,
  ],
  record: (health) => ({
    ...detectorRecord(health),
    contact_age_seconds: health.contact === undefined ? null : health.contact.ageMs / 1000,
    ...(health.contact === undefined ? noStatus : statusRecord(health.contact.status)),
  }),
};

const timeOrNull = (ns: bigint): string | null => (ns === 0n ? null : isoTime(msFromNs(ns)));
const noStatus: Row = Object.fromEntries(statusFields.map((field) => [field, null]));

function statusRecord(status: AgentStatus): Record<(typeof statusFields)[number], Row[string]> {
  const { events } = status;
  return {
    version: status.version,
    started_at: timeOrNull(status.startedAtNs),
    taken_at: timeOrNull(status.takenAtNs),
    clock: clockWord(status),
    clock_step: clockStepJson(status),
    connection: connectionWord(status),
    last_acknowledged_at: timeOrNull(status.lastAcknowledgedNs),
    events_made: Number(events?.made ?? 0n),
    events_acknowledged: Number(events?.acknowledged ?? 0n),
    events_in_outbox: Number(events?.inOutbox ?? 0n),
    events_uncommitted: Number(events?.uncommitted ?? 0n),
    events_waiting_for_clock: Number(events?.waitingForClock ?? 0n),
    events_dropped: Object.fromEntries((events?.dropped ?? []).map(({ reason, count }) => [reason, Number(count)])),
    outbox_bytes: Number(status.outboxBytes),
    outbox_bytes_max: Number(status.outboxBytesMax),
    scanners: status.scanners.map((scanner) => ({
      name: scanner.name,
      state: scannerWord(scanner),
      sightings: Number(scanner.sightings),
      malformed: Number(scanner.malformed),
      last_sighting_at: timeOrNull(scanner.lastSightingNs),
      last_error: scanner.lastError,
    })),
    last_error: status.lastError,
    last_error_at: timeOrNull(status.lastErrorNs),
    key_epoch: status.keyEpoch,
    configuration: configurationJson(status),
    open_passages: status.openPassages,
    resident_memory_bytes: Number(status.residentMemoryBytes),
    machine: status.machine === undefined ? null : machineJson(status.machine),
  };
}
