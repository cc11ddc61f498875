import { randomUUID } from 'node:crypto';
import { Agent as PlainAgent } from 'node:http';
import { Agent as SecuredAgent } from 'node:https';
import {
  type Link,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Clock } from '@tdc/shared/clock.ts';
import { textOf } from '@tdc/shared/config-file.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { headersOf, type TracingConfig } from './options.ts';
import { SpanQueue } from './span-queue.ts';
import { runIn, runningSpan, type Span, type SpanAttributes, type Tracing } from './tracing.ts';

export interface OpenTelemetryOptions {
  readonly config: TracingConfig;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
  readonly bounds?: TracingBounds;
}

/** What traces may cost. */
export interface TracingBounds {
  /** Spans that wait or are on their way; more are lost. */
  readonly spansMax: number;
  readonly sendEveryMs: number;
  /** How long sending some of them, and sending the last of them at the end, may take. */
  readonly sendMs: number;
}

const boundsByDefault: TracingBounds = { spansMax: 4096, sendEveryMs: 5000, sendMs: 3000 };
const requestsMax = 8;
/** Until requests that are over have noticed. */
const marginMs = 500;
const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

/** Traces by OpenTelemetry, sent over HTTP in its protocol (OTLP). Throws InvalidInputError for files that cannot be used. */
export function openTelemetry({ config, clock, logger, bounds = boundsByDefault }: OpenTelemetryOptions): Tracing {
  const { endpoint, headersFile, caFile } = config;
  const agent = endpoint.startsWith('https:')
    ? new SecuredAgent({ keepAlive: true, ...(caFile === undefined ? {} : { ca: textOf(caFile) }) })
    : new PlainAgent({ keepAlive: true });
  const exporter = new OTLPTraceExporter({
    url: endpoint,
    // Read anew each time, so that a changed file holds without a restart.
    headers: async () => (headersFile === undefined ? {} : headersOf(headersFile)),
    timeoutMillis: bounds.sendMs,
    concurrencyLimit: requestsMax,
    httpAgentOptions: () => agent,
  });
  const queue = new SpanQueue({ exporter, clock, logger, ...bounds });
  const ours = new TraceIdRatioBasedSampler(config.sampleRatio);
  const provider = new TracerProvider({
    // Who calls can leave its trace out; what it wants kept is kept in part, by its id, as any other.
    sampler: new ParentBasedSampler({ root: ours, remoteParentSampled: ours }),
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': config.serviceName,
        'service.version': packageJson.version,
        'service.instance.id': randomUUID(),
      }),
    ),
    spanProcessors: [queue],
  });
  const tracer = provider.getTracer('tdc-server', packageJson.version);
  return {
    begin: ({ name, kind, attributes, traceparent, isRoot = false }) => {
      const parent = isRoot ? undefined : parentOf(traceparent);
      const links = isRoot ? linksToRunning() : [];
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const options = {
        kind: kinds[kind],
        links,
        ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
      };
      return new OpenTelemetrySpan(tracer.startSpan(name, options, context));
    },
    counts: () => queue.counts(),
    async [Symbol.asyncDispose]() {
      const ended = provider.shutdown();
      // Requests end by themselves in their time, but for those whose answer comes little by little.
      await settledWithin(ended, bounds.sendMs + marginMs);
      agent.destroy();
      // What is cut off by that is counted as lost.
      await settledWithin(ended, marginMs);
      const { sent, overflowed, untaken, waiting } = queue.counts();
      const lost = overflowed + untaken + waiting;
      if (lost > 0) logger.warn({ sent, lost }, 'spans of traces were lost');
    },
  };
}

/** Of the header the ids and the flag alone: what callers say besides (`tracestate`) is theirs, and goes nowhere. */
function parentOf(traceparent: string | undefined): SpanContext | undefined {
  const remote = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (remote !== null) return { ...remote, isRemote: true };
  return contextOf(runningSpan());
}

const contextOf = (span: Span | undefined): SpanContext | undefined =>
  span instanceof OpenTelemetrySpan ? span.context : undefined;

function linksToRunning(): Link[] {
  const context = contextOf(runningSpan());
  return context === undefined ? [] : [{ context }];
}

class OpenTelemetrySpan implements Span {
  readonly #span: OtelSpan;
  hasEnded = false;

  constructor(span: OtelSpan) {
    this.#span = span;
  }

  get context(): SpanContext {
    return this.#span.spanContext();
  }

  get traceId(): string {
    return this.context.traceId;
  }

  run<Result>(work: () => Result): Result {
    return runIn(this, work);
  }

  end(attributes: SpanAttributes = {}, failure?: string): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#span.setAttributes({ ...attributes });
    if (failure !== undefined) {
      this.#span.setAttribute('error.type', failure);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

/** Waits for what may go wrong, and not for longer than the bound. */
async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  // What could not be sent is counted where it is lost.
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
