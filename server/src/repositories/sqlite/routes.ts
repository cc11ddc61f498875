import { NotFoundError } from '@tdc/shared/errors.ts';
import type { Route } from '@tdc/shared/network.ts';
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { RouteStore } from '../../repository.ts';
import { expectLinked } from '../linked-routes.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

interface RouteRow {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly detector_ids: string;
}

const detectorIdsSchema = z.array(z.string());

/** No other process writes the file, so that what is read and then written at once is one change. */
export class SqliteRouteStore implements RouteStore {
  readonly #file: string;
  readonly #statements: ReturnType<typeof prepare>;

  constructor({ database, file }: OpenDatabase) {
    this.#file = file;
    this.#statements = prepare(database);
  }

  async list(signal: AbortSignal): Promise<readonly Route[]> {
    signal.throwIfAborted();
    return this.all();
  }

  /** By id, rising. */
  all(): readonly Route[] {
    return guarded(this.#file, 'reading routes', () => this.#statements.routes.all()).map(routeOfRow);
  }

  async put(route: Route, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    guarded(this.#file, 'storing a route', () => {
      expectLinked(route, (from, to) => this.#statements.link.get(from, to) !== undefined);
      this.#statements.put.run(route.id, route.name, JSON.stringify(route.detectorIds));
    });
  }

  async remove(routeId: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { changes } = guarded(this.#file, 'removing a route', () => this.#statements.remove.run(routeId));
    if (changes === 0) throw new NotFoundError(`there is no route ${routeId}`, { field: 'route_id' });
  }
}

function prepare(database: Database) {
  return {
    routes: database.prepare<[], RouteRow>('SELECT * FROM routes ORDER BY id'),
    link: database.prepare<[string, string]>('SELECT 1 FROM links WHERE from_detector_id = ? AND to_detector_id = ?'),
    put: database.prepare(
      `INSERT INTO routes (id, name, detector_ids) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET (name, detector_ids) = (excluded.name, excluded.detector_ids)`,
    ),
    remove: database.prepare('DELETE FROM routes WHERE id = ?'),
  };
}

const routeOfRow = ({ id, name, detector_ids }: RouteRow): Route => ({
  id,
  name,
  detectorIds: detectorIdsSchema.parse(JSON.parse(detector_ids)),
});
