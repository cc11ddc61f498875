import { randomFillSync } from 'node:crypto';
import { type KeyChainState, keyBytes } from './key-chain.ts';
import { keyEpochsOf } from './key-epoch.ts';

export interface NewKey {
  readonly network: string;
  readonly timeZone: string;
  /** The epoch that the key is for; that of now, unless given. */
  readonly epoch?: number;
  readonly nowMs: number;
}

/** A key nobody has. */
export function generateKey(
  { network, timeZone, epoch, nowMs }: NewKey,
  fill: (bytes: Uint8Array) => void = randomFillSync,
): KeyChainState {
  const key = new Uint8Array(keyBytes);
  fill(key);
  return { network, timeZone, epoch: epoch ?? keyEpochsOf(timeZone).at(nowMs), key };
}
