import type { Link } from '@tdc/shared/network.ts';
import type { EstimationEvent } from './estimation-event.ts';
import type { Leg, Match } from './match.ts';
import type { Surroundings } from './surroundings.ts';

export interface MatcherOptions {
  /** Of the whole network, however few of its links are of interest. */
  readonly surroundings: Surroundings;
  /** How long events are kept: see lookBackMs. */
  readonly lookBackMs: number;
  /** Detectors at which matches may end. */
  readonly destinations: ReadonlySet<string>;
  /** Whether resolvable BLE addresses are matched. */
  readonly rotating: boolean;
  /** Seconds after which a resolvable address changes: 900 by the Bluetooth Core Specification's recommendation. */
  readonly rotationSeconds?: number;
}

/** A match that an event made possible, or one that it showed to be none. */
export interface MatchChange {
  readonly what: 'added' | 'removed';
  readonly link: Link;
  readonly match: Match;
}

const rotationSecondsDefault = 900;
/** A rotating address that would have survived the way with less chance than this says more about chance than about traffic. */
const survivalMin = 0.15;
/** Faster than any vehicle, in metres a second: two devices with one pseudonym, or a clock that is off. */
const speedMaxMps = 70;
/** An event that is made later after its reference time than this is of a device that stayed, and no part of a journey. */
export const passageMsMax = 8 * 60_000;
/** Events of one device that are kept at most: a device that is heard more often within a journey is no vehicle. */
const eventsPerDeviceMax = 256;

/**
 * How long before an event is made another one may have its reference time and still be part of what the first makes known: a stay, a
 * journey, and the journey before that.
 */
export const lookBackMs = (links: readonly Link[]): number =>
  passageMsMax + 2000 * links.reduce((most, { maxSeconds }) => Math.max(most, maxSeconds), 0);

interface LinkMatch {
  readonly link: Link;
  readonly match: Match;
}

/**
 * Pairs the events of a device along links: an event at the end of a link with the last one before it at its beginning, if
 * nothing in between shows another way. That is a return to either end, or a passage at a detour (see Surroundings). So each event begins
 * and ends one match of a link at most, and the result is the same in whatever order events come: a late one takes apart the pair that it
 * falls into. A device is known across a change of key epoch by its previous pseudonym.
 */
export class Matcher {
  readonly #options: MatcherOptions;
  /** Events of each device by time; the map is in the order of the last event that came. */
  readonly #devices = new Map<string, EstimationEvent[]>();
  /** Devices by their pseudonym of the epoch before. */
  readonly #laterNames = new Map<string, { readonly key: string; readonly madeAtMs: number }>();
  #latestMs = 0;

  constructor(options: MatcherOptions) {
    this.#options = options;
  }

  add(event: EstimationEvent): readonly MatchChange[] {
    if (!this.#isMatchable(event)) return [];
    this.#forget(event.madeAtMs);
    const known = this.#eventsOf(event);
    const place = placeIn(known.events, event);
    if (known.events[place - 1]?.id === event.id) return [];
    if (known.type === 'one' && place === known.events.length) {
      known.events.push(event);
      return this.#matchesInto(known.events, place).map((each) => ({ what: 'added', ...each }));
    }
    const before =
      known.type === 'one'
        ? this.#matchesFrom(known.events, place)
        : known.parts.flatMap((part) => this.#matchesFrom(part, 0));
    known.events.splice(place, 0, event);
    return changes(before, this.#matchesFrom(known.events, known.type === 'one' ? place : 0));
  }

  #isMatchable({ resident, clockQuality, addressClass, madeAtMs, referenceTimeMs }: EstimationEvent): boolean {
    if (resident || clockQuality === 'unsynchronised' || madeAtMs - referenceTimeMs > passageMsMax) return false;
    if (addressClass === 'resolvable') return this.#options.rotating;
    return addressClass === 'public' || addressClass === 'random-static';
  }

  /** The list of the device, which becomes one with that of its previous pseudonym. */
  #eventsOf({ kind, deviceId, previousDeviceId, madeAtMs }: EstimationEvent): Known {
    const name = `${kind} ${deviceId}`;
    const key = this.#laterNames.get(name)?.key ?? name;
    const own = this.#devices.get(key) ?? [];
    const previous = previousDeviceId === undefined ? undefined : `${kind} ${previousDeviceId}`;
    const earlier = previous === undefined || previous === key ? undefined : this.#devices.get(previous);
    if (previous !== undefined && previous !== key) {
      this.#devices.delete(previous);
      this.#laterNames.delete(previous);
      this.#laterNames.set(previous, { key, madeAtMs });
    }
    const known: Known =
      earlier === undefined
        ? { type: 'one', events: own }
        : {
            type: 'merged',
            parts: [earlier, own],
            events: [...earlier, ...own].sort((a, b) => (isBefore(a, b) ? -1 : 1)),
          };
    while (this.#isOver(known.events)) known.events.shift();
    // At the end of the map.
    this.#devices.delete(key);
    this.#devices.set(key, known.events);
    return known;
  }

  #isOver(events: readonly EstimationEvent[]): boolean {
    const [first] = events;
    return events.length >= eventsPerDeviceMax || (first !== undefined && this.#isOld(first.referenceTimeMs));
  }

  #isOld(timeMs: number): boolean {
    return timeMs < this.#latestMs - this.#options.lookBackMs;
  }

  /** Devices that no longer can be part of a journey are at the front of the map. */
  #forget(madeAtMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, madeAtMs);
    for (const [key, events] of this.#devices) {
      const last = events.at(-1);
      if (last !== undefined && !this.#isOld(last.referenceTimeMs)) break;
      this.#devices.delete(key);
    }
    for (const [previous, later] of this.#laterNames) {
      if (!this.#isOld(later.madeAtMs)) break;
      this.#laterNames.delete(previous);
    }
  }

  #matchesFrom(events: readonly EstimationEvent[], first: number): readonly LinkMatch[] {
    return events.flatMap((_, index) => (index < first ? [] : this.#matchesInto(events, index)));
  }

  /** Matches that end with an event. */
  #matchesInto(events: readonly EstimationEvent[], index: number): readonly LinkMatch[] {
    const to = events[index];
    if (to === undefined || !this.#options.destinations.has(to.detectorId)) return [];
    const links = this.#options.surroundings.linksTo(to.detectorId);
    if (links === undefined) return [];
    const found: LinkMatch[] = [];
    const between: string[] = [];
    for (let at = index - 1; at >= 0; at--) {
      const from = events[at];
      if (from === undefined || from.detectorId === to.detectorId) break;
      if (between.includes(from.detectorId)) continue;
      const link = links.get(from.detectorId);
      if (link !== undefined) {
        const detours = this.#options.surroundings.detours(link);
        const match = between.some((each) => detours.has(each))
          ? undefined
          : this.#matchOf(link, from, to, () => this.#legInto(events, at));
        if (match !== undefined) found.push({ link, match });
      }
      between.push(from.detectorId);
    }
    return found;
  }

  /** How the device came to where an event heard it: from the last place before that is linked with it. */
  #legInto(events: readonly EstimationEvent[], index: number): Leg | undefined {
    const to = events[index];
    if (to === undefined) return undefined;
    const links = this.#options.surroundings.linksTo(to.detectorId);
    for (let at = index - 1; at >= 0; at--) {
      const from = events[at];
      if (from === undefined || from.detectorId === to.detectorId) return undefined;
      const link = links?.get(from.detectorId);
      if (link === undefined) continue;
      const travelTimeS = (to.referenceTimeMs - from.referenceTimeMs) / 1000;
      return travelTimeS > 0 && travelTimeS <= link.maxSeconds
        ? { fromDetectorId: from.detectorId, travelTimeS }
        : undefined;
    }
    return undefined;
  }

  #matchOf(
    link: Link,
    from: EstimationEvent,
    to: EstimationEvent,
    legBefore: () => Leg | undefined,
  ): Match | undefined {
    const travelTimeS = (to.referenceTimeMs - from.referenceTimeMs) / 1000;
    if (travelTimeS <= 0 || travelTimeS > link.maxSeconds) return undefined;
    if (link.lengthM !== undefined && link.lengthM / travelTimeS > speedMaxMps) return undefined;
    const rotating = to.addressClass === 'resolvable';
    const survival = rotating ? 1 - travelTimeS / (this.#options.rotationSeconds ?? rotationSecondsDefault) : 1;
    if (survival < survivalMin) return undefined;
    const before = legBefore();
    return {
      id: `${from.id} ${to.id}`,
      departedMs: from.referenceTimeMs,
      arrivedMs: to.referenceTimeMs,
      travelTimeS,
      weight: 1 / survival,
      rotating,
      ...(before === undefined ? {} : { before }),
    };
  }
}

/** The events of a device; `merged`: of what were two until its pseudonyms were known to be of one. */
type Known =
  | { readonly type: 'one'; readonly events: EstimationEvent[] }
  | {
      readonly type: 'merged';
      readonly events: EstimationEvent[];
      readonly parts: readonly (readonly EstimationEvent[])[];
    };

function changes(before: readonly LinkMatch[], after: readonly LinkMatch[]): readonly MatchChange[] {
  const [were, are] = [before, after].map((matches) => new Set(matches.map(({ match }) => match.id)));
  return [
    ...before.filter(({ match }) => !are?.has(match.id)).map((each) => ({ what: 'removed', ...each }) as const),
    ...after.filter(({ match }) => !were?.has(match.id)).map((each) => ({ what: 'added', ...each }) as const),
  ];
}

function placeIn(events: readonly EstimationEvent[], event: EstimationEvent): number {
  let place = events.length;
  while (place > 0 && isBefore(event, events[place - 1])) place--;
  return place;
}

function isBefore(a: EstimationEvent, b: EstimationEvent | undefined): boolean {
  if (b === undefined) return false;
  return a.referenceTimeMs < b.referenceTimeMs || (a.referenceTimeMs === b.referenceTimeMs && a.id < b.id);
}
