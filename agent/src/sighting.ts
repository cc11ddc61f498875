import type { AddressType } from '@tdc/shared/address-class.ts';
import type { Kind } from '@tdc/shared/event.ts';

/**
 * One radio observation of one address. It lives in memory only: it is never stored, never logged, never sent.
 */
export interface Sighting {
  /** Unix milliseconds. */
  readonly timeMs: number;
  readonly kind: Kind;
  /** As read: `aa:bb:cc:dd:ee:ff` for radios, the text of a plate or a subscriber otherwise. */
  readonly address: string;
  /** What the radio says of the address; `unknown` for kinds that have no types. */
  readonly addressType: AddressType;
  /** dBm; absent for kinds without RSSI. */
  readonly rssiDbm?: number;
  /** Class of Device of classic Bluetooth, 24 bits; absent elsewhere. */
  readonly deviceClass?: number;
}
