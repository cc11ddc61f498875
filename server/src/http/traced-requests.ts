import type { FastifyRequest } from 'fastify';
import type { Span, Tracing } from '../tracing/tracing.ts';
import type { HttpApp } from './app.ts';

/** Asked by machines, all day; and live streams, which last as long. */
const untraced: ReadonlySet<string | undefined> = new Set(['/healthz', '/readyz', '/metrics', '/api/v1/live']);
const spans = new WeakMap<FastifyRequest, Span>();

/** What a line of the log says of a request. */
export function requestFields(request: FastifyRequest): { readonly request_id: string; readonly trace_id?: string } {
  const span = spans.get(request);
  return { request_id: request.id, ...(span === undefined ? {} : { trace_id: span.traceId }) };
}

/** Gives each request a span, until its answer has gone or its caller has. To be called before the hooks that are to be in it. */
export function addTraces(app: HttpApp, tracing: Tracing): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { method, routeOptions, headers } = request;
    const { url: route } = routeOptions;
    if (untraced.has(route)) return done();
    const { traceparent } = headers;
    const span = tracing.begin({
      name: route === undefined ? method : `${method} ${route}`,
      kind: 'server',
      attributes: { 'http.request.method': method, ...(route === undefined ? {} : { 'http.route': route }) },
      ...(typeof traceparent === 'string' ? { traceparent } : {}),
    });
    spans.set(request, span);
    const { raw } = reply;
    raw.once('close', () => {
      const { statusCode, writableFinished, headersSent } = raw;
      const failure = statusCode >= 500 ? String(statusCode) : 'broken_off';
      const isWell = writableFinished && statusCode < 500;
      span.end(headersSent ? { 'http.response.status_code': statusCode } : {}, isWell ? undefined : failure);
    });
    span.run(done);
  });
  // What has waited for the rest of a request has come out of the span.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
}
