/** What is in the air around the box: devices, and how loud each is at a moment. Shared by the test and the guest. */

/** A device that goes past the box in a straight line at a steady speed. */
export interface Pass {
  /** When it is closest to the box: so many milliseconds from when the devices are told. */
  readonly closestInMs: number;
  readonly speedMetresPerSecond: number;
  /** Distance at the closest point. */
  readonly offsetMetres: number;
  /** Farther away it is not heard. */
  readonly rangeMetres: number;
}

interface AnyDevice {
  /** Six octets in hex with colons, the highest first. */
  readonly address: string;
  /** What the box receives, in dBm; of a device that passes, what it would receive at one metre. */
  readonly rssiDbm: number;
  /** Absent: it stays where it is. */
  readonly pass?: Pass;
}

export interface BleDevice extends AnyDevice {
  readonly kind: 'ble';
  readonly addressType: 'public' | 'random';
  /** Between two advertisements. */
  readonly intervalMs: number;
}

export interface ClassicDevice extends AnyDevice {
  readonly kind: 'classic';
  /** 24 bits. */
  readonly classOfDevice: number;
}

export type Device = BleDevice | ClassicDevice;

/** Around the mean of free space: reflections and the car itself. */
const fadingDb = 4;

/**
 * What is received of a device, in dBm; undefined out of range. Free space: 20 dB for each factor of ten in distance, Friis (1946).
 * `sinceMs` is the time since the devices were told; `fraction` gives numbers in [0, 1).
 */
export function rssiAt({ rssiDbm, pass }: Device, sinceMs: number, fraction: () => number): number | undefined {
  if (pass === undefined) return rssiDbm;
  const alongMetres = ((sinceMs - pass.closestInMs) / 1000) * pass.speedMetresPerSecond;
  const metres = Math.hypot(alongMetres, pass.offsetMetres);
  if (metres > pass.rangeMetres) return undefined;
  // The sum of a few uniform numbers is as good as normal.
  const noise = (fraction() + fraction() + fraction() - 1.5) * 2 * fadingDb;
  return Math.max(-120, Math.min(20, Math.round(rssiDbm - 20 * Math.log10(Math.max(1, metres)) + noise)));
}
