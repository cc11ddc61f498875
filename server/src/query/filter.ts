import type { DeviceClass } from '@tdc/shared/device-class.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { DetectionEvent, Kind } from '@tdc/shared/event.ts';
import type { EventFilter as WireFilter } from '@tdc/shared/generated/tdc/v1/query.ts';
import {
  detectorIdExpected,
  deviceClassFromWireNumber,
  isDetectorId,
  isDeviceId,
  kindFromWireNumber,
  quoted,
} from '@tdc/shared/wire.ts';

const detectorsMax = 1000;
const kindsMax = 16;
const deviceClassesMax = 16;

/** Which events; an empty list and an absent device do not restrict. */
export interface EventFilter {
  /** Rising, each once. */
  readonly detectorIds: readonly string[];
  readonly kinds: readonly Kind[];
  readonly deviceClasses: readonly DeviceClass[];
  readonly deviceId?: string;
}

export function parseFilter(wire: WireFilter | undefined): EventFilter {
  if (wire === undefined) return { detectorIds: [], kinds: [], deviceClasses: [] };
  const detectorIds = limited('filter.detector_ids', wire.detectorIds, detectorsMax).map((id, i) => {
    if (!isDetectorId(id)) throw invalid(`filter.detector_ids[${i}]`, `${quoted(id)}: expected ${detectorIdExpected}`);
    return id;
  });
  const kinds = limited('filter.kinds', wire.kinds, kindsMax).map((number, i) => {
    const kind = kindFromWireNumber(number);
    if (kind === undefined) throw invalid(`filter.kinds[${i}]`, `${number}: expected a kind from 1 to 5`);
    return kind;
  });
  const deviceClasses = limited('filter.device_classes', wire.deviceClasses, deviceClassesMax).map((number, i) => {
    const deviceClass = deviceClassFromWireNumber(number);
    if (deviceClass === undefined) {
      throw invalid(`filter.device_classes[${i}]`, `${number}: expected a device class from 1 to 5`);
    }
    return deviceClass;
  });
  const distinct = {
    detectorIds: [...new Set(detectorIds)].sort(),
    kinds: [...new Set(kinds)].sort(),
    deviceClasses: [...new Set(deviceClasses)].sort(),
  };
  if (wire.deviceId === '') return distinct;
  if (!isDeviceId(wire.deviceId)) {
    throw invalid('filter.device_id', `${quoted(wire.deviceId)}: expected 6 to 32 lower-case hexadecimal digits`);
  }
  return { ...distinct, deviceId: wire.deviceId };
}

/** Whether an event passes. */
export function passing({
  detectorIds,
  kinds,
  deviceClasses,
  deviceId,
}: EventFilter): (event: DetectionEvent) => boolean {
  const ids = new Set(detectorIds);
  return (event) =>
    (ids.size === 0 || ids.has(event.detectorId)) &&
    (kinds.length === 0 || kinds.includes(event.kind)) &&
    (deviceClasses.length === 0 || deviceClasses.some((each) => each === event.deviceClass)) &&
    (deviceId === undefined || event.deviceId === deviceId || event.previousDeviceId === deviceId);
}

function limited<T>(field: string, list: readonly T[], max: number): readonly T[] {
  if (list.length > max) throw invalid(field, `${list.length} entries: expected at most ${max}`);
  return list;
}

export const invalid = (field: string, message: string): InvalidInputError => new InvalidInputError(message, { field });
