import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Resolves when a stream takes more; throws the signal's reason when aborted. */
export async function drained(stream: Writable, signal: AbortSignal): Promise<void> {
  try {
    await once(stream, 'drain', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
