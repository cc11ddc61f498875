import { randomBytes } from 'node:crypto';
import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import { type EtcdConnection, isAbsent, put } from './connection.ts';
import { jsonOf } from './event-value.ts';
import type { Keys } from './keys.ts';

/** Version of the layout in keys.ts and of the values. */
const version = 1;

const schemaSchema = z.object({ version: z.int(), store: z.string().regex(/^[0-9a-f]{12}$/) });

/**
 * The identity of the store, which is made when the prefix is used for the first time. Throws PreconditionError when a newer
 * version has written it, or something else stands there.
 */
export async function openSchema(connection: EtcdConnection, keys: Keys, signal: AbortSignal): Promise<string> {
  const made = JSON.stringify({ version, store: randomBytes(6).toString('hex') });
  await connection.transact({ compare: [isAbsent(keys.schema)], success: [put(keys.schema, made)] }, signal);
  const found = await connection.get(keys.schema, signal);
  if (found === undefined) throw new UnavailableError(`${keys.schema} has just gone: is the prefix being cleared?`);
  const parsed = schemaSchema.safeParse(jsonOf(found.value));
  if (!parsed.success) {
    throw new PreconditionError(`${keys.schema} in etcd is not ours: expected {"version":${version},"store":"..."}`);
  }
  if (parsed.data.version > version) {
    throw new PreconditionError(
      `${keys.schema} in etcd has version ${parsed.data.version}, written by a newer tdc-server: this one knows versions up to ${version}`,
    );
  }
  return parsed.data.store;
}
