import { type DeviceClass, deviceClasses } from '@tdc/shared/device-class.ts';
import { addressClasses, clockQualities, type Kind, kinds } from '@tdc/shared/event.ts';
import { deviceIdPattern } from '@tdc/shared/wire.ts';
import { z } from 'zod';
import type { EventFilter } from '../../query/filter.ts';
import { detectorId, severalOf, time } from './fields.ts';

export const event = z
  .object({
    id: z.string().describe('ULID, given once; its time is the reference time.'),
    detector_id: detectorId,
    kind: z.enum(kinds).describe('How the device was heard or read.'),
    address_class: z.enum(addressClasses).describe('How long its address stays with the device.'),
    device_id: z.string().describe('Pseudonym of the address in the key epoch.'),
    key_epoch: z.number().describe('Days since 1970-01-01, each beginning at 03:00 network time.'),
    previous_device_id: z.string().nullable().describe('The pseudonym in the epoch before, during the overlap.'),
    reference_time: time.describe(
      'What travel times are computed from: the last sighting within 5 dB of the strongest.',
    ),
    first_seen: time,
    last_seen: time,
    rssi_peak_dbm: z.number().nullable(),
    sightings: z.number(),
    resident: z.boolean().describe('The device stayed longer than a passage may last.'),
    clock_quality: z.enum(clockQualities).describe('What is known of the clock that the times were read from.'),
    made_at: time,
    device_class: z.enum(deviceClasses).nullable().describe('What it says it is, for classic Bluetooth.'),
  })
  .meta({ id: 'Event', description: "One passage of one device through one detector's zone." });

/** Which events. */
export const eventParameters = {
  detector_ids: severalOf(detectorId, 'Events of these detectors.'),
  kinds: severalOf(z.enum(kinds), 'Events of these kinds.', kinds.length),
  device_classes: severalOf(z.enum(deviceClasses), 'Events of devices of these classes.', deviceClasses.length),
  device_id: z
    .string()
    .regex(deviceIdPattern, 'expected 6 to 32 lower-case hexadecimal digits')
    .optional()
    .describe('Events of this pseudonym, as the present one or as that of the epoch before.'),
};

interface EventParameters {
  readonly detector_ids: readonly string[];
  readonly kinds: readonly Kind[];
  readonly device_classes: readonly DeviceClass[];
  readonly device_id?: string | undefined;
}

export const eventFilterOf = ({ detector_ids, kinds, device_classes, device_id }: EventParameters): EventFilter => ({
  detectorIds: rising(detector_ids),
  kinds: rising(kinds),
  deviceClasses: rising(device_classes),
  ...(device_id === undefined ? {} : { deviceId: device_id }),
});

const rising = <T extends string>(values: readonly T[]): readonly T[] => [...new Set(values)].sort();
