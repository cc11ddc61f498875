import type { AddressClass } from '@tdc/shared/event.ts';
import { addToPassage, eventOf, openPassage, type Passage, type PassageEvent } from './passage.ts';
import { type Identified, type Identity, type PseudonymKeys, Pseudonyms } from './pseudonyms.ts';
import { RecencyMap } from './recency-map.ts';
import type { Observation } from './scanner.ts';
import type { Sighting } from './sighting.ts';
import { sightingProblem } from './sighting-problem.ts';

export interface PassageOptions {
  /** Two sightings of a device belong to one passage when they are at most this far apart. */
  readonly gapMs: number;
  /** A device still heard this long after its first sighting is resident: reported once, then only counted until it has left. */
  readonly passageMsMax: number;
  /** The reference time is that of the last sighting within this many dB of the strongest. */
  readonly rssiWindowDb: number;
  /** Devices kept track of at most; beyond, the one unheard for longest is given up early. 20,000 by default. */
  readonly openMax?: number;
}

export interface PassageBuilderOptions {
  readonly detectorId: string;
  readonly keys: PseudonymKeys;
  readonly passage: PassageOptions;
}

export interface PassageCounts {
  /** Devices heard now, resident ones among them. */
  readonly open: number;
  /** Of `open`, those whose event is made because they do not leave. */
  readonly residents: number;
  /** Since the builder was made, as all that follow: sightings that could be used. */
  readonly sightings: number;
  /** Sightings without a usable address, time, RSSI or device class. */
  readonly malformed: number;
  /** Sightings of resident devices, which are in no event. */
  readonly residentSightings: number;
  /** Passages ended, and residents forgotten, for want of room. */
  readonly closedEarly: number;
  readonly byClass: Readonly<Record<AddressClass, number>>;
}

const openMaxDefault = 20_000;
/** A watermark that falls by more than this comes from a clock that was set back. */
const setBackMsMin = 5000;

/** Makes events out of sightings: pure state, driven by the scanner's time alone. */
export class PassageBuilder {
  readonly #options: PassageBuilderOptions;
  readonly #openMax: number;
  readonly #pseudonyms: Pseudonyms;
  /** In the order of their last sightings. */
  readonly #open = new RecencyMap<Passage>();
  readonly #byClass: Record<AddressClass, number>;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #residents = 0;
  #sightings = 0;
  #malformed = 0;
  #residentSightings = 0;
  #closedEarly = 0;
  #lastMalformed = '';

  constructor(options: PassageBuilderOptions) {
    this.#options = options;
    this.#openMax = options.passage.openMax ?? openMaxDefault;
    this.#pseudonyms = new Pseudonyms(options.keys);
    this.#byClass = byEveryClass();
  }

  get counts(): PassageCounts {
    return {
      open: this.#open.size,
      residents: this.#residents,
      sightings: this.#sightings,
      malformed: this.#malformed,
      residentSightings: this.#residentSightings,
      closedEarly: this.#closedEarly,
      byClass: { ...this.#byClass },
    };
  }

  /** The last sighting that could not be used, in words without its address; empty while there was none. */
  get lastMalformed(): string {
    return this.#lastMalformed;
  }

  /** Takes what was observed; returns the events of the passages that are over by now, in the order of their ends. */
  push(observation: Observation): PassageEvent[] {
    const { sightings, watermarkMs } = observation;
    // Passages of before a clock was set back would last for as long as it was set back by.
    const events = watermarkMs < this.#watermarkMs - setBackMsMin ? this.flush() : [];
    for (const sighting of sightings) this.#take(sighting, events);
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs);
    this.#closeUnheard(this.#watermarkMs, events);
    return events;
  }

  /** Ends all passages as they are: nothing more will be heard, or not by the same clock. */
  flush(): PassageEvent[] {
    const events: PassageEvent[] = [];
    for (let oldest = this.#open.oldest; oldest !== undefined; oldest = this.#open.oldest) {
      this.#close(oldest.key, oldest.value, this.#watermarkMs, events);
    }
    this.#watermarkMs = Number.NEGATIVE_INFINITY;
    return events;
  }

  #take(sighting: Sighting, events: PassageEvent[]): void {
    const problem = sightingProblem(sighting);
    const identified: Identified = problem === undefined ? this.#pseudonyms.identify(sighting) : { ok: false, problem };
    if (identified.ok) {
      this.#count(sighting, identified.identity, events);
    } else {
      this.#malformed += 1;
      this.#lastMalformed = identified.problem;
    }
  }

  #count(sighting: Sighting, identity: Identity, events: PassageEvent[]): void {
    this.#sightings += 1;
    this.#byClass[identity.addressClass] += 1;
    const { gapMs, passageMsMax, rssiWindowDb } = this.#options.passage;
    const { timeMs } = sighting;
    const key = this.#keyOf(identity);
    const passage = this.#open.get(key);
    if (passage === undefined || timeMs - passage.lastSeenMs > gapMs) {
      if (passage !== undefined) this.#close(key, passage, timeMs, events);
      this.#begin(sighting, identity, events);
      return;
    }
    this.#goOn(key, passage, identity);
    if (!passage.resident && timeMs - passage.firstSeenMs < passageMsMax) {
      addToPassage(passage, sighting, rssiWindowDb);
    } else {
      if (!passage.resident) this.#makeResident(passage, timeMs, events);
      passage.lastSeenMs = Math.max(passage.lastSeenMs, timeMs);
      this.#residentSightings += 1;
    }
  }

  /** Where the passage of a device is, if it has one: it may have begun in the epoch before. */
  #keyOf({ passageKey, previousPassageKey }: Identity): string {
    if (previousPassageKey === undefined || this.#open.get(passageKey) !== undefined) return passageKey;
    return this.#open.get(previousPassageKey) === undefined ? passageKey : previousPassageKey;
  }

  /** The device was heard again. A passage that began in the epoch before goes on under this one's pseudonym; its event has both. */
  #goOn(key: string, passage: Passage, identity: Identity): void {
    if (key === identity.passageKey) {
      this.#open.touch(key);
    } else {
      passage.identity = identity;
      this.#open.rename(key, identity.passageKey);
    }
  }

  #begin(sighting: Sighting, identity: Identity, events: PassageEvent[]): void {
    const oldest = this.#open.oldest;
    if (oldest !== undefined && this.#open.size >= this.#openMax) {
      this.#closedEarly += 1;
      this.#close(oldest.key, oldest.value, sighting.timeMs, events);
    }
    this.#open.add(identity.passageKey, openPassage(sighting, identity));
  }

  #makeResident(passage: Passage, atMs: number, events: PassageEvent[]): void {
    events.push(this.#event(passage, atMs, true));
    passage.resident = true;
    this.#residents += 1;
  }

  #closeUnheard(watermarkMs: number, events: PassageEvent[]): void {
    const heardSinceMs = watermarkMs - this.#options.passage.gapMs;
    for (let oldest = this.#open.oldest; oldest !== undefined; oldest = this.#open.oldest) {
      if (oldest.value.lastSeenMs >= heardSinceMs) return;
      this.#close(oldest.key, oldest.value, watermarkMs, events);
    }
  }

  #close(key: string, passage: Passage, atMs: number, events: PassageEvent[]): void {
    this.#open.delete(key);
    if (passage.resident) this.#residents -= 1;
    else events.push(this.#event(passage, atMs, false));
  }

  #event(passage: Passage, atMs: number, resident: boolean): PassageEvent {
    return eventOf(passage, { detectorId: this.#options.detectorId, atMs, resident });
  }
}

const byEveryClass = (): Record<AddressClass, number> => ({
  public: 0,
  'random-static': 0,
  resolvable: 0,
  'non-resolvable': 0,
  local: 0,
});
