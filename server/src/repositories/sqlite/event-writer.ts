import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Statement } from 'better-sqlite3';
import { eventColumns, putEventRow } from './event-row.ts';
import { faultOf, guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

/** Events of one transaction at most; a single append is never cut. */
const groupEventsMax = 8192;
/** Events that may wait for their transaction; beyond it appends are refused, and their senders come again. */
const queuedEventsMax = 262_144;
/** Rows of one statement. Binding many at a time costs a sixth less than one by one; fewer than a hundred cost more. */
const statementRows = 256;
const width = eventColumns.length;

interface Append {
  readonly events: readonly DetectionEvent[];
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Writes events with group commit: all appends that came since the last transaction share the next one, and its fsync. */
export class EventWriter {
  readonly #open: OpenDatabase;
  readonly #knows: (detectorId: string) => boolean;
  readonly #committed: () => void;
  readonly #insertMany: Statement;
  readonly #insertOne: Statement;
  readonly #setLastSeq: Statement;
  readonly #probe: Statement;
  readonly #insertAll: (group: readonly Append[]) => number;
  readonly #manyCells = new Array<string | number | null>(statementRows * width).fill(null);
  readonly #oneCells = new Array<string | number | null>(width).fill(null);
  #queue: Append[] = [];
  #queuedEvents = 0;
  #lastSeq: number;
  #state: 'idle' | 'scheduled' | 'closed' = 'idle';
  #disk: 'takes' | 'refused' = 'takes';

  constructor(options: {
    readonly open: OpenDatabase;
    /** Whether events of this detector may be stored now. */
    readonly knows: (detectorId: string) => boolean;
    /** Called after each transaction. */
    readonly committed: () => void;
  }) {
    this.#open = options.open;
    this.#knows = options.knows;
    this.#committed = options.committed;
    const { database } = options.open;
    const insert = (rows: number) => {
      const row = `(${eventColumns.map(() => '?').join(', ')})`;
      return database.prepare(
        `INSERT INTO events (${eventColumns.join(', ')}) VALUES ${new Array(rows).fill(row).join(', ')}
         ON CONFLICT (detector_id, id, device_id) DO NOTHING`,
      );
    };
    this.#insertMany = insert(statementRows);
    this.#insertOne = insert(1);
    this.#setLastSeq = database.prepare('UPDATE meta SET last_seq = ?');
    this.#probe = database.prepare('UPDATE meta SET probes = probes + 1');
    this.#insertAll = database.transaction((group: readonly Append[]) => this.#insertGroup(group)).immediate;
    this.#lastSeq = database.prepare<[], { seq: number }>('SELECT last_seq AS seq FROM meta').get()?.seq ?? 0;
  }

  /** The number of the last event committed. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  append(events: readonly DetectionEvent[], signal: AbortSignal): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(new UnavailableError(`${this.#open.file} is closed`));
    if (events.length === 0) return Promise.resolve();
    if (this.#queuedEvents + events.length > queuedEventsMax) {
      return Promise.reject(
        new UnavailableError(`${this.#queuedEvents} events wait to be written, at most ${queuedEventsMax} may`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, signal, resolve, reject });
      this.#queuedEvents += events.length;
      this.#schedule();
    });
  }

  /** Throws while the disk that refused the last events refuses any other write too. Costs nothing otherwise. */
  probe(): void {
    if (this.#disk === 'takes') return;
    guarded(this.#open.file, 'writing', () => this.#probe.run());
    this.#disk = 'takes';
  }

  /** Commits what waits and refuses what comes later. */
  async close(): Promise<void> {
    while (this.#queue.length > 0) await yieldToOthers();
    this.#state = 'closed';
  }

  #schedule(): void {
    if (this.#state === 'scheduled') return;
    this.#state = 'scheduled';
    setImmediate(() => {
      this.#state = 'idle';
      this.#commitGroup();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #commitGroup(): void {
    const group = this.#takeGroup();
    if (group.length === 0) return;
    try {
      this.#lastSeq = this.#insertAll(group);
    } catch (error) {
      const fault = faultOf(error, this.#open.file, 'storing events');
      this.#disk = 'refused';
      for (const append of group) append.reject(fault);
      return;
    }
    this.#disk = 'takes';
    for (const append of group) append.resolve();
    this.#committed();
  }

  /** The appends of the next transaction; those that may not be stored any more are settled here. */
  #takeGroup(): readonly Append[] {
    const group: Append[] = [];
    let events = 0;
    let taken = 0;
    for (const append of this.#queue) {
      if (group.length > 0 && events + append.events.length > groupEventsMax) break;
      taken++;
      this.#queuedEvents -= append.events.length;
      const refusal = this.#refusalOf(append);
      if (refusal !== undefined) {
        append.reject(refusal);
        continue;
      }
      group.push(append);
      events += append.events.length;
    }
    this.#queue = this.#queue.slice(taken);
    return group;
  }

  #refusalOf({ events, signal }: Append): unknown {
    if (signal.aborted) return signal.reason;
    let knownId: string | undefined;
    for (const { detectorId } of events) {
      if (detectorId === knownId) continue;
      if (!this.#knows(detectorId))
        return new PreconditionError(`detector ${detectorId} is not in the network`, { field: 'detector_id' });
      knownId = detectorId;
    }
    return undefined;
  }

  /** Returns the highest number given, which is also in the file when the transaction is. */
  #insertGroup(group: readonly Append[]): number {
    let seq = this.#lastSeq;
    let filled = 0;
    let inserted = 0;
    for (const { events } of group) {
      for (const event of events) {
        putEventRow(this.#manyCells, filled * width, event, ++seq);
        filled++;
        if (filled === statementRows) {
          inserted += this.#insertMany.run(this.#manyCells).changes;
          filled = 0;
        }
      }
    }
    for (let row = 0; row < filled; row++) {
      for (let cell = 0; cell < width; cell++) this.#oneCells[cell] = this.#manyCells[row * width + cell] ?? null;
      inserted += this.#insertOne.run(this.#oneCells).changes;
    }
    if (inserted === 0) return this.#lastSeq;
    this.#setLastSeq.run(seq);
    return seq;
  }
}
