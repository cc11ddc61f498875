import { PreconditionError } from '@tdc/shared/errors.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { z } from 'zod';
import type { ReportedStatus, StatusStore } from '../../repository.ts';
import { type EtcdConnection, exists, put } from './connection.ts';
import { jsonOf } from './event-value.ts';
import type { Keys } from './keys.ts';

const valueSchema = z.object({ reported_at_ms: z.number(), status: z.record(z.string(), z.unknown()) });
const pageKeys = 500;

/** The status is kept as the contract's own message, in its JSON. */
export class EtcdStatusStore implements StatusStore {
  readonly #connection: EtcdConnection;
  readonly #keys: Keys;

  constructor(connection: EtcdConnection, keys: Keys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  async put({ status, reportedAtMs }: ReportedStatus, signal: AbortSignal): Promise<void> {
    const { detectorId } = status;
    const value = JSON.stringify({ reported_at_ms: reportedAtMs, status: AgentStatus.toJSON(status) });
    const { succeeded } = await this.#connection.transact(
      { compare: [exists(this.#keys.registry(detectorId))], success: [put(this.#keys.status(detectorId), value)] },
      signal,
    );
    if (!succeeded) {
      throw new PreconditionError(`detector ${detectorId} is not in the network`, { field: 'status.detector_id' });
    }
  }

  async get(detectorId: string, signal: AbortSignal): Promise<ReportedStatus | undefined> {
    const pair = await this.#connection.get(this.#keys.status(detectorId), signal);
    return pair && statusOf(pair.value);
  }

  async list(signal: AbortSignal): Promise<readonly ReportedStatus[]> {
    const pairs = await this.#connection.all(this.#keys.family('statuses'), pageKeys, signal, 'best');
    return pairs.flatMap(({ value }) => statusOf(value) ?? []);
  }
}

function statusOf(value: Buffer): ReportedStatus | undefined {
  const { data } = valueSchema.safeParse(jsonOf(value));
  return data && { status: AgentStatus.fromJSON(data.status), reportedAtMs: data.reported_at_ms };
}
