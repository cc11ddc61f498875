import type { DetectionEvent } from '@tdc/shared/event.ts';
import { eventFields, eventRecord } from '../records/event-record.ts';
import type { ClientConfig } from './config.ts';
import type { View } from './formats/view.ts';
import { timeText } from './times.ts';

/** How events are shown. */
export function eventView(config: Pick<ClientConfig, 'utc'>): View<DetectionEvent> {
  return {
    columns: [
      { title: 'reference time', text: ({ referenceTimeMs }) => timeText(referenceTimeMs, config) },
      { title: 'detector', text: ({ detectorId }) => detectorId },
      { title: 'kind', text: ({ kind }) => kind, widthMin: 7 },
      { title: 'address class', text: ({ addressClass }) => addressClass },
      { title: 'device', text: ({ deviceId }) => deviceId, widthMin: 8 },
      { title: 'dBm', text: ({ rssiPeakDbm }) => String(rssiPeakDbm ?? ''), align: 'right', widthMin: 4 },
      { title: 'sightings', text: ({ sightings }) => String(sightings), align: 'right' },
      { title: 'heard', text: heardText, align: 'right', widthMin: 7 },
      { title: 'device class', text: ({ deviceClass }) => deviceClass ?? '', widthMin: 8 },
      { title: 'notes', text: notesText },
    ],
    fields: eventFields,
    record: eventRecord,
  };
}

const heardText = ({ firstSeenMs, lastSeenMs }: DetectionEvent): string =>
  `${((lastSeenMs - firstSeenMs) / 1000).toFixed(1)} s`;

function notesText({ resident, clockQuality, previousDeviceId }: DetectionEvent): string {
  return [
    resident ? 'resident' : '',
    clockQuality === 'synchronised' ? '' : `clock ${clockQuality}`,
    previousDeviceId === undefined ? '' : `before ${previousDeviceId}`,
  ]
    .filter((note) => note !== '')
    .join(', ');
}
