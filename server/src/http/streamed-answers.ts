import { Readable } from 'node:stream';
import { LimitError } from '@tdc/shared/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { admittedOf } from './admission.ts';
import type { HttpContext } from './context.ts';
import { type Lasting, lasting } from './lasting.ts';
import { requestFields } from './traced-requests.ts';

type Piece = string | Uint8Array;

export interface StreamedAnswer {
  readonly type: string;
  /** What a browser calls the file. */
  readonly fileName: string;
  /** Made as the reader takes them; empty ones say that work goes on. */
  readonly pieces: (signal: AbortSignal) => AsyncIterable<Piece>;
}

/** Each holds a page or a group of rows in memory, and reads the repository as fast as its reader takes it. */
const answersMax = 4;
const retryAfterMs = 5000;

/** Answers of any length that are never in memory as a whole. One that cannot go on is broken off, so that nobody takes it for whole. */
export class StreamedAnswers {
  readonly #context: Pick<HttpContext, 'guard' | 'shutdown' | 'logger'>;
  #under = 0;

  constructor(context: Pick<HttpContext, 'guard' | 'shutdown' | 'logger'>) {
    this.#context = context;
  }

  /** What goes wrong before there is anything to send is answered as in any handler. */
  answer(request: FastifyRequest, reply: FastifyReply, answer: StreamedAnswer): void {
    this.#begin(request, reply, answer).then(
      (stream) => reply.send(stream),
      (error: unknown) => reply.send(error),
    );
  }

  async #begin(
    request: FastifyRequest,
    reply: FastifyReply,
    { type, fileName, pieces }: StreamedAnswer,
  ): Promise<Readable> {
    if (this.#under >= answersMax) {
      const message = `${answersMax} files are being made already: expected to be asked again later`;
      throw new LimitError(message, { retryAfterMs });
    }
    // One who has gone away before closes nothing any more.
    admittedOf(request).signal.throwIfAborted();
    const lasts = lasting(request, this.#context);
    this.#under++;
    reply.raw.once('close', () => {
      lasts[Symbol.dispose]();
      this.#under--;
    });
    const iterator = pieces(lasts.signal)[Symbol.asyncIterator]();
    const first = await iterator.next();
    lasts.signal.throwIfAborted();
    reply.type(type).header('content-disposition', `attachment; filename="${fileName}"`);
    const stream = Readable.from(this.#sent(request, lasts, first, iterator), { objectMode: false });
    // Also while its reader takes nothing, and so nobody asks for the next piece.
    lasts.signal.addEventListener('abort', () => stream.destroy(errorOf(lasts.signal.reason)), { once: true });
    return stream;
  }

  async *#sent(
    request: FastifyRequest,
    { signal }: Lasting,
    first: IteratorResult<Piece>,
    iterator: AsyncIterator<Piece>,
  ): AsyncGenerator<Piece> {
    const { socket } = request.raw;
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) {
        signal.throwIfAborted();
        // While it is made nobody is slow, even where nothing comes of it for long.
        socket.setTimeout(socket.timeout ?? 0);
        if (next.value.length > 0) yield next.value;
      }
    } catch (error) {
      const route = request.routeOptions.url;
      this.#context.logger.warn({ err: error, ...requestFields(request), route }, 'an answer was broken off');
      throw error;
    } finally {
      await iterator.return?.();
    }
  }
}

const errorOf = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
