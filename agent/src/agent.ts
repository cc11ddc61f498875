import { setImmediate as nextTurn } from 'node:timers/promises';
import { UnavailableError } from '@tdc/shared/errors.ts';
import type { Pulse } from '@tdc/shared/pulse.ts';
import type { AgentOptions, Hearing } from './agent-options.ts';
import { type BufferedCounts, EventBuffer } from './event-buffer.ts';
import { SqliteOutbox } from './outboxes/sqlite.ts';
import type { Observation } from './scanner.ts';
import { type AgentSnapshot, statusToWire } from './status.ts';
import { StatusService } from './status-service.ts';
import { SupervisedScanner } from './supervised-scanner.ts';
import { keepTime, lookAndRelease, type TimeKeepingOptions } from './time-keeping.ts';
import { Uplink, uplinkTimes } from './uplink.ts';

/** When an agent's work is done: when it is told to stop, when its scanners have ended, or when then all is sent as well. */
export type Until = 'stopped' | 'read' | 'drained';

/** Part of the outbox that may be used before a scanner that can wait has to. */
const roomyPart = 0.8;
const yieldEveryMs = 10;
const waitAtMostMs = 1000;

/** One detector's agent: scanners, passages, outbox and uplink, and its status. */
export class Agent implements AsyncDisposable {
  readonly #options: AgentOptions;
  readonly #outbox: SqliteOutbox;
  readonly #buffer: EventBuffer;
  readonly #scanners: readonly SupervisedScanner[];
  readonly #uplink: Uplink | undefined;
  readonly #statusService: StatusService;
  readonly #startedAtMs: number;
  #lastError: AgentSnapshot['lastError'];
  #whyNotReported: string | undefined;
  #settled = Promise.withResolvers<void>();
  #yieldedAtMs = 0;

  constructor(options: AgentOptions) {
    const { clock, random, state, outbox } = options;
    this.#options = options;
    this.#startedAtMs = clock.nowMs();
    this.#outbox = new SqliteOutbox({
      file: state.paths.outbox,
      bytesMax: outbox.bytesMax,
      nowMs: () => clock.nowMs(),
      onRecovered: ({ movedTo, reason, eventsLost }) =>
        this.#report(
          'error',
          `the outbox was damaged (${reason}): moved to ${movedTo}, ${eventsLost ?? 'an unknown number of'} events lost`,
        ),
    });
    this.#buffer = new EventBuffer({
      outbox: this.#outbox,
      clock,
      random,
      flushRows: outbox.flushRows,
      flushMs: outbox.flushMs,
      onCommitted: () => this.#uplink?.wake(),
      onRefused: (error) => this.#report('error', `events are kept in memory: ${error.message}`),
    });
    this.#scanners = (options.hearing?.scanners ?? []).map(
      (scanner) =>
        new SupervisedScanner({
          scanner,
          clock,
          random,
          onFailure: options.hearing?.onScannerFailure ?? 'throw',
          onError: (error, waitMs) =>
            this.#report('warn', `scanner ${scanner.name} failed: ${messageOf(error)}`, { waitMs: Math.round(waitMs) }),
        }),
    );
    this.#uplink = this.#newUplink();
    this.#statusService = new StatusService(state.paths.socket, () => statusToWire(this.snapshot()));
  }

  /** Works until its work is done, or until aborted; then everything made is committed and what is under way settled. */
  async run(until: Until, signal: AbortSignal): Promise<void> {
    const { state } = this.#options;
    if (state.unlocked !== undefined) this.#report('warn', state.unlocked.message);
    this.#tolerating(() => this.#outbox.open());
    await this.#statusService.start().catch((error: unknown) => this.#reportUnavailable(error));
    const stopUplink = new AbortController();
    const failure = new AbortController();
    const working = AbortSignal.any([signal, failure.signal]);
    await lookAndRelease(this.#timeKeeping, working);
    const sides = [this.#uplink?.run(stopUplink.signal), keepTime(this.#timeKeeping, stopUplink.signal)];
    const aside = Promise.all(sides.map((side) => side?.catch((error: unknown) => failure.abort(error))));
    try {
      await this.#scan(until, working);
      if (until === 'drained') await this.#drained(working);
    } finally {
      stopUplink.abort();
      await aside;
    }
    if (failure.signal.aborted) throw failure.signal.reason;
  }

  /** The counts of events, those that are not yet committed among them. */
  counts(): BufferedCounts {
    return this.#buffer.counts();
  }

  /** Why the collector did not take a status, the last time that it did not; undefined while it has. */
  get whyNotReported(): string | undefined {
    return this.#whyNotReported;
  }

  /** The files of the certificate have changed: goes on with what they say now. */
  reconnect(): void {
    this.#uplink?.reconnect();
  }

  /** Something beside the agent's own work went wrong: it is in the status. */
  warn(message: string, fields: object = {}): void {
    this.#report('warn', message, fields);
  }

  /** What has to move for events to be heard, kept and sent. */
  get pulses(): readonly Pulse[] {
    return [...this.#scanners, this.#buffer, this.#uplink].flatMap((each) => each?.pulse ?? []);
  }

  snapshot(): AgentSnapshot {
    const { detectorId, version, clock, watch, machine, hearing, configuration } = this.#options;
    const { step, offsetMs } = watch.belief;
    const unixMs = (timeMs: number | undefined) => timeMs && watch.unixMs(timeMs);
    return {
      detectorId,
      version,
      startedAtMs: watch.unixMs(this.#startedAtMs),
      takenAtMs: watch.unixMs(clock.nowMs()),
      clock: watch.state,
      clockStep: step && { stepMs: step.stepMs, atMs: Math.round(step.atMonotonicMs + offsetMs) },
      events: this.#buffer.counts(),
      outboxSize: this.#outbox.size(),
      connection: this.#uplink?.state.type ?? 'idle',
      lastAcknowledgedMs: unixMs(this.#uplink?.lastAcknowledgedMs),
      scanners: this.#scanners.map((scanner) => scanner.snapshot(hearing?.times)),
      lastError: this.#lastError && { ...this.#lastError, atMs: watch.unixMs(this.#lastError.atMs) },
      key: hearing?.key(),
      configuration: configuration?.(),
      openPassages: hearing?.passages.counts.open ?? 0,
      residentMemoryBytes: process.memoryUsage.rss(),
      machine: machine(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#statusService[Symbol.asyncDispose]();
    await this.#buffer[Symbol.asyncDispose]();
    this.#outbox[Symbol.dispose]();
  }

  get #timeKeeping(): TimeKeepingOptions {
    const { watch, clock } = this.#options;
    return {
      watch,
      clock,
      room: this.#outbox,
      flush: () => this.#buffer.flush(),
      onReleased: () => this.#uplink?.wake(),
      onRefused: (error) => this.#report('error', `events go on waiting for the clock: ${error.message}`),
    };
  }

  #newUplink(): Uplink | undefined {
    const { clock, random, log, uplink, statusIntervalMs } = this.#options;
    if (uplink === undefined) return undefined;
    return new Uplink({
      outbox: this.#outbox,
      clock,
      random,
      ...uplink,
      ...uplinkTimes,
      status: () => statusToWire(this.snapshot()),
      statusIntervalMs,
      onConnected: () => log.info({}, 'connected to the collector'),
      onFailed: ({ message }, waitMs) => {
        this.#whyNotReported = message;
        this.#report('warn', `sending failed: ${message}`, { waitMs: Math.round(waitMs) });
      },
      alongside: async (channel, signal) => {
        const trouble = await uplink.exchangeMail?.(channel, signal);
        if (trouble !== undefined) this.#report('warn', `letters to this box: ${trouble}`);
      },
      onReported: () => {
        this.#whyNotReported = undefined;
        uplink.onReported?.();
      },
      onStatusRefused: ({ message }) => {
        this.#whyNotReported = message;
        this.#report('warn', `the status was refused: ${message}`);
      },
      onRejected: (rejected, firstId) => {
        const [first] = rejected;
        this.#report(
          'warn',
          `the collector rejected ${rejected.length} events for good, the first ${firstId}: ${first?.field}: ${first?.message}`,
        );
      },
      onSettled: () => {
        this.#settled.resolve();
        this.#settled = Promise.withResolvers<void>();
      },
    });
  }

  /** Runs the scanners to their ends, then ends the passages and commits everything. */
  async #scan(until: Until, signal: AbortSignal): Promise<void> {
    const { hearing } = this.#options;
    const over = new AbortController();
    const scanning = AbortSignal.any([signal, over.signal]);
    const lack = hearing?.key().lack;
    if (lack !== undefined) this.#report('warn', `waits for its key, and hears nothing until it has come: ${lack}`);
    try {
      await Promise.race([hearing?.keyReady, aborted(scanning)]);
      await Promise.all(
        this.#scanners.map(async (scanner) => {
          if (hearing === undefined) return;
          try {
            await scanner.run((observation) => this.#take(hearing, scanner, observation, scanning), scanning);
          } catch (error) {
            // The others stop, so that all is committed before the failure is told.
            over.abort();
            throw error;
          }
        }),
      );
      if (until === 'stopped') await aborted(signal);
    } finally {
      if (hearing !== undefined)
        this.#buffer.add(hearing.passages.flush().map((passage) => hearing.times.date(passage)));
      this.#buffer.flush();
    }
  }

  async #take(
    { passages, times, waitsForRoom }: Hearing,
    scanner: SupervisedScanner,
    observation: Observation,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    const watermarks = this.#scanners.flatMap(({ watermarkMs }) => (watermarkMs === undefined ? [] : [watermarkMs]));
    // Time is that of the slowest scanner that runs.
    const watermarkMs = Math.min(observation.watermarkMs, ...watermarks);
    const { malformed } = passages.counts;
    this.#buffer.add(passages.push({ ...observation, watermarkMs }).map((passage) => times.date(passage)));
    scanner.countMalformed(passages.counts.malformed - malformed, passages.lastMalformed);
    if (waitsForRoom(observation.watermarkMs)) await this.#room(signal);
    // A scanner that is never waited for would leave no time for the uplink.
    if (clock.monotonicMs() - this.#yieldedAtMs < yieldEveryMs) return;
    await nextTurn();
    this.#yieldedAtMs = clock.monotonicMs();
  }

  async #room(signal: AbortSignal): Promise<void> {
    const isFull = () => {
      const { bytes, bytesMax } = this.#outbox.size();
      return bytes > roomyPart * bytesMax;
    };
    while (this.#uplink !== undefined && isFull() && !signal.aborted) {
      await this.#change(signal);
    }
  }

  /** Resolves when nothing can be sent any more, or when aborted. */
  async #drained(signal: AbortSignal): Promise<void> {
    const isDrained = ({ inOutbox, waiting }: BufferedCounts) => inOutbox === waiting;
    while (!isDrained(this.#buffer.counts()) && !signal.aborted) await this.#change(signal);
  }

  /** Waits for events to be settled, but not for ever: an outbox can also lose them by other ways. */
  async #change(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const wait = AbortSignal.any([signal, over.signal]);
    const waited = this.#options.clock.sleep(waitAtMostMs, wait).catch((error: unknown) => {
      if (!wait.aborted) throw error;
    });
    await Promise.race([this.#settled.promise, waited]);
    over.abort();
  }

  #tolerating(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#reportUnavailable(error);
    }
  }

  /** The agent works on without what is unavailable. */
  #reportUnavailable(error: unknown): void {
    if (!(error instanceof UnavailableError)) throw error;
    this.#report('error', error.message);
  }

  #report(level: 'warn' | 'error', message: string, fields: object = {}): void {
    this.#lastError = { message, atMs: this.#options.clock.nowMs() };
    this.#options.log[level](fields, message);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
