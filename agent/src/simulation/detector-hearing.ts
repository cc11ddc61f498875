import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Sighting } from '../sighting.ts';
import { earOf, heardOfVisit, leaveMsOf } from './heard.ts';
import { journeyMsMax, slotMs } from './journeys.ts';
import { residentsOf } from './residents.ts';
import type { Road } from './road.ts';

/** What one detector hears from `fromMs` to before `toMs`, in the order of time: the same however a time is cut into windows. */
export type Hearing = (fromMs: number, toMs: number) => readonly Sighting[];

/**
 * Windows that follow each other cost what happens in them; another one costs the hour and a half before it, in which those who are
 * at the detector may have set out. Throws InvalidInputError for a detector that is not on the road.
 */
export function hearingOf(road: Road, detectorId: string): Hearing {
  const { detectorIds } = road.map;
  if (!detectorIds.includes(detectorId)) {
    throw new InvalidInputError(
      `detector "${detectorId}" is not in the network file, which has ${someOf(detectorIds)}`,
      {
        field: 'detector.id',
      },
    );
  }
  const ear = earOf(road.seed, detectorId);
  const residents = residentsOf(road.seed, detectorId);
  /** Heard at `heardToMs` or later, of those who came into the network before `slotsTo`. */
  let ahead: readonly Sighting[] = [];
  let heardToMs = Number.NaN;
  let slotsTo = 0;

  return (fromMs, toMs) => {
    if (fromMs !== heardToMs) {
      ahead = [];
      slotsTo = Math.floor((fromMs - journeyMsMax) / slotMs);
    }
    const heard = [...ahead];
    for (; slotsTo * slotMs < toMs; slotsTo += 1) {
      for (const visit of road.visits(slotsTo, detectorId)) {
        if (leaveMsOf(visit, ear) >= fromMs) heard.push(...heardOfVisit(visit, ear));
      }
      if ((slotsTo + 1) * slotMs > fromMs) heard.push(...residents(slotsTo));
    }
    heardToMs = toMs;
    ahead = heard.filter(({ timeMs }) => timeMs >= toMs);
    return heard.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs).sort(inOrder);
  };
}

/** By time; a total order, so that chance has no part in it. */
const inOrder = (one: Sighting, other: Sighting): number =>
  one.timeMs - other.timeMs || compare(one.kind, other.kind) || compare(one.address, other.address);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const someOf = (ids: readonly string[]): string =>
  ids.length > 10 ? `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more` : ids.join(', ');
