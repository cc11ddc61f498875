import type { Database, Statement } from 'better-sqlite3';
import { type Estimate, type EstimateStatus, estimateStatuses } from '../../estimation/estimate.ts';
import type { Claim, EstimateScan, EstimateScanResult, EstimateStore, PublishedEstimate } from '../../repository.ts';
import { mustBeSame } from '../published-once.ts';
import type { SqliteClaimStore } from './claims.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

const columns = [
  ...['to_detector_id', 'from_detector_id', 'time_s', 'revision', 'status', 'samples', 'age_s', 'clock_offset_s'],
  ...['mean_s', 'lower_s', 'upper_s', 'fast_s', 'slow_s', 'departure_s', 'free_flow_s'],
] as const;

type Name = (typeof columns)[number];
type TextName = 'to_detector_id' | 'from_detector_id' | 'status';
type NumberName = 'time_s' | 'revision' | 'samples';
type Row = Readonly<
  Record<TextName, string> & Record<NumberName, number> & Record<Exclude<Name, TextName | NumberName>, number | null>
>;

export class SqliteEstimateStore implements EstimateStore {
  readonly #file: string;
  readonly #claims: Pick<SqliteClaimStore, 'verify'>;
  readonly #publish: (estimates: readonly PublishedEstimate[]) => void;
  readonly #scans: Readonly<Record<EstimateScan['order'], Statement<[string, string, number, number, number], Row>>>;
  readonly #newest: Statement<[], Row>;
  readonly #remove: Statement<[string, number]>;

  constructor({ database, file }: OpenDatabase, claims: Pick<SqliteClaimStore, 'verify'>) {
    this.#file = file;
    this.#claims = claims;
    const insert = database.prepare(
      `INSERT INTO estimates (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})
       ON CONFLICT DO NOTHING`,
    );
    const find = database.prepare<[string, string, number, number], Row>(
      'SELECT * FROM estimates WHERE to_detector_id = ? AND from_detector_id = ? AND time_s = ? AND revision = ?',
    );
    this.#publish = database.transaction((estimates: readonly PublishedEstimate[]) => {
      for (const estimate of estimates) {
        if (insert.run(rowOf(estimate)).changes > 0) continue;
        const { toDetectorId, fromDetectorId, timeMs, revision } = estimate;
        const old = find.get(toDetectorId, fromDetectorId, timeMs / 1000, revision);
        if (old !== undefined) mustBeSame(estimateOf(old), estimate);
      }
    }).immediate;
    this.#scans = { 'oldest-first': prepareScan(database, 'ASC'), 'newest-first': prepareScan(database, 'DESC') };
    this.#newest = database.prepare(
      `SELECT estimates.* FROM links JOIN estimates USING (to_detector_id, from_detector_id)
       WHERE (time_s, revision) = (SELECT time_s, revision FROM estimates AS each
         WHERE each.to_detector_id = links.to_detector_id AND each.from_detector_id = links.from_detector_id
         ORDER BY time_s DESC, revision DESC LIMIT 1)
       ORDER BY to_detector_id, from_detector_id`,
    );
    this.#remove = database.prepare('DELETE FROM estimates WHERE to_detector_id = ? AND time_s < ?');
  }

  async publish(
    claim: Claim,
    estimates: readonly PublishedEstimate[],
    _newest: readonly PublishedEstimate[],
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.#claims.verify(claim);
    guarded(this.#file, 'publishing estimates', () => this.#publish(estimates));
  }

  async scan(scan: EstimateScan, signal: AbortSignal): Promise<EstimateScanResult> {
    signal.throwIfAborted();
    const { toDetectorId, fromDetectorId, fromMs, toMs, order, limit, revisions } = scan;
    const [fromS, toS] = [Math.ceil(fromMs / 1000), Math.ceil(toMs / 1000)];
    const rows = guarded(this.#file, 'reading estimates', () =>
      this.#scans[order].all(toDetectorId, fromDetectorId, fromS, toS, limit),
    );
    const minutes = Map.groupBy(rows, ({ time_s }) => time_s);
    const found = [...minutes.values()].flatMap((minute) => (revisions === 'all' ? minute : minute.slice(-1)));
    return { estimates: found.map(estimateOf), more: minutes.size === limit };
  }

  async newest(signal: AbortSignal): Promise<readonly PublishedEstimate[]> {
    signal.throwIfAborted();
    return guarded(this.#file, 'reading estimates', () => this.#newest.all()).map(estimateOf);
  }

  async removeBefore(toDetectorId: string, timeMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    guarded(this.#file, 'removing estimates', () => this.#remove.run(toDetectorId, Math.ceil(timeMs / 1000)));
  }
}

/** All revisions of so many minutes, by minute in the direction, then by revision, rising. */
function prepareScan(database: Database, direction: 'ASC' | 'DESC') {
  return database.prepare<[string, string, number, number, number], Row>(
    `WITH minutes AS (
       SELECT DISTINCT to_detector_id, from_detector_id, time_s FROM estimates
       WHERE to_detector_id = ? AND from_detector_id = ? AND time_s >= ? AND time_s < ?
       ORDER BY time_s ${direction} LIMIT ?)
     SELECT estimates.* FROM minutes JOIN estimates USING (to_detector_id, from_detector_id, time_s)
     ORDER BY time_s ${direction}, revision`,
  );
}

function rowOf({ toDetectorId, fromDetectorId, timeMs, revision, estimate }: PublishedEstimate): Row {
  const { travelTime, status, samples, ageS, clockOffsetS } = estimate;
  return {
    to_detector_id: toDetectorId,
    from_detector_id: fromDetectorId,
    time_s: timeMs / 1000,
    revision,
    status,
    samples,
    age_s: ageS ?? null,
    clock_offset_s: clockOffsetS ?? null,
    mean_s: travelTime?.meanS ?? null,
    lower_s: travelTime?.lowerS ?? null,
    upper_s: travelTime?.upperS ?? null,
    fast_s: travelTime?.fastS ?? null,
    slow_s: travelTime?.slowS ?? null,
    departure_s: travelTime?.departureS ?? null,
    free_flow_s: travelTime?.freeFlowS ?? null,
  };
}

function estimateOf(row: Row): PublishedEstimate {
  const travelTime = {
    meanS: row.mean_s ?? 0,
    lowerS: row.lower_s ?? 0,
    upperS: row.upper_s ?? 0,
    fastS: row.fast_s ?? 0,
    slowS: row.slow_s ?? 0,
    departureS: row.departure_s ?? 0,
    freeFlowS: row.free_flow_s ?? 0,
  };
  const estimate: Estimate = {
    ...(row.mean_s === null ? {} : { travelTime }),
    samples: row.samples,
    status: isStatus(row.status) ? row.status : 'no_data',
    ...(row.age_s === null ? {} : { ageS: row.age_s }),
    ...(row.clock_offset_s === null ? {} : { clockOffsetS: row.clock_offset_s }),
  };
  return {
    fromDetectorId: row.from_detector_id,
    toDetectorId: row.to_detector_id,
    timeMs: row.time_s * 1000,
    revision: row.revision,
    estimate,
  };
}

const isStatus = (text: string): text is EstimateStatus => (estimateStatuses as readonly string[]).includes(text);
