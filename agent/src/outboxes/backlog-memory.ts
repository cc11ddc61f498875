/**
 * Works with an outbox for a while and tells its memory: one process a measurement, so that nothing else is in it.
 * `node backlog-memory.ts FILE` sends the parent `{ stored, rssBytesMax }`.
 */
import { madeUpEvents } from '@tdc/shared/made-up-event.ts';
import { SqliteOutbox } from './sqlite.ts';

export interface BacklogMemory {
  /** Events found at the opening. */
  readonly stored: number;
  readonly rssBytesMax: number;
}

const rounds = 100;
const batchEvents = 256;

function measure(file: string): BacklogMemory {
  using outbox = new SqliteOutbox({ file, bytesMax: 4 * 1024 ** 3, nowMs: () => 0, onRecovered: () => {} });
  outbox.open();
  const { stored } = outbox.counts();
  const connectedAt = outbox.lastSeq();
  let backlogAfter = 0;
  let liveAfter = connectedAt;
  for (let round = 0; round < rounds; round += 1) {
    outbox.append(madeUpEvents(batchEvents));
    const backlog = outbox.read({ after: backlogAfter, through: connectedAt, limit: batchEvents });
    const live = outbox.read({ after: liveAfter, through: Number.MAX_SAFE_INTEGER, limit: batchEvents });
    backlogAfter = backlog.at(-1)?.seq ?? backlogAfter;
    liveAfter = live.at(-1)?.seq ?? liveAfter;
    outbox.settle(
      [...backlog, ...live].map(({ seq }) => seq),
      [],
    );
  }
  return { stored, rssBytesMax: process.resourceUsage().maxRSS * 1024 };
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('expected the file of an outbox');
process.send?.(measure(file));
