import { UnavailableError } from '@tdc/shared/errors.ts';
import type { IRequestOp } from 'etcd3';
import { type EtcdConnection, put, unchangedSince } from './connection.ts';
import type { Keys } from './keys.ts';

/** Tries of a change that others overtake. */
const triesMax = 20;

/**
 * Changes detectors, links or routes. Every such change goes through the key `network`: it is made only if no other change came since what it
 * depends on was read, and is tried again otherwise.
 */
export async function changeNetwork(
  connection: EtcdConnection,
  keys: Keys,
  operations: () => Promise<readonly IRequestOp[]>,
  signal: AbortSignal,
): Promise<void> {
  const { network } = keys;
  for (let tries = 0; tries < triesMax; tries++) {
    const seen = (await connection.get(network, signal))?.modRevision ?? 0n;
    const success = [...(await operations()), put(network, '')];
    const { succeeded } = await connection.transact({ compare: [unchangedSince(network, seen)], success }, signal);
    if (succeeded) return;
  }
  throw new UnavailableError(`the network is being changed by others: given up after ${triesMax} tries`);
}
