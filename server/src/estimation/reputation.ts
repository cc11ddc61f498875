import { quantile } from './estimators/quantile.ts';
import type { Match } from './match.ts';
import { credenceBeside } from './travel-time-grid.ts';

/** Others who came the same way, to be compared with: the last ones, if there are enough of them. */
const peersMax = 25;
const peersMin = 4;
const peersMs = 1_800_000;
const peersQuantile = 0.4;
/** A device whose way here was as likely as this a driver's is not doubted. */
const credenceGood = 0.6;
const doubtMax = 0.85;

interface Peer {
  readonly arrivedMs: number;
  readonly logTime: number;
}

/**
 * What to think of a device from how it came: one that was slow on the link before, beside others who came the same way and went on, will be
 * slow on this one. A bus stays a bus.
 */
export class Reputation {
  readonly #peers = new Map<string, Peer[]>();

  /** 0 for a device that nothing speaks against, to 0.85. */
  doubt({ before, arrivedMs }: Match): number {
    if (before === undefined) return 0;
    const logTimes: number[] = [];
    for (const peer of this.#peers.get(before.fromDetectorId) ?? []) {
      if (peer.arrivedMs > arrivedMs - peersMs) logTimes.push(peer.logTime);
    }
    if (logTimes.length < peersMin) return 0;
    const usual = quantile(new Float64Array(logTimes).sort(), peersQuantile);
    return Math.min(doubtMax, Math.max(0, credenceGood - credenceBeside(Math.log(before.travelTimeS) - usual)));
  }

  note({ before, arrivedMs }: Match): void {
    if (before === undefined) return;
    const peers = this.#peers.get(before.fromDetectorId) ?? [];
    if (peers.length >= peersMax) peers.shift();
    peers.push({ arrivedMs, logTime: Math.log(before.travelTimeS) });
    this.#peers.set(before.fromDetectorId, peers);
  }
}
