import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Clock } from '@tdc/shared/clock.ts';

/** What becomes of a child process while a scanner reads it. */
export type ChildNews =
  | { readonly type: 'bytes'; readonly chunk: Buffer }
  /** Half a second has passed. */
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
  const over = endOf(child).then((end) => ({ type: 'over', end }) as const);
  const bytes = () => nextChunk(out).then((chunk) => ({ type: 'bytes', chunk }) as const);
  const tick = () => clock.sleep(tickMs, signal).then(() => ({ type: 'tick' }) as const);
  // What was not the first is waited for on: it must not be lost.
  let nextBytes: ReturnType<typeof bytes> | undefined;
  let nextTick: ReturnType<typeof tick> | undefined;
  for (;;) {
    nextBytes ??= bytes();
    nextTick ??= tick();
    const next = await Promise.race([nextBytes, over, nextTick]);
    signal.throwIfAborted();
    yield next;
    if (next.type === 'over') return;
    if (next.type === 'bytes') nextBytes = undefined;
    else nextTick = undefined;
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

/** What has been said since it was asked last; waits while there is nothing, for ever once there comes nothing more. */
async function nextChunk(out: Readable): Promise<Buffer> {
  for (;;) {
    const chunk: unknown = out.read();
    if (Buffer.isBuffer(chunk)) return chunk;
    await new Promise((resolve) => out.once('readable', resolve));
  }
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  const { promise, resolve } = Promise.withResolvers<ChildEnd>();
  child.once('error', (failure) => resolve({ failure }));
  child.once('close', (code, signal) => resolve({ how: signal ?? `code ${code}` }));
  return promise;
}
