import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import type { Detector, Link } from '@tdc/shared/network.ts';
import type { IRequestOp } from 'etcd3';
import type { NetworkStore } from '../../repository.ts';
import { expectNoRouteAlong } from '../linked-routes.ts';
import { type EtcdConnection, put, remove, removeRange } from './connection.ts';
import type { Keys } from './keys.ts';
import { changeNetwork } from './network-change.ts';
import { detectorOfValue, detectorToValue, linkOfValue, linkToValue } from './network-value.ts';
import type { EtcdRouteStore } from './routes.ts';

const pageKeys = 2000;

export class EtcdNetworkStore implements NetworkStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;
  readonly #routes: Pick<EtcdRouteStore, 'all'>;

  constructor(connection: EtcdConnection, keys: Keys, routes: Pick<EtcdRouteStore, 'all'>) {
    this.#connection = connection;
    this.#keys = keys;
    this.#routes = routes;
  }

  async detectors(signal: AbortSignal): Promise<readonly Detector[]> {
    const pairs = await this.#connection.all(this.#keys.family('registry'), pageKeys, signal, 'best');
    return pairs.flatMap(({ key, value }) => detectorOfValue(this.#keys.parts('registry', key)[0] ?? '', value) ?? []);
  }

  async putDetector(detector: Detector, signal: AbortSignal): Promise<void> {
    await this.#change(async () => [put(this.#keys.registry(detector.id), detectorToValue(detector))], signal);
  }

  /** Its events go in the same transaction, and none is stored after it: each names the registry's key in its own. */
  async deleteDetector(detectorId: string, signal: AbortSignal): Promise<void> {
    await this.#change(async () => {
      await this.#expectKnown(detectorId, 'detector_id', NotFoundError, signal);
      const link = (await this.#links('linearizable', signal)).find(
        ({ fromDetectorId, toDetectorId }) => fromDetectorId === detectorId || toDetectorId === detectorId,
      );
      if (link !== undefined) {
        throw new PreconditionError(
          `detector ${detectorId} cannot go while the link ${link.fromDetectorId} to ${link.toDetectorId} is there`,
          { field: 'detector_id' },
        );
      }
      return [
        remove(this.#keys.registry(detectorId)),
        remove(this.#keys.status(detectorId)),
        remove(this.#keys.enrolment(detectorId)),
        remove(this.#keys.boxKey(detectorId)),
        removeRange(this.#keys.family(`letters/${detectorId}`)),
        removeRange(this.#keys.family(`detectors/${detectorId}`)),
      ];
    }, signal);
  }

  links(signal: AbortSignal): Promise<readonly Link[]> {
    return this.#links('best', signal);
  }

  async #links(consistency: 'linearizable' | 'best', signal: AbortSignal): Promise<readonly Link[]> {
    const pairs = await this.#connection.all(this.#keys.family('links'), pageKeys, signal, consistency);
    const links = pairs.flatMap(({ key, value }) => {
      const [toDetectorId = '', fromDetectorId = ''] = this.#keys.parts('links', key);
      return linkOfValue(fromDetectorId, toDetectorId, value) ?? [];
    });
    return links.sort((a, b) => compare(a.fromDetectorId, b.fromDetectorId) || compare(a.toDetectorId, b.toDetectorId));
  }

  async putLink(link: Link, signal: AbortSignal): Promise<void> {
    const { fromDetectorId, toDetectorId } = link;
    await this.#change(async () => {
      await this.#expectKnown(fromDetectorId, 'link.from_detector_id', PreconditionError, signal);
      await this.#expectKnown(toDetectorId, 'link.to_detector_id', PreconditionError, signal);
      return [put(this.#keys.link(fromDetectorId, toDetectorId), linkToValue(link))];
    }, signal);
  }

  async deleteLink(fromDetectorId: string, toDetectorId: string, signal: AbortSignal): Promise<void> {
    const key = this.#keys.link(fromDetectorId, toDetectorId);
    await this.#change(async () => {
      if ((await this.#connection.get(key, signal)) === undefined) {
        throw new NotFoundError(`there is no link from ${fromDetectorId} to ${toDetectorId}`, {
          field: 'from_detector_id',
        });
      }
      expectNoRouteAlong(await this.#routes.all('linearizable', signal), fromDetectorId, toDetectorId);
      return [remove(key)];
    }, signal);
  }

  async #change(operations: () => Promise<readonly IRequestOp[]>, signal: AbortSignal): Promise<void> {
    await changeNetwork(this.#connection, this.#keys, operations, signal);
  }

  async #expectKnown(
    detectorId: string,
    field: string,
    Failure: typeof NotFoundError | typeof PreconditionError,
    signal: AbortSignal,
  ): Promise<void> {
    if ((await this.#connection.get(this.#keys.registry(detectorId), signal)) !== undefined) return;
    throw new Failure(`detector ${detectorId} is not in the network`, { field });
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
