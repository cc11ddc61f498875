import { PreconditionError } from '@tdc/shared/errors.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import type { Statement } from 'better-sqlite3';
import type { ReportedStatus, StatusStore } from '../../repository.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

interface StatusRow {
  readonly reportedAtMs: number;
  readonly status: Uint8Array;
}

/** The status is kept as the contract's own message, so that one of a newer agent loses nothing that this version knows. */
export class SqliteStatusStore implements StatusStore {
  readonly #file: string;
  readonly #knows: (detectorId: string) => boolean;
  readonly #put: Statement<[string, number, Uint8Array]>;
  readonly #get: Statement<[string], StatusRow>;
  readonly #list: Statement<[], StatusRow>;

  constructor({ database, file }: OpenDatabase, knows: (detectorId: string) => boolean) {
    this.#file = file;
    this.#knows = knows;
    this.#put = database.prepare(
      `INSERT INTO statuses (detector_id, reported_at_ms, status) VALUES (?, ?, ?)
       ON CONFLICT (detector_id) DO UPDATE SET (reported_at_ms, status) = (excluded.reported_at_ms, excluded.status)`,
    );
    const select = 'SELECT reported_at_ms AS reportedAtMs, status FROM statuses';
    this.#get = database.prepare(`${select} WHERE detector_id = ?`);
    this.#list = database.prepare(`${select} ORDER BY detector_id`);
  }

  async put({ status, reportedAtMs }: ReportedStatus, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#knows(status.detectorId)) {
      throw new PreconditionError(`detector ${status.detectorId} is not in the network`, {
        field: 'status.detector_id',
      });
    }
    guarded(this.#file, 'storing a status', () =>
      this.#put.run(status.detectorId, reportedAtMs, AgentStatus.encode(status).finish()),
    );
  }

  async get(detectorId: string, signal: AbortSignal): Promise<ReportedStatus | undefined> {
    signal.throwIfAborted();
    const row = guarded(this.#file, 'reading a status', () => this.#get.get(detectorId));
    return row && statusOf(row);
  }

  async list(signal: AbortSignal): Promise<readonly ReportedStatus[]> {
    signal.throwIfAborted();
    return guarded(this.#file, 'reading statuses', () => this.#list.all()).map(statusOf);
  }
}

const statusOf = ({ reportedAtMs, status }: StatusRow): ReportedStatus => ({
  reportedAtMs,
  status: AgentStatus.decode(status),
});
