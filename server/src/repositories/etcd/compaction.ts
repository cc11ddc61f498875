import type { Clock } from '@tdc/shared/clock.ts';
import { TdcError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { EtcdConnection } from './connection.ts';
import { behind, type Keys } from './keys.ts';

const intervalMs = 60_000;

export interface CompactionOptions {
  readonly connection: EtcdConnection;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0: never. */
  readonly historyMinutes: number;
}

/**
 * Compacts the history that is older than so many minutes, once a minute, until the signal. Any number of servers may do it.
 * Without it every change ever made stays on the disks of etcd.
 */
export async function keepCompacting(
  { connection, keys, clock, logger, historyMinutes }: CompactionOptions,
  signal: AbortSignal,
): Promise<void> {
  if (historyMinutes === 0) return;
  const marks: { readonly atMs: number; readonly revision: bigint }[] = [];
  while (!signal.aborted) {
    try {
      const { revision } = await connection.range({ from: keys.schema, to: behind(keys.schema) }, {}, signal);
      marks.push({ atMs: clock.monotonicMs(), revision });
      const old = marks.filter(({ atMs }) => atMs <= clock.monotonicMs() - historyMinutes * 60_000);
      const last = old.at(-1);
      if (last !== undefined) await connection.compact(last.revision, signal);
      marks.splice(0, old.length);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TdcError)) throw error;
      logger.warn({ err: error }, 'etcd could not be compacted');
    }
    await clock.sleep(intervalMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
