import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { type BackoffPolicy, backoffMs } from '@tdc/shared/backoff.ts';
import { OutOfRangeError, TdcError, UnavailableError } from '@tdc/shared/errors.ts';
import { errorOfStatus } from '@tdc/shared/grpc-status.ts';
import { roughDuration } from '@tdc/shared/rough-duration.ts';
import { type ClientContext, withService } from './context.ts';
import { timeText } from './times.ts';

const backoff: BackoffPolicy = { baseMs: 500, maxMs: 10_000 };

/** A stream of answers that can be asked for again. */
export interface Watch<Response> {
  /** Asks for it, from where the last answer left off. */
  open(): ClientReadableStream<Response>;
  /** Called when history no longer reaches back to there: the next time it begins with what comes. */
  beginAnew(): void;
}

/**
 * The answers of a watch; the first comes at once and says that it has begun. Returns when the signal aborts. A connection that is lost later
 * is made again for as long as it takes; standard error says so. Throws when the watch cannot begin, or when trying again would not
 * help.
 */
export async function* keepWatching<Response>(
  context: ClientContext,
  watch: Watch<Response>,
): AsyncGenerator<Response> {
  const { clock, random, signal, stderr } = context;
  let hasBegun = false;
  let attempt = 0;
  let lostAtMs: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const response of watchOnce(context, watch)) {
        if (lostAtMs !== undefined) stderr.write(`tdc: back after ${roughDuration(clock.monotonicMs() - lostAtMs)}\n`);
        hasBegun = true;
        attempt = 0;
        lostAtMs = undefined;
        yield response;
      }
      throw new UnavailableError('the server ended the watch');
    } catch (error) {
      if (signal.aborted) return;
      if (!hasBegun || !isPassing(error)) throw withService(error, context.config, 'query');
      if (error instanceof OutOfRangeError) watch.beginAnew();
      const message = lossText(context, error, lostAtMs === undefined);
      if (message !== '') stderr.write(message);
      lostAtMs ??= clock.monotonicMs();
      if (!(await slept(context, backoffMs(backoff, attempt++, random)))) return;
    }
  }
}

const isPassing = (error: unknown): error is TdcError =>
  error instanceof OutOfRangeError || (error instanceof TdcError && error.retryable);

function lossText({ clock, config }: ClientContext, error: TdcError, isFirst: boolean): string {
  if (error instanceof OutOfRangeError) {
    const now = timeText(clock.nowMs(), config);
    return `tdc: events were missed: the server no longer reaches back to where the watch broke off; watching from ${now} on\n`;
  }
  return isFirst ? `tdc: away from query ${config.query}, trying again: ${error.message}\n` : '';
}

/** Whether the time has passed; false when the signal aborts. */
async function slept({ clock, signal }: ClientContext, ms: number): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** One stream, until it breaks; it is cancelled when nobody reads on. Throws TdcError. */
async function* watchOnce<Response>(
  { config, signal }: ClientContext,
  { open }: Watch<Response>,
): AsyncGenerator<Response> {
  const stream = open();
  // After the last read nobody else would take the error that a cancelled stream ends with.
  stream.on('error', () => {});
  const cancel = () => stream.cancel();
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    cancel();
  }, config.timeoutMs);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    const responses: AsyncIterable<Response> = stream;
    for await (const response of responses) {
      clearTimeout(late);
      yield response;
    }
  } catch (error) {
    if (isLate) throw new UnavailableError(`no answer within ${config.timeoutMs} ms`, { cause: error });
    throw isServiceError(error) ? errorOfStatus(error) : error;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
