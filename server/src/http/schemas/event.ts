import { deviceClasses } from '@tdc/shared/device-class.ts';
import { addressClasses, clockQualities, kinds } from '@tdc/shared/event.ts';
import { z } from 'zod';
import { detectorId, time } from './fields.ts';

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
