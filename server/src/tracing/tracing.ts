import { AsyncLocalStorage } from 'node:async_hooks';
import type { NoticeChannel } from '../alerts/alert.ts';

/**
 * Everything that a span may say of itself: numbers, and words that stand in our code. Nothing is of the network, of a device or of who calls, so that
 * nothing of them can get into a trace.
 */
export interface SpanAttributes {
  /** One of those that the parser of HTTP knows. */
  readonly 'http.request.method'?: string;
  /** With the names of its parameters, never their values. */
  readonly 'http.route'?: string;
  readonly 'http.response.status_code'?: number;
  readonly 'rpc.system.name'?: 'grpc';
  /** Of our contract. */
  readonly 'rpc.method'?: string;
  readonly 'rpc.response.status_code'?: string;
  readonly 'tdc.events'?: number;
  readonly 'tdc.estimates'?: number;
  readonly 'tdc.minutes'?: number;
  readonly 'tdc.alerts'?: number;
  readonly 'tdc.notices'?: number;
  readonly 'tdc.channel'?: NoticeChannel;
}

export interface SpanBeginning {
  /** One of few: never with anything in it that comes from outside. */
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  readonly attributes?: SpanAttributes;
  /** The header `traceparent` of who calls. Absent or unreadable: a child of the span that runs now, if any. */
  readonly traceparent?: string;
  /** Begins a trace of its own, which only points to the span that runs now. */
  readonly isRoot?: boolean;
}

/** Work that is traced. */
export interface Span {
  /** Of 32 hexadecimal digits. */
  readonly traceId: string;
  readonly hasEnded: boolean;
  /** Does work in it: what begins there is its child, and what is logged bears its trace. */
  run<Result>(work: () => Result): Result;
  /** With what kind of failure, a word of ours; absent: it went well. Only the first end counts. */
  end(attributes?: SpanAttributes, failure?: string): void;
}

/** What has become of spans: begun and ended = sent + lost + waiting. */
export interface SpanCounts {
  readonly sent: number;
  /** As more waited than may. */
  readonly overflowed: number;
  /** As nobody took them. */
  readonly untaken: number;
  readonly waiting: number;
}

/** Port: traces. Where there are none, there is no such thing, and nothing is done for them. */
export interface Tracing extends AsyncDisposable {
  /** Never fails, and never waits for anybody. */
  begin(beginning: SpanBeginning): Span;
  counts(): SpanCounts;
}

/** Tracing that counts also what others have come to. */
export function tracingWith(tracing: Tracing, others: () => SpanCounts): Tracing {
  const counts = () => {
    const [own, more] = [tracing.counts(), others()];
    return {
      sent: own.sent + more.sent,
      overflowed: own.overflowed + more.overflowed,
      untaken: own.untaken + more.untaken,
      waiting: own.waiting + more.waiting,
    };
  };
  return { ...tracing, counts };
}

const running = new AsyncLocalStorage<Span>();

/** The span that runs now. */
export const runningSpan = (): Span | undefined => running.getStore();

export const runIn = <Result>(span: Span, work: () => Result): Result => running.run(span, work);

/** What a line of the log says of the span that runs now. */
export function traceFields(): { readonly trace_id?: string } {
  const span = running.getStore();
  // Work that was begun in a span and goes on without end is not of it any more.
  return span === undefined || span.hasEnded ? {} : { trace_id: span.traceId };
}

/** Does work in a span of its own, where there are traces. */
export async function traced<Result>(
  tracing: Tracing | undefined,
  beginning: SpanBeginning,
  work: () => Promise<Result>,
  found: (result: Result) => SpanAttributes = () => ({}),
): Promise<Result> {
  if (tracing === undefined) return work();
  const span = tracing.begin(beginning);
  try {
    const result = await span.run(work);
    span.end(found(result));
    return result;
  } catch (error) {
    // Its message may be of anything.
    span.end({}, error instanceof Error ? error.name : 'Error');
    throw error;
  }
}
