import { NotFoundError } from '@tdc/shared/errors.ts';
import { linksAlong, type Route } from '@tdc/shared/network.ts';
import type { RouteStore } from '../../repository.ts';
import { expectLinked } from '../linked-routes.ts';
import { type EtcdConnection, put, remove } from './connection.ts';
import type { Keys } from './keys.ts';
import { changeNetwork } from './network-change.ts';
import { routeOfValue, routeToValue } from './network-value.ts';

const pageKeys = 2000;

export class EtcdRouteStore implements RouteStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;

  constructor(connection: EtcdConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  list(signal: AbortSignal): Promise<readonly Route[]> {
    return this.all('best', signal);
  }

  /** By id, rising. */
  async all(consistency: 'linearizable' | 'best', signal: AbortSignal): Promise<readonly Route[]> {
    const pairs = await this.#connection.all(this.#keys.family('routes'), pageKeys, signal, consistency);
    return pairs.flatMap(({ key, value }) => routeOfValue(this.#keys.parts('routes', key)[0] ?? '', value) ?? []);
  }

  async put(route: Route, signal: AbortSignal): Promise<void> {
    await changeNetwork(
      this.#connection,
      this.#keys,
      async () => {
        const keys = linksAlong(route.detectorIds).map((way) => this.#keys.link(way.fromDetectorId, way.toDetectorId));
        const found = await Promise.all(keys.map((key) => this.#connection.get(key, signal)));
        const there = new Set(keys.filter((_, i) => found[i] !== undefined));
        expectLinked(route, (from, to) => there.has(this.#keys.link(from, to)));
        return [put(this.#keys.route(route.id), routeToValue(route))];
      },
      signal,
    );
  }

  async remove(routeId: string, signal: AbortSignal): Promise<void> {
    const key = this.#keys.route(routeId);
    await changeNetwork(
      this.#connection,
      this.#keys,
      async () => {
        if ((await this.#connection.get(key, signal)) !== undefined) return [remove(key)];
        throw new NotFoundError(`there is no route ${routeId}`, { field: 'route_id' });
      },
      signal,
    );
  }
}
