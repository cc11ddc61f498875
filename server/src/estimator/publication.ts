import { type Estimate, type TravelTime, tenth } from '../estimation/estimate.ts';
import type { Claim, EstimateStore, PublishedEstimate } from '../repository.ts';
import { type Tracing, traced } from '../tracing/tracing.ts';
import type { DestinationReplay, MinuteResult } from './destination-replay.ts';
import type { PublishedCounts } from './estimator-figures.ts';
import { type SignsOfLife, silenceMsMax } from './signs-of-life.ts';

/** An estimate that is ready to be published, but for its revision. */
export interface Ready {
  readonly fromDetectorId: string;
  readonly toDetectorId: string;
  readonly timeMs: number;
  readonly estimate: Estimate;
  /** Whether both detectors made an event shortly before: then neither was down, whatever was thought. */
  readonly heard: boolean;
}

const minutesMax = 1000;

/** Estimates as they are published: rounded to a tenth of a second, with signs of life, and with a revision where they change. */
export class Publication {
  readonly #store: EstimateStore;
  readonly #signs: SignsOfLife;
  readonly #tracing: Tracing | undefined;
  readonly #counts: Pick<PublishedCounts, 'add'> | undefined;

  constructor(
    store: EstimateStore,
    signs: SignsOfLife,
    { tracing, published }: { readonly tracing?: Tracing; readonly published?: Pick<PublishedCounts, 'add'> } = {},
  ) {
    this.#store = store;
    this.#signs = signs;
    this.#tracing = tracing;
    this.#counts = published;
  }

  /** What a minute's estimates are to say; to be asked before the replay goes on. */
  ready({ timeMs, estimates }: MinuteResult, replay: DestinationReplay): readonly Ready[] {
    return estimates.map(({ link: { fromDetectorId, toDetectorId }, estimate }) => {
      const ends = [fromDetectorId, toDetectorId];
      const isDown = ends.some((id) => this.#signs.isDown(id, timeMs, replay.lastMadeMs(id)));
      const heard = ends.every((id) => timeMs - (replay.lastMadeMs(id) ?? 0) <= silenceMsMax);
      const status = isDown ? 'detector_down' : estimate.status;
      return { fromDetectorId, toDetectorId, timeMs, estimate: { ...rounded(estimate), status }, heard };
    });
  }

  /**
   * Publishes of some minutes, each link's in a row, what is new, and as a new revision what differs from what is published. Resolves
   * to how many estimates that were. `end`: whether the last of them is the last minute of all.
   */
  async publish(claim: Claim, minutes: readonly Ready[], end: 'end' | 'go-on', signal: AbortSignal): Promise<number> {
    const before = await this.#published(minutes, signal);
    const changed: PublishedEstimate[] = [];
    const newest: PublishedEstimate[] = [];
    const lastMs = minutes.reduce((last, { timeMs }) => Math.max(last, timeMs), 0);
    const revisions = new Map<number, number>();
    for (const { timeMs, revision } of before.values()) {
      revisions.set(timeMs, Math.max(revision, revisions.get(timeMs) ?? 0));
    }
    for (const each of minutes) {
      const old = before.get(keyOf(each));
      const now = settled(each, old);
      const isSame = old !== undefined && JSON.stringify(now.estimate) === JSON.stringify(old.estimate);
      const result = isSame ? old : published(now, 1 + (revisions.get(each.timeMs) ?? 0));
      if (!isSame) changed.push(result);
      if (end === 'end' && each.timeMs === lastMs) newest.push(result);
    }
    if (changed.length + newest.length > 0) {
      const storing = {
        name: 'store estimates',
        kind: 'client',
        attributes: { 'tdc.estimates': changed.length },
      } as const;
      await traced(this.#tracing, storing, () => this.#store.publish(claim, changed, newest, signal));
      this.#counts?.add(changed.map(({ revision }) => revision));
    }
    return changed.length;
  }

  async #published(minutes: readonly Ready[], signal: AbortSignal): Promise<ReadonlyMap<string, PublishedEstimate>> {
    const found = new Map<string, PublishedEstimate>();
    for (const link of Map.groupBy(minutes, ({ fromDetectorId }) => fromDetectorId).values()) {
      const [first] = link;
      const last = link.at(-1);
      if (first === undefined || last === undefined) continue;
      const { fromDetectorId, toDetectorId, timeMs: fromMs } = first;
      const range = { fromDetectorId, toDetectorId, fromMs, toMs: last.timeMs + 1 };
      const { estimates } = await this.#store.scan(
        { ...range, order: 'oldest-first', limit: minutesMax, revisions: 'last', reads: 'committed' },
        signal,
      );
      for (const each of estimates) found.set(keyOf(each), each);
    }
    return found;
  }
}

const keyOf = ({ fromDetectorId, timeMs }: Pick<Ready, 'fromDetectorId' | 'timeMs'>) => `${fromDetectorId} ${timeMs}`;

/** A detector that was seen to be down stays so in a minute that is made again, unless events of then have come since. */
function settled(now: Ready, old: PublishedEstimate | undefined): Ready {
  if (old?.estimate.status !== 'detector_down' || now.heard) return now;
  return { ...now, estimate: { ...now.estimate, status: 'detector_down' } };
}

function published({ fromDetectorId, toDetectorId, timeMs, estimate }: Ready, revision: number): PublishedEstimate {
  return { fromDetectorId, toDetectorId, timeMs, revision, estimate };
}

function rounded({ travelTime, samples, status, ageS, clockOffsetS }: Estimate): Estimate {
  return {
    ...(travelTime === undefined ? {} : { travelTime: roundedTravelTime(travelTime) }),
    samples,
    status,
    ...(ageS === undefined ? {} : { ageS: tenth(ageS) }),
    ...(clockOffsetS === undefined ? {} : { clockOffsetS }),
  };
}

function roundedTravelTime(travelTime: TravelTime): TravelTime {
  return {
    meanS: tenth(travelTime.meanS),
    lowerS: tenth(travelTime.lowerS),
    upperS: tenth(travelTime.upperS),
    fastS: tenth(travelTime.fastS),
    slowS: tenth(travelTime.slowS),
    departureS: tenth(travelTime.departureS),
    freeFlowS: tenth(travelTime.freeFlowS),
  };
}
