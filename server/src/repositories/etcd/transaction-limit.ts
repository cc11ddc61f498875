import type { EtcdConnection } from './connection.ts';
import { isAbsent } from './connection.ts';
import type { Keys } from './keys.ts';

/** etcd's own default, which every member takes. */
const operationsDefault = 128;
/** More would exceed what etcd takes in one request, 1.5 MiB. */
const operationsTried = [2048, 1024, 512, 256] as const;

/**
 * How many operations the members take in one transaction (`--max-txn-ops`): they do not tell, so a transaction of comparisons
 * that does nothing is tried.
 */
export async function operationsMaxOf(connection: EtcdConnection, keys: Keys, signal: AbortSignal): Promise<number> {
  for (const operations of operationsTried) {
    const compare = Array.from({ length: operations }, () => isAbsent(keys.network));
    try {
      await connection.transact({ compare, success: [] }, signal);
      return operations;
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('too many operations'))) throw error;
    }
  }
  return operationsDefault;
}
