import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fromJSON } from '@grpc/proto-loader';

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
  readonly milliseconds: number;
}

/** For tests: who takes traces by OTLP over HTTP, decoded by another library than ours that encodes. */
export interface SpanReceiver extends AsyncDisposable {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** Of all who sent them. */
  readonly resources: readonly Readonly<Record<string, string | number>>[];
  readonly headers: readonly IncomingMessage['headers'][];
  /** Everything that came, as bytes. */
  bytes(): Buffer;
  /** Status of the next answers; none: it never answers. */
  answers: number | 'never';
  /** Resolves to the spans once one has each of the names. */
  came(...names: readonly string[]): Promise<readonly ReceivedSpan[]>;
}

const field = (id: number, type: string) => ({ id, type });
const list = (id: number, type: string) => ({ id, type, rule: 'repeated' });
/** What tests look at of opentelemetry.proto.collector.trace.v1, with its numbers. */
const contract = {
  nested: {
    Request: { fields: { resourceSpans: list(1, 'ResourceSpans') } },
    Response: { fields: {} },
    ResourceSpans: { fields: { resource: field(1, 'Resource'), scopeSpans: list(2, 'ScopeSpans') } },
    Resource: { fields: { attributes: list(1, 'KeyValue') } },
    ScopeSpans: { fields: { spans: list(2, 'Span') } },
    Span: {
      fields: {
        ...{ traceId: field(1, 'bytes'), spanId: field(2, 'bytes'), traceState: field(3, 'string') },
        ...{ parentSpanId: field(4, 'bytes'), name: field(5, 'string'), kind: field(6, 'Kind') },
        ...{ startTimeUnixNano: field(7, 'fixed64'), endTimeUnixNano: field(8, 'fixed64') },
        ...{ attributes: list(9, 'KeyValue'), links: list(13, 'Link'), status: field(15, 'Status') },
      },
    },
    Kind: { values: { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } },
    Link: { fields: { traceId: field(1, 'bytes'), spanId: field(2, 'bytes') } },
    Status: { fields: { message: field(2, 'string'), code: field(3, 'int32') } },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    AnyValue: {
      oneofs: { value: { oneof: ['stringValue', 'intValue', 'doubleValue'] } },
      fields: { stringValue: field(1, 'string'), intValue: field(3, 'int64'), doubleValue: field(4, 'double') },
    },
    Traces: { methods: { Export: { requestType: 'Request', responseType: 'Response' } } },
  },
};

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly doubleValue?: number };
}
interface WireSpan extends Omit<ReceivedSpan, 'traceId' | 'spanId' | 'parentSpanId' | 'attributes' | 'links'> {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly parentSpanId: Buffer;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly links: readonly { readonly traceId: Buffer; readonly spanId: Buffer }[];
  readonly status: { readonly code: number; readonly message: string } | null;
}
interface WireRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const longs = { longs: String, enums: String, defaults: true, arrays: true } as const;
const loaded: unknown = fromJSON(contract as unknown as Parameters<typeof fromJSON>[0], longs).Traces;
const service = loaded as {
  readonly Export: { requestDeserialize(bytes: Buffer): WireRequest };
};

const attributesOf = (pairs: readonly KeyValue[]) =>
  Object.fromEntries(
    pairs.map(({ key, value: { stringValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? (intValue === undefined ? (doubleValue ?? 0) : Number(intValue)),
    ]),
  );

const spanOf = (span: WireSpan): ReceivedSpan => ({
  ...{ name: span.name, kind: span.kind, traceState: span.traceState },
  traceId: span.traceId.toString('hex'),
  spanId: span.spanId.toString('hex'),
  parentSpanId: span.parentSpanId.toString('hex'),
  attributes: attributesOf(span.attributes),
  links: span.links.map(({ traceId, spanId }) => ({
    traceId: traceId.toString('hex'),
    spanId: spanId.toString('hex'),
  })),
  failed: span.status?.code === 2,
  milliseconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
});

export async function startSpanReceiver(): Promise<SpanReceiver> {
  const bodies: Buffer[] = [];
  const spans: ReceivedSpan[] = [];
  const resources: Record<string, string | number>[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const receiver = { answers: 200 as number | 'never' };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (receiver.answers === 'never') return;
    const body = Buffer.concat(parts);
    headers.push(request.headers);
    if (receiver.answers === 200) {
      bodies.push(body);
      for (const { resource, scopeSpans } of service.Export.requestDeserialize(body).resourceSpans) {
        resources.push(attributesOf(resource.attributes));
        spans.push(...scopeSpans.flatMap((each) => each.spans.map(spanOf)));
      }
    }
    response.writeHead(receiver.answers, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    endpoint: `http://127.0.0.1:${port}/v1/traces`,
    ...{ spans, resources, headers },
    bytes: () => Buffer.concat(bodies),
    came: async (...names: readonly string[]) => {
      for (let tries = 0; tries < 500; tries++) {
        if (names.every((name) => spans.some((span) => span.name === name))) return spans;
        await wait(20);
      }
      throw new Error(`waited in vain for ${names.join(', ')}: there is ${spans.map(({ name }) => name).join(', ')}`);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
