import type { Clock } from '@tdc/shared/clock.ts';
import type { NetworkStore } from '../repository.ts';

/** How long another server's change of the network may go unnoticed. */
const ageMsMax = 1000;

/** The ids of the network's detectors, read at most once in a while. */
export class KnownDetectors {
  readonly #network: NetworkStore;
  readonly #clock: Clock;
  #ids: ReadonlySet<string> = new Set();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(network: NetworkStore, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
  }

  /** The first detector of these that is not in the network. One that is missed is looked for in the repository. */
  async firstUnknown(
    events: readonly { readonly detectorId: string }[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (this.#clock.monotonicMs() - this.#readAtMs > ageMsMax) await this.#read(signal);
    if (this.#firstMissing(events) === undefined) return undefined;
    await this.#read(signal);
    return this.#firstMissing(events);
  }

  #firstMissing(events: readonly { readonly detectorId: string }[]): string | undefined {
    let knownId: string | undefined;
    for (const { detectorId } of events) {
      if (detectorId === knownId) continue;
      if (!this.#ids.has(detectorId)) return detectorId;
      knownId = detectorId;
    }
    return undefined;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const readAtMs = this.#clock.monotonicMs();
    const detectors = await this.#network.detectors(signal);
    this.#ids = new Set(detectors.map(({ id }) => id));
    this.#readAtMs = readAtMs;
  }
}
