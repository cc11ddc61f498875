import type { ServerWritableStream } from '@grpc/grpc-js';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { statusOfError } from '@tdc/shared/grpc-status.ts';
import { drained } from '../drain.ts';
import type { QueryContext } from './context.ts';

/**
 * Serves a stream of answers until the receiver has gone away or the server shuts down. A slow receiver is waited for: it is behind, and
 * costs no memory.
 */
export async function servingStream<Request, Response>(
  { shutdown }: Pick<QueryContext, 'shutdown'>,
  call: ServerWritableStream<Request, Response>,
  serve: (send: (response: Response) => Promise<void>, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort(new UnavailableError('the receiver has gone away')));
  const endForShutdown = () => gone.abort(new UnavailableError('the server is shutting down'));
  shutdown.addEventListener('abort', endForShutdown);
  if (shutdown.aborted) endForShutdown();
  const send = async (response: Response) => {
    if (!call.write(response)) await drained(call, gone.signal);
  };
  try {
    await serve(send, gone.signal);
  } catch (error) {
    call.emit('error', statusOfError(error));
  } finally {
    shutdown.removeEventListener('abort', endForShutdown);
  }
}
