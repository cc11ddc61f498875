import type { Link } from '@tdc/shared/network.ts';
import type { EstimationEvent } from './estimation-event.ts';
import { passageMsMax } from './matcher.ts';

/** The last passages of a pair of detectors, beside which earlier ones are the usual. */
const recentCount = 12;
const recentMsMax = 20 * 60_000;
const usualMax = 300;
const usualMin = 25;
/** Seconds of a class of differences. */
const classS = 4;
/** How near a difference is to those of its own class, and of the two classes to either side, in quarters. */
const nearness = [1, 3, 4, 3, 1];
/** A smaller offset is within what traffic does. */
const offsetMinS = 12;
/** Recent passages fit the usual ones this well, of what those fit themselves; and shifted they fit better by so much, if they are shifted. */
const fits = 0.6;
const fitsBetter = 0.3;
/** A pair is passed in both directions if the rarer one has this part of the passages. */
const bothWaysMin = 0.15;
/** So many passages of a direction show what it is like now. */
const directionMin = 3;
/** What is faster than this part of what all but one in twenty need is impossible, if one in three passages are. */
const impossiblePart = 0.75;
const impossibleMin = 0.33;
/** Links of a detector say the same when they differ by no more than this, or by that part of it. */
const agreementS = 8;
const agreementPart = 0.15;
const agreeingMin = 0.7;
/** Devices of which the last passages are known. */
const devicesMax = 200_000;

/**
 * The last passages of a device: of each three numbers, the detector's, its time, and one that rises with every passage that becomes known. A
 * list of numbers, as there are as many as devices: objects would take four times the memory, and the collector of garbage as much longer.
 */
type Passages = number[];
const passageLength = 3;

/** What is known of the passages of devices at two detectors: by how many seconds the second is later than the first, in either direction. */
interface Pair {
  readonly ends: readonly [string, string];
  readonly secondsMax: number;
  usual: number[];
  recent: { readonly timeMs: number; readonly seconds: number }[];
}

/**
 * Notices a clock that has become wrong. When a detector's clock steps, its passages shift against those of all detectors around it by
 * the same time, later for what arrives and earlier for what departs, and keep their pattern; traffic never does that. What is
 * wrong from the first event on cannot be noticed. Devices with fixed addresses alone are looked at.
 */
export class ClockWatch {
  readonly #pairs = new Map<string, Pair>();
  /** Of each detector those that it has a link with, and the pair that they are. */
  readonly #neighbours = new Map<string, Map<string, Pair>>();
  /** Of each device the last passage at each detector; the map is in the order of the last passage that became known. */
  readonly #last = new Map<string, Passages>();
  /** Detectors by name. */
  readonly #numbers = new Map<string, number>();
  readonly #judged: ReadonlySet<string>;
  #order = 0;
  #offsets: ReadonlyMap<string, number> = new Map();

  /** The links to look at, and the detectors whose links are all among them: their clocks are judged. */
  constructor(links: readonly Link[], judged: ReadonlySet<string>) {
    this.#judged = judged;
    for (const { fromDetectorId: from, toDetectorId: to, maxSeconds } of links) {
      const [a, b] = from < to ? [from, to] : [to, from];
      const known = this.#pairs.get(`${a} ${b}`);
      const secondsMax = Math.max(maxSeconds, known?.secondsMax ?? 0);
      const pair: Pair = { ends: [a, b], secondsMax, usual: [], recent: [] };
      this.#pairs.set(`${a} ${b}`, pair);
      this.#neighbours.set(a, (this.#neighbours.get(a) ?? new Map<string, Pair>()).set(b, pair));
      this.#neighbours.set(b, (this.#neighbours.get(b) ?? new Map<string, Pair>()).set(a, pair));
    }
  }

  add({ kind, deviceId, detectorId, referenceTimeMs: timeMs, madeAtMs, ...event }: EstimationEvent): void {
    const isFixed = event.addressClass === 'public' || event.addressClass === 'random-static';
    if (!isFixed || event.resident || event.clockQuality === 'unsynchronised' || madeAtMs - timeMs > passageMsMax)
      return;
    const passages = this.#passagesOf(`${kind} ${deviceId}`);
    const own = this.#placeOf(detectorId, passages);
    const ownOrder = passages[own + 2] ?? -1;
    for (const [neighbour, pair] of this.#neighbours.get(detectorId) ?? []) {
      const place = this.#placeOf(neighbour, passages);
      const [beforeMs, order] = [passages[place + 1], passages[place + 2]];
      // Whoever has been here since was on another way.
      if (beforeMs === undefined || order === undefined || ownOrder > order) continue;
      const seconds = (detectorId === pair.ends[1] ? timeMs - beforeMs : beforeMs - timeMs) / 1000;
      if (Math.abs(seconds) <= pair.secondsMax) pair.recent.push({ timeMs: madeAtMs, seconds });
    }
    passages.splice(own, passageLength, this.#numberOf(detectorId), timeMs, this.#order++);
  }

  /** Where the passage at a detector is; the end, when there is none. */
  #placeOf(detectorId: string, passages: Passages): number {
    const number = this.#numberOf(detectorId);
    let place = 0;
    while (place < passages.length && passages[place] !== number) place += passageLength;
    return place;
  }

  #numberOf(detectorId: string): number {
    const number = this.#numbers.get(detectorId) ?? this.#numbers.size;
    this.#numbers.set(detectorId, number);
    return number;
  }

  #passagesOf(device: string): Passages {
    const passages = this.#last.get(device) ?? [];
    this.#last.delete(device);
    this.#last.set(device, passages);
    if (this.#last.size > devicesMax) this.#last.delete(this.#last.keys().next().value ?? '');
    return passages;
  }

  /** Seconds by which the clocks of detectors are ahead of the others', at a time (Unix milliseconds); of those that are wrong. */
  offsetsAt(timeMs: number): ReadonlyMap<string, number> {
    const shifts = new Map<Pair, number>();
    for (const pair of this.#pairs.values()) {
      this.#age(pair, timeMs);
      const shift = shiftOf(pair);
      if (shift !== undefined) shifts.set(pair, shift);
    }
    this.#offsets = this.#offsetsOf(shifts);
    return this.#offsets;
  }

  /** What is no longer recent is usual, unless a clock was wrong. */
  #age(pair: Pair, timeMs: number): void {
    const kept = pair.recent.filter((each) => each.timeMs > timeMs - recentMsMax).slice(-recentCount);
    const isWrong = pair.ends.some((id) => this.#offsets.has(id));
    if (!isWrong) {
      const aged = pair.recent.slice(0, pair.recent.length - kept.length).map(({ seconds }) => seconds);
      if (aged.length > 0) pair.usual = [...pair.usual, ...aged].slice(-usualMax);
    }
    pair.recent = kept;
  }

  #offsetsOf(shifts: ReadonlyMap<Pair, number>): ReadonlyMap<string, number> {
    /** By detector and neighbour, as if the detector's clock were the wrong one. */
    const votes = new Map<string, Map<string, number>>();
    const proven = new Set<string>();
    const vote = (id: string, neighbour: string, seconds: number) =>
      votes.set(id, (votes.get(id) ?? new Map<string, number>()).set(neighbour, seconds));
    for (const [pair, shift] of shifts) {
      const { ends } = pair;
      if (shift !== 0 && isNoTraffic(pair, shift)) for (const id of ends) proven.add(id);
      vote(ends[1], ends[0], shift);
      vote(ends[0], ends[1], -shift);
    }
    const found = new Map<string, number>();
    for (const [id, own] of votes) {
      if (!this.#judged.has(id) || !proven.has(id)) continue;
      const offset = agreedOf([...own.values()]);
      if (offset === undefined) continue;
      const [only] = own.keys();
      // A pair alone does not tell which of the two it is: the other one's other neighbours do.
      const isCleared =
        (votes.get(only ?? '')?.size ?? 0) > 1 && agreedOf([...(votes.get(only ?? '')?.values() ?? [])]) === undefined;
      if (own.size > 1 || ((this.#neighbours.get(id)?.size ?? 0) === 1 && isCleared)) found.set(id, offset);
    }
    return found;
  }
}

/**
 * Whether no traffic shifts passages like this: one direction becomes faster by what the other becomes slower, or the only one as fast as
 * nobody can drive.
 */
function isNoTraffic({ usual, recent }: Pair, shift: number): boolean {
  const usually = Object.values(byDirection(usual));
  const recently = Object.values(byDirection(recent.map(({ seconds }) => seconds - shift)));
  const isTwoWay = usually.every(({ length }) => length >= bothWaysMin * usual.length);
  if (isTwoWay && recently.every(({ length }) => length >= directionMin)) {
    return usually.every((seconds, i) => Math.abs(middleOf(recently[i] ?? []) - middleOf(seconds)) <= nearOf(shift));
  }
  const [back = [], forth = []] = usually;
  const sign = forth.length >= back.length ? 1 : -1;
  const sorted = usual.map((seconds) => sign * seconds).sort((a, b) => a - b);
  const fastest = sorted[Math.floor(sorted.length / 20)] ?? 0;
  return (
    recent.filter(({ seconds }) => sign * seconds < impossiblePart * fastest).length >= impossibleMin * recent.length
  );
}

const byDirection = (seconds: readonly number[]) => ({
  back: seconds.filter((each) => each <= 0),
  forth: seconds.filter((each) => each > 0),
});

function middleOf(seconds: readonly number[]): number {
  return seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? 0;
}

const nearOf = (shift: number): number => Math.max(agreementS, agreementPart * Math.abs(shift));

/** What most of them say, if that is an offset. */
function agreedOf(seconds: readonly number[]): number | undefined {
  const middle = middleOf(seconds);
  if (Math.abs(middle) < offsetMinS) return undefined;
  const agreeing = seconds.filter((each) => Math.abs(each - middle) <= nearOf(middle)).length;
  return agreeing >= agreeingMin * seconds.length ? middle : undefined;
}

/** By how much recent passages are shifted against the usual, in seconds; undefined where too few are known, or their pattern is another. */
function shiftOf({ usual, recent, secondsMax }: Pair): number | undefined {
  if (usual.length < usualMin || recent.length < recentCount) return undefined;
  const reach = Math.ceil(secondsMax / classS);
  const middle = reach + nearness.length;
  /** How many of the usual ones are near, by class. */
  const counts = new Uint16Array(2 * middle + 1);
  for (const seconds of usual) {
    const first = Math.round(seconds / classS) + middle - (nearness.length - 1) / 2;
    for (let i = 0; i < nearness.length; i++) counts[first + i] = (counts[first + i] ?? 0) + (nearness[i] ?? 0);
  }
  const near = (seconds: number, classes: number) => counts[Math.round(seconds / classS) - classes + middle] ?? 0;
  const own = usual.reduce((sum, seconds) => sum + near(seconds, 0), 0) / usual.length;
  const fit = (classes: number) =>
    recent.reduce((sum, { seconds }) => sum + Math.min(1, near(seconds, classes) / own), 0) / recent.length;
  const unshifted = fit(0);
  if (unshifted >= fits) return 0;
  let best = { classes: 0, fit: unshifted };
  for (let classes = -reach; classes <= reach; classes++) {
    const now = fit(classes);
    if (now > best.fit) best = { classes, fit: now };
  }
  return best.fit >= fits && best.fit - unshifted >= fitsBetter ? best.classes * classS : undefined;
}
