import type { DeviceClass } from './device-class.ts';

/** How a device was heard or read. */
export const kinds = ['classic', 'ble', 'wifi', 'anpr', 'imsi'] as const;
export type Kind = (typeof kinds)[number];

/**
 * How long an address of this class stays with its device. `public` and `random-static` are matched without limit,
 * `resolvable` on short links only, `non-resolvable` and `local` (randomised Wi-Fi) never.
 */
export const addressClasses = ['public', 'random-static', 'resolvable', 'non-resolvable', 'local'] as const;
export type AddressClass = (typeof addressClasses)[number];

/** What is known of the clock that an event's times were read from. */
export const clockQualities = ['synchronised', 'corrected', 'unsynchronised'] as const;
export type ClockQuality = (typeof clockQualities)[number];

/**
 * One passage of one device through one detector's zone: what is buffered, sent, stored and queried.
 * All times are Unix milliseconds by the detector's clock; `firstSeenMs <= referenceTimeMs <= lastSeenMs <= madeAtMs`.
 */
export interface DetectionEvent {
  /** ULID, given once when the event is made; its time is `referenceTimeMs`. */
  readonly id: string;
  readonly detectorId: string;
  readonly kind: Kind;
  readonly addressClass: AddressClass;
  /** Pseudonym of the address in `keyEpoch`: lower-case hexadecimal, 6 to 32 digits. */
  readonly deviceId: string;
  /** Days since 1970-01-01, each beginning at 03:00 network time. */
  readonly keyEpoch: number;
  /** The pseudonym in the epoch before, during the overlap after a change of epoch. */
  readonly previousDeviceId?: string;
  /** The last sighting within 5 dB of the strongest; for kinds without RSSI the first sighting. */
  readonly referenceTimeMs: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** dBm, -127 to 20; absent for kinds without RSSI. */
  readonly rssiPeakDbm?: number;
  /** What sort of device it says it is; of kind `classic` only, absent where it was not heard. */
  readonly deviceClass?: DeviceClass;
  /** Number of sightings, at least 1. */
  readonly sightings: number;
  /** The device stayed longer than a passage may last; reported once. */
  readonly resident: boolean;
  readonly clockQuality: ClockQuality;
  /** When the passage was closed and the event made. */
  readonly madeAtMs: number;
}
