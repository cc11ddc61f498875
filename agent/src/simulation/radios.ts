import type { AddressType } from '@tdc/shared/address-class.ts';
import type { Kind } from '@tdc/shared/event.ts';
import { type Random, randomOf } from './random.ts';

/** What is carried past: a transmitter with an address that it keeps, or changes. */
export interface Radio {
  readonly make: RadioMake;
  /** Makes its addresses. */
  readonly seeds: readonly [number, number];
  /** Its RSSI at one metre. */
  readonly dbmAtMetre: number;
  /** Between two transmissions; that of a detector's inquiries for classic ones. */
  readonly intervalMs: number;
  /** Its Class of Device, of classic ones. */
  readonly classOfDevice: number | undefined;
  /** By how much its changes of address lag those of others. */
  readonly phaseMs: number;
}

interface RadioMake {
  readonly kind: Kind;
  readonly addressType: AddressType;
  /** Bits of the first octet that say what the address is. */
  readonly mask: number;
  readonly bits: number;
  /** How long an address is kept. */
  readonly addressMs: number;
  readonly intervalMs: readonly [number, number];
  /** How many transmissions a detector hears. */
  readonly heard: number;
}

const minuteMs = 60_000;
const rotationMs = 15 * minuteMs;
export const inquiryMs = 5120;
const classic = { kind: 'classic', intervalMs: [inquiryMs, inquiryMs], heard: 0.62 } as const;
const ble = { kind: 'ble', intervalMs: [500, 2000], heard: 0.6 } as const;
const wifi = { kind: 'wifi', intervalMs: [12_000, 40_000], heard: 0.9 } as const;
const forLife = Number.POSITIVE_INFINITY;

const makes = {
  classic: { ...classic, addressType: 'public', mask: 0x03, bits: 0x00, addressMs: forLife },
  blePublic: { ...ble, addressType: 'public', mask: 0x03, bits: 0x00, addressMs: forLife },
  bleStatic: { ...ble, addressType: 'random', mask: 0xc0, bits: 0xc0, addressMs: forLife },
  bleResolvable: { ...ble, addressType: 'random', mask: 0xc0, bits: 0x40, addressMs: rotationMs },
  bleNonResolvable: { ...ble, addressType: 'random', mask: 0xc0, bits: 0x00, addressMs: rotationMs },
  wifiPublic: { ...wifi, addressType: 'public', mask: 0x03, bits: 0x00, addressMs: forLife },
  wifiLocal: { ...wifi, addressType: 'random', mask: 0x03, bits: 0x02, addressMs: 3 * minuteMs },
} as const satisfies Record<string, RadioMake>;

/** How likely it is that one is carried: made up, with more rotating addresses than lasting ones, as roads have. */
const carriedInCars: readonly (readonly [RadioMake, number])[] = [
  [makes.classic, 0.25],
  [makes.blePublic, 0.06],
  [makes.bleStatic, 0.12],
  [makes.bleResolvable, 0.55],
  [makes.bleNonResolvable, 0.12],
  [makes.wifiPublic, 0.06],
  [makes.wifiLocal, 0.3],
];
const carriedOnFoot: readonly (readonly [RadioMake, number])[] = [
  [makes.bleResolvable, 0.8],
  [makes.bleStatic, 0.25],
  [makes.wifiLocal, 0.5],
];
const standing: readonly RadioMake[] = [makes.bleStatic, makes.blePublic, makes.wifiPublic, makes.classic];

export const radiosInCar = (random: Random): readonly Radio[] => carried(carriedInCars, random);
export const radiosOnFoot = (random: Random): readonly Radio[] => carried(carriedOnFoot, random);

/** A beacon, an access point or a parked car, heard every few seconds. */
export function standingRadio(random: Random): Radio {
  const radio = radioOf(random.pick(standing) ?? makes.bleStatic, random);
  return { ...radio, intervalMs: random.between(3000, 12_000) };
}

/** The address of a radio at a time: made up, the same at every detector. */
export function addressOf({ make, seeds, phaseMs }: Radio, timeMs: number): string {
  const period = make.addressMs === forLife ? 0 : Math.floor((timeMs + phaseMs) / make.addressMs);
  const random = randomOf(...seeds, period);
  const [high, low] = [random.word(), random.word()];
  const octets = [high >>> 24, high >>> 16, high >>> 8, low >>> 24, low >>> 16, low >>> 8].map((word) => word & 0xff);
  return octets.map((octet, at) => hexOf(at === 0 ? (octet & ~make.mask) | make.bits : octet)).join(':');
}

/**
 * Classes of Device that classic radios have: of ten six are car kits, two phones, one a headset, one a computer. No chance is taken for it, so
 * that the traffic of a seed is the same with classes as it was without.
 */
const classesOfDevice = [
  ...[0x24_04_08, 0x24_04_08, 0x34_04_08, 0x24_04_20, 0x24_04_20, 0x24_04_08],
  ...[0x5a_02_0c, 0x7a_02_0c, 0x24_04_04, 0x2a_01_0c],
] as const;

const hexOf = (octet: number): string => octet.toString(16).padStart(2, '0');

const carried = (what: readonly (readonly [RadioMake, number])[], random: Random): readonly Radio[] =>
  what.flatMap(([make, probability]) => (random.chance(probability) ? [radioOf(make, random)] : []));

function radioOf(make: RadioMake, random: Random): Radio {
  const seeds = [random.word(), random.word()] as const;
  return {
    make,
    seeds,
    dbmAtMetre: random.between(-46, -36),
    intervalMs: random.between(...make.intervalMs),
    classOfDevice: make.kind === 'classic' ? classesOfDevice[(seeds[0] >>> 0) % classesOfDevice.length] : undefined,
    phaseMs: Number.isFinite(make.addressMs) ? random.between(0, make.addressMs) : 0,
  };
}
