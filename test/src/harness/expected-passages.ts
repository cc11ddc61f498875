import type { RecordedSighting } from './recording.ts';

/** What one event must say, computed from a whole recording at once, which the agent never has. */
export interface ExpectedPassage {
  readonly kind: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly referenceMs: number;
  readonly sightings: number;
  readonly rssiPeakDbm: number | undefined;
  readonly resident: boolean;
}

export interface PassageRules {
  readonly gapMs: number;
  readonly lengthMsMax: number;
  readonly rssiWindowDb: number;
}

export const defaultPassageRules: PassageRules = { gapMs: 30_000, lengthMsMax: 900_000, rssiWindowDb: 5 };

/** Addresses that no device may have are no sightings: Wi-Fi groups, and BLE random ones of the reserved class. */
function isAddressable({ kind, address, addressType }: RecordedSighting): boolean {
  const firstByte = Number.parseInt(address.slice(0, 2), 16);
  if (kind === 'wifi') return (firstByte & 1) === 0;
  return !(kind === 'ble' && addressType === 'random' && firstByte >> 6 === 0b10);
}

/** The passages of one detector, by reference time: one for each stay of a device, however long the stay. */
export function expectedPassages(
  recording: readonly RecordedSighting[],
  detectorId: string,
  rules: PassageRules = defaultPassageRules,
): readonly ExpectedPassage[] {
  const ofDetector = recording.filter((sighting) => sighting.detectorId === detectorId && isAddressable(sighting));
  const byDevice = Map.groupBy(ofDetector, ({ kind, address }) => `${kind} ${address.toLowerCase()}`);
  return [...byDevice.values()]
    .flatMap((sightings) => stays(sightings, rules.gapMs).map((stay) => passageOf(stay, rules)))
    .sort((a, b) => a.referenceMs - b.referenceMs);
}

function stays(sightings: readonly RecordedSighting[], gapMs: number): readonly (readonly RecordedSighting[])[] {
  const sorted = sightings.toSorted((a, b) => a.timeMs - b.timeMs);
  const starts = sorted.flatMap((sighting, index) => {
    const before = sorted[index - 1];
    return before === undefined || sighting.timeMs - before.timeMs > gapMs ? [index] : [];
  });
  return starts.map((start, index) => sorted.slice(start, starts[index + 1]));
}

function passageOf(stay: readonly RecordedSighting[], rules: PassageRules): ExpectedPassage {
  const firstMs = stay[0]?.timeMs ?? Number.NaN;
  const counted = stay.filter(({ timeMs }) => timeMs - firstMs < rules.lengthMsMax);
  const peakDbm = counted.reduce<number | undefined>(
    (peak, { rssiDbm }) => (rssiDbm === undefined ? peak : Math.max(peak ?? rssiDbm, rssiDbm)),
    undefined,
  );
  const near = counted.findLast(
    ({ rssiDbm }) => peakDbm !== undefined && (rssiDbm ?? -Infinity) >= peakDbm - rules.rssiWindowDb,
  );
  return {
    kind: stay[0]?.kind ?? '',
    firstMs,
    lastMs: counted.at(-1)?.timeMs ?? firstMs,
    referenceMs: near?.timeMs ?? firstMs,
    sightings: counted.length,
    rssiPeakDbm: peakDbm,
    resident: counted.length < stay.length,
  };
}
