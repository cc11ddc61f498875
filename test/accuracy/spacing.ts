/**
 * How far apart detectors should stand, on the simulated road: what one matched device tells of the travel time of its vehicle, and how many
 * vehicles are matched, by the length of a link. The radios of that road are an assumption (agent/src/simulation/radios.ts). Prints a table.
 *
 *     node test/accuracy/spacing.ts
 */
import { PassageBuilder } from '@tdc/agent/passage-builder.ts';
import { givenTimes } from '@tdc/agent/sighting-times.ts';
import { hearingOf } from '@tdc/agent/simulation/detector-hearing.ts';
import { slotMs, type Visit } from '@tdc/agent/simulation/journeys.ts';
import { addressOf } from '@tdc/agent/simulation/radios.ts';
import { type Road, simulatedRoad } from '@tdc/agent/simulation/road.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { KeyChain } from '@tdc/shared/key-chain.ts';
import { tagOf } from '@tdc/shared/pseudonym.ts';

const lengthsM = [250, 500, 1000, 2000, 4000, 8000];
const hours = 6;
const key = new Uint8Array(32).fill(7);
/** 09:00 of a day of which no change of epoch is near. */
const fromMs = Date.UTC(2026, 2, 3, 9);
const toMs = fromMs + hours * 3_600_000;
const epoch = Math.floor((fromMs - 3 * 3_600_000) / 86_400_000);
const network = { network: 'tdc', timeZone: 'UTC', epoch, key };

function eventsAt(road: Road, detectorId: string): readonly DetectionEvent[] {
  const passages = new PassageBuilder({
    detectorId,
    keys: new KeyChain(network, { overlapMs: 0, tagBits: 64 }),
    passage: { gapMs: 30_000, passageMsMax: 900_000, rssiWindowDb: 5 },
  });
  const times = givenTimes();
  const hear = hearingOf(road, detectorId);
  const events: DetectionEvent[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += 1000) {
    const watermarkMs = atMs + 1000;
    events.push(
      ...passages.push({ sightings: hear(atMs, watermarkMs), watermarkMs }).map((passage) => times.date(passage)),
    );
  }
  return events.filter(
    ({ addressClass, resident }) => addressClass !== 'non-resolvable' && addressClass !== 'local' && !resident,
  );
}

/** A vehicle that passed both ends, in a direction, without a long stop. */
interface Through {
  readonly from: Visit;
  readonly to: Visit;
}

function throughTraffic(road: Road, from: string, to: string, lengthM: number): readonly Through[] {
  const first = Math.floor(fromMs / slotMs) - 90;
  const slots = Array.from({ length: Math.ceil((toMs - fromMs) / slotMs) + 90 }, (_, i) => first + i);
  return slots.flatMap((slot) => {
    const ends = new Map(road.visits(slot, to).map((visit) => [visit.radios, visit]));
    return road.visits(slot, from).flatMap((visit): readonly Through[] => {
      const end = ends.get(visit.radios);
      if (end === undefined || end.passMs < visit.passMs || visit.passMs < fromMs + 120_000) return [];
      const travelMs = end.passMs - visit.passMs;
      // Faster than a walker, and without a pause of minutes.
      const isDriver = travelMs < (lengthM / 5) * 1000 + 90_000;
      return isDriver && end.passMs < toMs - 120_000 ? [{ from: visit, to: end }] : [];
    });
  });
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(part * values.length)] ?? Number.NaN;

function measured(lengthM: number): readonly string[] {
  const detectors = ['A', 'B'].map((id, i) => ({
    id,
    name: '',
    position: { type: 'plane' as const, xM: i * lengthM, yM: 0 },
  }));
  const links = [
    { fromDetectorId: 'A', toDetectorId: 'B', maxSeconds: 3600, lengthM },
    { fromDetectorId: 'B', toDetectorId: 'A', maxSeconds: 3600, lengthM },
  ];
  const road = simulatedRoad({ network: { detectors, links }, seed: 1, vehiclesPerHour: 600 });
  const byDevice = new Map(['A', 'B'].map((id) => [id, Map.groupBy(eventsAt(road, id), ({ deviceId }) => deviceId)]));
  const errorsS: number[] = [];
  const relative: number[] = [];
  let vehicles = 0;
  let matched = 0;
  for (const { from, to } of ['AB', 'BA'].flatMap(([a = '', b = '']) => throughTraffic(road, a, b, lengthM))) {
    vehicles += 1;
    const travelMs = to.passMs - from.passMs;
    const errorsMs = from.radios.flatMap((radio) => {
      const tag = (atMs: number) => tagOf(key, 'tdc', radio.make.kind, addressOf(radio, atMs), 64);
      // Half a minute aside is another passage of the same device.
      const eventOf = ({ detectorId, passMs }: Visit) =>
        byDevice
          .get(detectorId)
          ?.get(tag(passMs))
          ?.find(({ referenceTimeMs }) => Math.abs(referenceTimeMs - passMs) < 60_000);
      const [start, end] = [eventOf(from), eventOf(to)];
      if (start === undefined || end === undefined || start.deviceId !== end.deviceId) return [];
      return [Math.abs(end.referenceTimeMs - start.referenceTimeMs - travelMs)];
    });
    if (errorsMs.length > 0) matched += 1;
    errorsS.push(...errorsMs.map((error) => error / 1000));
    relative.push(...errorsMs.map((error) => (100 * error) / travelMs));
  }
  const numbers = [
    quantile(errorsS, 0.5),
    quantile(errorsS, 0.95),
    quantile(relative, 0.5),
    quantile(relative, 0.95),
    (100 * matched) / vehicles,
  ];
  return [String(lengthM), String(vehicles), ...numbers.map((value) => value.toFixed(1))];
}

console.log(
  '| link, m | vehicles through | error of one device, s: median | 95 % | in % of its travel time: median | 95 % | vehicles matched, % |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const lengthM of lengthsM) console.log(`| ${measured(lengthM).join(' | ')} |`);
