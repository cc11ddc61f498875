import { classOfDeviceMax } from '@tdc/shared/device-class.ts';
import { eventTimeMsMax } from '@tdc/shared/event-id.ts';
import type { Sighting } from './sighting.ts';

const rssiDbmMin = -127;
const rssiDbmMax = 20;

/** Why a sighting cannot be used, whatever its address; undefined when it can. */
export function sightingProblem({ timeMs, kind, rssiDbm, deviceClass }: Sighting): string | undefined {
  if (!Number.isSafeInteger(timeMs) || timeMs < 0 || timeMs > eventTimeMsMax) {
    return `time ${timeMs}: expected whole Unix milliseconds from 0 to ${eventTimeMsMax}`;
  }
  if (rssiDbm !== undefined && !(Number.isInteger(rssiDbm) && rssiDbm >= rssiDbmMin && rssiDbm <= rssiDbmMax)) {
    return `rssi ${rssiDbm}: expected whole dBm from ${rssiDbmMin} to ${rssiDbmMax}`;
  }
  if (deviceClass === undefined) return undefined;
  // The number is not told: no more than a word of it leaves the memory.
  if (kind !== 'classic') return 'device class: expected of kind classic only';
  if (!Number.isInteger(deviceClass) || deviceClass < 0 || deviceClass > classOfDeviceMax) {
    return `device class: expected a whole number from 0 to ${classOfDeviceMax}`;
  }
  return undefined;
}
