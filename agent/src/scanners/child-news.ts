import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@tdc/shared/clock.ts';

/** What becomes of a child process while a scanner reads it. */
export type ChildNews =
  | { readonly type: 'bytes'; readonly chunk: Buffer }
  /** Half a second or more has passed, and what it had said by then has been told. */
  | { readonly type: 'tick' }
  /** It has ended, and all that it said has been told. */
  | { readonly type: 'over'; readonly end: ChildEnd };

/** `failure`: it could not be started at all. `how`: a signal, or `code 3`. */
export type ChildEnd = { readonly failure: Error } | { readonly how: string };

const tickMs = 500;

/** Goes on until the child is over; throws the signal's reason when aborted. A child that says more than is taken is held up by its pipe. */
export async function* newsOf(
  child: ChildProcess,
  out: Readable,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<ChildNews> {
  // A promise that many others are raced against keeps something of each of them: so there is a new one for each wait.
  let change = Promise.withResolvers<void>();
  let end: ChildEnd | undefined;
  let failure: { readonly cause: unknown } | undefined;
  let isTickDue = false;
  const tick = async () => {
    isTickDue = false;
    try {
      await clock.sleep(tickMs, signal);
      // After a time in which nothing was read, what has come meanwhile is read first.
      await nextTurn();
      isTickDue = true;
    } catch (cause) {
      failure = { cause };
    }
    change.resolve();
  };
  out.on('readable', () => change.resolve());
  void endOf(child).then((how) => {
    end = how;
    change.resolve();
  });
  void tick();
  for (;;) {
    signal.throwIfAborted();
    if (failure !== undefined) throw failure.cause;
    const chunk: unknown = out.read();
    if (Buffer.isBuffer(chunk)) yield { type: 'bytes', chunk };
    if (isTickDue) {
      yield { type: 'tick' };
      void tick();
    } else if (chunk === null) {
      if (end !== undefined) return yield { type: 'over', end };
      await change.promise;
      change = Promise.withResolvers<void>();
    }
  }
}

/** Tells a child to end, in the way that it understands, and ends it if it does not; resolves once it is gone. */
export async function endChild(child: ChildProcess, tell: () => void, waitMsMax: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  tell();
  const late = setTimeout(() => child.kill('SIGKILL'), waitMsMax);
  await exited;
  clearTimeout(late);
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  const { promise, resolve } = Promise.withResolvers<ChildEnd>();
  child.once('error', (failure) => resolve({ failure }));
  child.once('close', (code, signal) => resolve({ how: signal ?? `code ${code}` }));
  return promise;
}
