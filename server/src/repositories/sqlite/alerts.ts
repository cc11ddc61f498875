import type { Database } from 'better-sqlite3';
import type { AlertStore, ClosedAlertScan } from '../../alert-store.ts';
import type { Acknowledgement, Alert, Notice } from '../../alerts/alert.ts';
import type { Claim } from '../../repository.ts';
import { acknowledged, alertOfText, alertToText, noticeOfText, noticeToText } from '../alert-value.ts';
import type { SqliteClaimStore } from './claims.ts';
import { guarded } from './faults.ts';
import type { OpenDatabase } from './open.ts';

interface Row {
  readonly value: string;
}

export class SqliteAlertStore implements AlertStore {
  readonly #file: string;
  readonly #claims: Pick<SqliteClaimStore, 'verify'>;
  readonly #statements: ReturnType<typeof prepare>;

  constructor({ database, file }: OpenDatabase, claims: Pick<SqliteClaimStore, 'verify'>) {
    this.#file = file;
    this.#claims = claims;
    this.#statements = prepare(database);
  }

  async current(signal: AbortSignal): Promise<readonly Alert[]> {
    signal.throwIfAborted();
    return alertsOf(guarded(this.#file, 'reading alerts', () => this.#statements.current.all()));
  }

  async closed({ beforeId, limit }: ClosedAlertScan, signal: AbortSignal): Promise<readonly Alert[]> {
    signal.throwIfAborted();
    // Behind every id there is.
    const before = beforeId ?? '~';
    return alertsOf(guarded(this.#file, 'reading alerts', () => this.#statements.closed.all(before, limit)));
  }

  async put(
    claim: Claim,
    alert: Alert,
    notices: readonly Notice[],
    signal: AbortSignal,
  ): Promise<'stored' | 'changed'> {
    signal.throwIfAborted();
    this.#claims.verify(claim);
    return guarded(this.#file, 'storing an alert', () => this.#statements.put(alert, notices));
  }

  async acknowledge(id: string, acknowledgement: Acknowledgement, signal: AbortSignal): Promise<Alert> {
    signal.throwIfAborted();
    return guarded(this.#file, 'acknowledging an alert', () => this.#statements.acknowledge(id, acknowledgement));
  }

  async notices(signal: AbortSignal): Promise<readonly Notice[]> {
    signal.throwIfAborted();
    const rows = guarded(this.#file, 'reading notices', () => this.#statements.notices.all());
    return rows.flatMap(({ value }) => noticeOfText(value) ?? []);
  }

  async removeNotices(claim: Claim, ids: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#claims.verify(claim);
    guarded(this.#file, 'removing notices', () => this.#statements.removeNotices(ids));
  }

  async removeClosedBefore(timeMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    guarded(this.#file, 'removing alerts', () => this.#statements.removeClosed.run(timeMs));
  }
}

const alertsOf = (rows: readonly Row[]): readonly Alert[] => rows.flatMap(({ value }) => alertOfText(value) ?? []);

function prepare(database: Database) {
  const find = database.prepare<[string], Row>('SELECT value FROM alerts WHERE id = ?');
  const write = database.prepare('INSERT OR REPLACE INTO alerts (id, closed, opened_at_ms, value) VALUES (?, ?, ?, ?)');
  const writeNotice = database.prepare('INSERT OR REPLACE INTO alert_notices (id, value) VALUES (?, ?)');
  const removeNotice = database.prepare('DELETE FROM alert_notices WHERE id = ?');
  const found = (id: string) => {
    const row = find.get(id);
    return row && alertOfText(row.value);
  };
  const store = (alert: Alert) =>
    write.run(alert.id, alert.closed === undefined ? 0 : 1, alert.openedAtMs, alertToText(alert));
  return {
    current: database.prepare<[], Row>('SELECT value FROM alerts WHERE closed = 0 ORDER BY id'),
    closed: database.prepare<[string, number], Row>(
      'SELECT value FROM alerts WHERE closed = 1 AND id < ? ORDER BY id DESC LIMIT ?',
    ),
    put: database.transaction((alert: Alert, notices: readonly Notice[]): 'stored' | 'changed' => {
      const before = found(alert.id);
      if (before?.closed !== undefined || (before?.version ?? 0) !== alert.version - 1) return 'changed';
      store(alert);
      for (const notice of notices) writeNotice.run(notice.id, noticeToText(notice));
      return 'stored';
    }).immediate,
    acknowledge: database.transaction((id: string, acknowledgement: Acknowledgement): Alert => {
      const alert = acknowledged(found(id), id, acknowledgement);
      store(alert);
      return alert;
    }).immediate,
    notices: database.prepare<[], Row>('SELECT value FROM alert_notices ORDER BY id LIMIT 1000'),
    removeNotices: database.transaction((ids: readonly string[]) => {
      for (const id of ids) removeNotice.run(id);
    }).immediate,
    removeClosed: database.prepare('DELETE FROM alerts WHERE closed = 1 AND opened_at_ms < ?'),
  };
}
