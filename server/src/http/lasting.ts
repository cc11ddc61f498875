import type { FastifyRequest } from 'fastify';
import { admittedOf } from './admission.ts';
import type { HttpContext } from './context.ts';

/** The right to an answer that may last longer than that right. */
export interface Lasting extends Disposable {
  /** Aborts when the caller has gone away or may not read any more, and when the server is to end. */
  readonly signal: AbortSignal;
}

/** Asks again and again whether the caller still may, until disposed of. */
export function lasting(
  request: FastifyRequest,
  { guard, shutdown }: Pick<HttpContext, 'guard' | 'shutdown'>,
): Lasting {
  const { caller, signal: gone } = admittedOf(request);
  const refused = new AbortController();
  const signal = AbortSignal.any([gone, shutdown, refused.signal]);
  const checked = guard.keepChecking({
    check: async () => {
      try {
        await caller.check(signal);
      } catch (error) {
        if (!signal.aborted) refused.abort(caller.refusal(error));
      }
    },
  });
  return { signal, [Symbol.dispose]: () => checked[Symbol.dispose]() };
}
