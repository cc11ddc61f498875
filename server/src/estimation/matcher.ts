import type { Link } from '@tdc/shared/network.ts';
import type { EstimationEvent } from './estimation-event.ts';
import type { Match } from './match.ts';

export interface MatcherOptions {
  readonly links: readonly Link[];
  /** Whether resolvable BLE addresses are matched. */
  readonly rotating: boolean;
  /** Seconds after which a resolvable address changes: 900 by the Bluetooth Core Specification's recommendation. */
  readonly rotationSeconds?: number;
}

/** Matches that an event made possible, and those that it showed to be none. */
export interface MatchChanges {
  readonly link: Link;
  readonly added?: Match;
  readonly removed?: Match;
}

const rotationSecondsDefault = 900;
/** A rotating address that would have survived the way with less chance than this says more about chance than about traffic. */
const survivalMin = 0.15;
/** Faster than any vehicle, in metres a second: two devices with one pseudonym, or a clock that is off. */
const speedMaxMps = 70;
/** Events of one device that are kept: a journey needs two, a late event those around it. */
const eventsPerDevice = 32;

/**
 * Pairs the events of a device: an event with the one before it, wherever that was. So a match has no return and no other
 * detector in between, each event begins and ends one match at most, and the result is the same in whatever order events come: a late one
 * takes apart the pair that it falls into. A device is known across a change of key epoch by its previous pseudonym.
 */
export class Matcher {
  readonly #options: MatcherOptions;
  readonly #links: ReadonlyMap<string, Link>;
  readonly #horizonMs: number;
  /** Events of each device by time; the map is in the order of the last event heard. */
  readonly #devices = new Map<string, EstimationEvent[]>();
  #latestMs = 0;

  constructor(options: MatcherOptions) {
    this.#options = options;
    this.#links = new Map(options.links.map((link) => [linkKey(link.fromDetectorId, link.toDetectorId), link]));
    this.#horizonMs = 1000 * Math.max(0, ...options.links.map(({ maxSeconds }) => maxSeconds));
  }

  add(event: EstimationEvent): readonly MatchChanges[] {
    if (!this.#isMatchable(event)) return [];
    const events = this.#eventsOf(event);
    let place = events.length;
    while (place > 0 && isBefore(event, events[place - 1])) place--;
    const before = events[place - 1];
    const after = events[place];
    if (before?.id === event.id) return [];
    events.splice(place, 0, event);
    if (events.length > eventsPerDevice) events.shift();
    this.#forget(event.referenceTimeMs);
    return [
      ...this.#changes('removed', before, after),
      ...this.#changes('added', before, event),
      ...this.#changes('added', event, after),
    ];
  }

  #isMatchable({ resident, clockQuality, addressClass }: EstimationEvent): boolean {
    if (resident || clockQuality === 'unsynchronised') return false;
    if (addressClass === 'resolvable') return this.#options.rotating;
    return addressClass === 'public' || addressClass === 'random-static';
  }

  /** The list of the device, also when it is known under the pseudonym of the epoch before. */
  #eventsOf({ kind, deviceId, previousDeviceId }: EstimationEvent): EstimationEvent[] {
    const key = `${kind} ${deviceId}`;
    let events = this.#devices.get(key);
    if (previousDeviceId !== undefined) {
      const earlier = this.#devices.get(`${kind} ${previousDeviceId}`);
      if (earlier !== undefined && earlier !== events) {
        events = [...earlier, ...(events ?? [])].sort((a, b) => (isBefore(a, b) ? -1 : 1));
        this.#devices.delete(`${kind} ${previousDeviceId}`);
      }
    }
    events ??= [];
    this.#devices.delete(key);
    this.#devices.set(key, events);
    return events;
  }

  /** Devices that no longer can be part of a journey are at the front of the map. */
  #forget(timeMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, timeMs);
    for (const [key, events] of this.#devices) {
      const last = events.at(-1);
      if (last !== undefined && last.referenceTimeMs >= this.#latestMs - 2 * this.#horizonMs) return;
      this.#devices.delete(key);
    }
  }

  #changes(
    what: 'added' | 'removed',
    from: EstimationEvent | undefined,
    to: EstimationEvent | undefined,
  ): readonly MatchChanges[] {
    if (from === undefined || to === undefined) return [];
    const link = this.#links.get(linkKey(from.detectorId, to.detectorId));
    const match = link === undefined ? undefined : this.#matchOf(link, from, to);
    return link === undefined || match === undefined ? [] : [{ link, [what]: match }];
  }

  #matchOf(link: Link, from: EstimationEvent, to: EstimationEvent): Match | undefined {
    const travelTimeS = (to.referenceTimeMs - from.referenceTimeMs) / 1000;
    if (travelTimeS <= 0 || travelTimeS > link.maxSeconds) return undefined;
    if (link.lengthM !== undefined && link.lengthM / travelTimeS > speedMaxMps) return undefined;
    const rotating = to.addressClass === 'resolvable';
    const survival = rotating ? 1 - travelTimeS / (this.#options.rotationSeconds ?? rotationSecondsDefault) : 1;
    if (survival < survivalMin) return undefined;
    return {
      id: `${from.id} ${to.id}`,
      device: `${to.kind} ${to.deviceId}`,
      departedMs: from.referenceTimeMs,
      arrivedMs: to.referenceTimeMs,
      travelTimeS,
      weight: 1 / survival,
      rotating,
    };
  }
}

const linkKey = (from: string, to: string): string => `${from} ${to}`;

function isBefore(a: EstimationEvent, b: EstimationEvent | undefined): boolean {
  if (b === undefined) return false;
  return a.referenceTimeMs < b.referenceTimeMs || (a.referenceTimeMs === b.referenceTimeMs && a.id < b.id);
}
