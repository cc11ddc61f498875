import { Counter, Gauge, type Registry } from 'prom-client';
import { alertCauses, noticeChannels, stateOf } from '../alerts/alert.ts';
import { lastLookNote } from '../alerts/look-note.ts';
import { type NoticeCounts, noticeOutcomes } from '../alerts/notice-counts.ts';
import type { Repository } from '../repository.ts';

export interface AlertMetricsOptions {
  readonly repository: Pick<Repository, 'alerts' | 'claims'>;
  /** Of this process; absent where it tells nobody. */
  readonly notices?: NoticeCounts;
  readonly shutdown: AbortSignal;
  /** What is read; undefined, and counted as a failure, where it cannot be. */
  readonly known: <Result>(read: () => Promise<Result>) => Promise<Result | undefined>;
}

/** How alerts are, whichever server watches over them, and what this one has told of them. */
export function addAlertMetrics(
  registry: Registry,
  { repository, notices, shutdown, known }: AlertMetricsOptions,
): void {
  const registers = [registry];
  const { alerts, claims } = repository;
  new Gauge({
    name: 'tdc_alerts',
    help: 'Alerts that are not closed, by cause and by whether somebody sees to them.',
    labelNames: ['cause', 'state'],
    registers,
    async collect() {
      this.reset();
      const current = await known(() => alerts.current(shutdown));
      if (current === undefined) return;
      for (const cause of alertCauses) for (const state of ['open', 'acknowledged']) this.set({ cause, state }, 0);
      for (const alert of current) this.inc({ cause: alert.cause, state: stateOf(alert) });
    },
  });
  new Gauge({
    name: 'tdc_alert_notices_waiting',
    help: 'Notices of alerts that are still to be told, by channel.',
    labelNames: ['channel'],
    registers,
    async collect() {
      this.reset();
      const waiting = await known(() => alerts.notices(shutdown));
      if (waiting === undefined) return;
      for (const channel of noticeChannels) this.set({ channel }, 0);
      for (const { channel } of waiting) this.inc({ channel });
    },
  });
  new Gauge({
    name: 'tdc_alerts_last_look_timestamp_seconds',
    help: 'When a server last looked whether there is an alert, to half a minute.',
    labelNames: [],
    registers,
    async collect() {
      this.remove();
      const note = await known(() => lastLookNote(claims, shutdown));
      if (note !== undefined) this.set(note.looked_at_ms / 1000);
    },
  });
  if (notices !== undefined) addNoticeCounter(registry, notices);
}

function addNoticeCounter(registry: Registry, notices: NoticeCounts): void {
  new Counter({
    name: 'tdc_alert_notices_total',
    help: `Notices of alerts by channel and by what has become of them in this process: ${noticeOutcomes.join(', ')}; of those not taken each try.`,
    labelNames: ['channel', 'outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { channel, outcome, count } of notices.all()) this.inc({ channel, outcome }, count);
    },
  });
}
