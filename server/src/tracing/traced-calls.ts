import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { Span, Tracing } from './tracing.ts';

/** Services of our contract: health and reflection are asked by machines, all day. */
const ours = '/tdc.v1.';
/** Of how a call can end, what is a failure of this side. */
const failures: ReadonlySet<number> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** Gives each call a span, from its metadata to its status: of a stream that is its whole life. */
export const tracedCalls =
  (tracing: Tracing): ServerInterceptor =>
  ({ path }, call) => {
    if (!path.startsWith(ours)) return new ServerInterceptingCall(call);
    const name = path.slice(1);
    let span: Span | undefined;
    const run = (work: () => void) => (span === undefined ? work() : span.run(work));
    const ended = (code: number) => {
      const word = status[code] ?? String(code);
      span?.end({ 'rpc.response.status_code': word }, failures.has(code) ? word : undefined);
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            const [traceparent] = metadata.get('traceparent');
            span = tracing.begin({
              ...{ name, kind: 'server', attributes: { 'rpc.system.name': 'grpc', 'rpc.method': name } },
              ...(typeof traceparent === 'string' ? { traceparent } : {}),
            });
            run(() => pass(metadata));
          },
          onReceiveMessage: (message, pass) => run(() => pass(message)),
          onReceiveHalfClose: (pass) => run(pass),
          onCancel: () => ended(status.CANCELLED),
        }),
      sendStatus: (sent, send) => {
        ended(sent.code ?? status.UNKNOWN);
        send(sent);
      },
    });
  };
