import { classifyAddress } from '@tdc/shared/address-class.ts';
import { type DeviceClass, deviceClassOf } from '@tdc/shared/device-class.ts';
import type { AddressClass, Kind } from '@tdc/shared/event.ts';
import { type PseudonymKeys, Pseudonyms } from '../pseudonyms.ts';
import { RecencyMap } from '../recency-map.ts';
import type { Sighting } from '../sighting.ts';
import { sightingProblem } from '../sighting-problem.ts';

/** What a scan has heard of a device. Times are Unix milliseconds, RSSI is dBm. */
export interface HeardDevice {
  readonly kind: Kind;
  readonly addressClass: AddressClass;
  readonly deviceId: string;
  deviceClass: DeviceClass | undefined;
  rssiLastDbm: number | undefined;
  rssiPeakDbm: number | undefined;
  sightings: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
  /** The raw address in its normal form; undefined unless it was asked for. */
  readonly address: string | undefined;
}

export interface HeardDevicesOptions {
  readonly keys: PseudonymKeys;
  /** Whether raw addresses are kept, for somebody who wants to see them. */
  readonly keepsAddresses: boolean;
  /** Devices kept at most; beyond, the one unheard for longest is forgotten. 10,000 by default. */
  readonly devicesMax?: number;
}

const devicesMaxDefault = 10_000;

/** The devices that a scan has heard, in memory. */
export class HeardDevices {
  readonly #pseudonyms: Pseudonyms;
  readonly #keepsAddresses: boolean;
  readonly #devicesMax: number;
  readonly #devices = new RecencyMap<HeardDevice>();
  #changed = new Set<HeardDevice>();
  #sightings = 0;
  #malformed = 0;
  #lastMalformed = '';

  constructor({ keys, keepsAddresses, devicesMax = devicesMaxDefault }: HeardDevicesOptions) {
    this.#pseudonyms = new Pseudonyms(keys);
    this.#keepsAddresses = keepsAddresses;
    this.#devicesMax = devicesMax;
  }

  /** Sightings that could be used. */
  get sightings(): number {
    return this.#sightings;
  }

  /** Sightings without a usable address, time, RSSI or device class. */
  get malformed(): number {
    return this.#malformed;
  }

  /** The last of them, in words without its address; empty while there was none. */
  get lastMalformed(): string {
    return this.#lastMalformed;
  }

  take(sighting: Sighting): void {
    const problem = sightingProblem(sighting);
    const identified = problem === undefined ? this.#pseudonyms.identify(sighting) : { ok: false as const, problem };
    if (!identified.ok) {
      this.#malformed += 1;
      this.#lastMalformed = identified.problem;
      return;
    }
    this.#sightings += 1;
    const { passageKey, addressClass, deviceId } = identified.identity;
    let device = this.#devices.get(passageKey);
    if (device === undefined) {
      device = this.#begin(sighting, { addressClass, deviceId });
      this.#devices.add(passageKey, device);
      this.#forgetBeyond();
    } else {
      addTo(device, sighting);
      this.#devices.touch(passageKey);
    }
    this.#changed.add(device);
  }

  /** All of them, the one unheard for longest first. */
  list(): readonly HeardDevice[] {
    return [...this.#devices.values()];
  }

  /** Those heard since this was asked last. */
  takeChanged(): readonly HeardDevice[] {
    const changed = [...this.#changed];
    this.#changed = new Set();
    return changed;
  }

  #begin(sighting: Sighting, identity: Pick<HeardDevice, 'addressClass' | 'deviceId'>): HeardDevice {
    const { kind, timeMs, rssiDbm, deviceClass } = sighting;
    return {
      kind,
      ...identity,
      deviceClass: deviceClass === undefined ? undefined : deviceClassOf(deviceClass),
      rssiLastDbm: rssiDbm,
      rssiPeakDbm: rssiDbm,
      sightings: 1,
      firstSeenMs: timeMs,
      lastSeenMs: timeMs,
      address: this.#keepsAddresses ? normalAddress(sighting) : undefined,
    };
  }

  #forgetBeyond(): void {
    const { oldest } = this.#devices;
    if (oldest === undefined || this.#devices.size <= this.#devicesMax) return;
    this.#devices.delete(oldest.key);
    this.#changed.delete(oldest.value);
  }
}

function addTo(device: HeardDevice, { timeMs, rssiDbm, deviceClass }: Sighting): void {
  device.sightings += 1;
  device.lastSeenMs = Math.max(device.lastSeenMs, timeMs);
  if (deviceClass !== undefined) device.deviceClass = deviceClassOf(deviceClass);
  if (rssiDbm === undefined) return;
  device.rssiLastDbm = rssiDbm;
  device.rssiPeakDbm = Math.max(device.rssiPeakDbm ?? rssiDbm, rssiDbm);
}

/** In its normal form nothing but letters, digits and colons is left: what a terminal takes for a command is not among them. */
function normalAddress({ kind, address, addressType }: Sighting): string | undefined {
  const classified = classifyAddress(kind, address, addressType);
  return classified.ok ? classified.address : undefined;
}
