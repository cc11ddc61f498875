import { NotFoundError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { type Detector, isEstimatorName, type Link, type Position } from '@tdc/shared/network.ts';
import type { Database } from 'better-sqlite3';
import type { NetworkStore } from '../../repository.ts';
import { expectNoRouteAlong } from '../linked-routes.ts';
import { behindEveryId } from './event-bound.ts';
import type { EventRemover } from './event-remover.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';
import type { SqliteRouteStore } from './routes.ts';

interface DetectorRow {
  readonly id: string;
  readonly name: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly x_m: number | null;
  readonly y_m: number | null;
}

interface LinkRow {
  readonly from_detector_id: string;
  readonly to_detector_id: string;
  readonly max_seconds: number;
  readonly length_m: number | null;
  readonly free_flow_seconds: number | null;
  readonly estimator: string | null;
}

export class SqliteNetworkStore implements NetworkStore {
  readonly #file: string;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #remover: EventRemover;
  readonly #routes: Pick<SqliteRouteStore, 'all'>;
  /** What the table holds, as no other process writes it: asked for each batch of events. */
  readonly #ids: Set<string>;
  readonly #leaving = new Set<string>();

  constructor({ database, file }: OpenDatabase, remover: EventRemover, routes: Pick<SqliteRouteStore, 'all'>) {
    this.#file = file;
    this.#statements = prepare(database);
    this.#remover = remover;
    this.#routes = routes;
    this.#ids = new Set(this.#statements.detectors.all().map(({ id }) => id));
  }

  /** Whether the detector is there and is not just being removed: only then may anything be stored for it. */
  readonly knows = (detectorId: string): boolean => this.#ids.has(detectorId) && !this.#leaving.has(detectorId);

  async detectors(signal: AbortSignal): Promise<readonly Detector[]> {
    signal.throwIfAborted();
    return guarded(this.#file, 'reading detectors', () => this.#statements.detectors.all()).map(detectorOfRow);
  }

  async putDetector({ id, name, position }: Detector, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#leaving.has(id)) throw new UnavailableError(`detector ${id} is being removed`);
    const [latitude, longitude] = position.type === 'geo' ? [position.latitude, position.longitude] : [null, null];
    const [xM, yM] = position.type === 'plane' ? [position.xM, position.yM] : [null, null];
    guarded(this.#file, 'storing a detector', () =>
      this.#statements.putDetector.run(id, name, latitude, longitude, xM, yM),
    );
    this.#ids.add(id);
  }

  async deleteDetector(detectorId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.knows(detectorId))
      throw new NotFoundError(`there is no detector ${detectorId}`, { field: 'detector_id' });
    const link = guarded(this.#file, 'reading links', () => this.#statements.linkOf.get(detectorId, detectorId));
    if (link !== undefined) {
      throw new PreconditionError(
        `detector ${detectorId} cannot go while the link ${link.from_detector_id} to ${link.to_detector_id} is there`,
        { field: 'detector_id' },
      );
    }
    this.#leaving.add(detectorId);
    try {
      await this.#remover.remove(detectorId, behindEveryId, 'goes-on', signal);
      guarded(this.#file, 'removing a detector', () => this.#statements.deleteDetector(detectorId));
      this.#ids.delete(detectorId);
    } finally {
      this.#leaving.delete(detectorId);
    }
  }

  async links(signal: AbortSignal): Promise<readonly Link[]> {
    signal.throwIfAborted();
    return guarded(this.#file, 'reading links', () => this.#statements.links.all()).map(linkOfRow);
  }

  async putLink(link: Link, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { fromDetectorId, toDetectorId, maxSeconds } = link;
    const ends = { 'link.from_detector_id': fromDetectorId, 'link.to_detector_id': toDetectorId };
    for (const [field, id] of Object.entries(ends)) {
      if (!this.knows(id)) throw new PreconditionError(`detector ${id} is not in the network`, { field });
    }
    guarded(this.#file, 'storing a link', () =>
      this.#statements.putLink.run(
        fromDetectorId,
        toDetectorId,
        maxSeconds,
        link.lengthM ?? null,
        link.freeFlowSeconds ?? null,
        link.estimator ?? null,
      ),
    );
  }

  async deleteLink(fromDetectorId: string, toDetectorId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    expectNoRouteAlong(this.#routes.all(), fromDetectorId, toDetectorId);
    const { changes } = guarded(this.#file, 'removing a link', () =>
      this.#statements.deleteLink.run(fromDetectorId, toDetectorId),
    );
    if (changes === 0)
      throw new NotFoundError(`there is no link from ${fromDetectorId} to ${toDetectorId}`, {
        field: 'from_detector_id',
      });
  }
}

function prepare(database: Database) {
  const deleteStatus = database.prepare('DELETE FROM statuses WHERE detector_id = ?');
  const deleteDetector = database.prepare('DELETE FROM detectors WHERE id = ?');
  return {
    detectors: database.prepare<[], DetectorRow>('SELECT * FROM detectors ORDER BY id'),
    putDetector: database.prepare(
      `INSERT INTO detectors (id, name, latitude, longitude, x_m, y_m) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET (name, latitude, longitude, x_m, y_m)
         = (excluded.name, excluded.latitude, excluded.longitude, excluded.x_m, excluded.y_m)`,
    ),
    deleteDetector: database.transaction((detectorId: string) => {
      deleteStatus.run(detectorId);
      deleteDetector.run(detectorId);
    }).immediate,
    links: database.prepare<[], LinkRow>('SELECT * FROM links ORDER BY from_detector_id, to_detector_id'),
    linkOf: database.prepare<[string, string], LinkRow>(
      'SELECT * FROM links WHERE from_detector_id = ? OR to_detector_id = ? LIMIT 1',
    ),
    putLink: database.prepare(
      `INSERT INTO links (from_detector_id, to_detector_id, max_seconds, length_m, free_flow_seconds, estimator)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (from_detector_id, to_detector_id) DO UPDATE SET (max_seconds, length_m, free_flow_seconds, estimator)
         = (excluded.max_seconds, excluded.length_m, excluded.free_flow_seconds, excluded.estimator)`,
    ),
    deleteLink: database.prepare('DELETE FROM links WHERE from_detector_id = ? AND to_detector_id = ?'),
  };
}

function detectorOfRow(row: DetectorRow): Detector {
  return { id: row.id, name: row.name, position: positionOfRow(row) };
}

/** The table's check leaves exactly one pair of coordinates set. */
function positionOfRow(row: DetectorRow): Position {
  return row.latitude === null
    ? { type: 'plane', xM: row.x_m ?? 0, yM: row.y_m ?? 0 }
    : { type: 'geo', latitude: row.latitude, longitude: row.longitude ?? 0 };
}

function linkOfRow(row: LinkRow): Link {
  return {
    fromDetectorId: row.from_detector_id,
    toDetectorId: row.to_detector_id,
    maxSeconds: row.max_seconds,
    ...(row.length_m === null ? {} : { lengthM: row.length_m }),
    ...(row.free_flow_seconds === null ? {} : { freeFlowSeconds: row.free_flow_seconds }),
    ...(row.estimator === null || !isEstimatorName(row.estimator) ? {} : { estimator: row.estimator }),
  };
}
