import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Clock, systemClock } from '@tdc/shared/clock.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { eventToWire } from '@tdc/shared/wire.ts';
import type { ServiceName } from '../config.ts';
import { openContext } from '../context.ts';
import { madeUpConfig } from '../made-up-config.ts';
import { startServer } from '../server.ts';
import type { ClientConfig } from './config.ts';
import { ask, type ClientContext, openClient } from './context.ts';

/** For tests: a real server, its addresses, and clients of it whose output is kept. */
export interface ClientSubject extends AsyncDisposable {
  readonly folder: string;
  readonly collector: string;
  readonly query: string;
  client(given?: Partial<ClientConfig> & { readonly clock?: Clock }): TestClient;
  stop(): Promise<void>;
  /** Again after a stop, on the same ports. */
  start(): Promise<void>;
}

export interface TestClient extends Disposable {
  readonly context: ClientContext;
  readonly stop: AbortController;
  /** What was printed so far. */
  out(): string;
  err(): string;
}

export async function startSubject(services: readonly ServiceName[] = ['collector', 'query']): Promise<ClientSubject> {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-client-'));
  let running = await startIn(folder, services, { collector: 0, query: 0 });
  const { collector, query } = running;
  const ports = { collector: portOf(collector), query: portOf(query) };
  return {
    folder,
    collector,
    query,
    client: ({ clock = systemClock, ...config } = {}) => testClient({ collector, query, ...config }, clock),
    stop: () => running.stop(),
    start: async () => {
      running = await startIn(folder, services, ports);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

async function startIn(
  folder: string,
  services: readonly ServiceName[],
  ports: { readonly collector: number; readonly query: number },
) {
  const logger = createLogger({ level: 'silent' });
  const context = await openContext(
    madeUpConfig(folder, { services, ports: { ...ports, health: 0, http: 0 } }),
    systemClock,
    logger,
    new AbortController().signal,
  );
  const server = await startServer(context);
  let isRunning = true;
  return {
    collector: server.addresses.get('collector') ?? '',
    query: server.addresses.get('query') ?? '',
    stop: async () => {
      if (!isRunning) return;
      isRunning = false;
      await server[Symbol.asyncDispose]();
      await context[Symbol.asyncDispose]();
    },
  };
}

/** A client whose output is kept. */
export function testClient(
  given: Pick<ClientConfig, 'collector' | 'query'> & Partial<ClientConfig>,
  clock: Clock,
): TestClient {
  const stop = new AbortController();
  const stdout = kept();
  const stderr = kept();
  const config: ClientConfig = { output: 'table', utc: true, timeoutMs: 10_000, ...given };
  const { signal } = stop;
  const context = openClient(config, {
    clock,
    random: Math.random,
    signal,
    stdout: stdout.stream,
    stderr: stderr.stream,
  });
  return {
    context,
    stop,
    out: () => stdout.text(),
    err: () => stderr.text(),
    [Symbol.dispose]: () => context[Symbol.dispose](),
  };
}

function kept() {
  const stream = new PassThrough({ encoding: 'utf8' });
  let text = '';
  stream.on('data', (part: string) => {
    text += part;
  });
  return { stream, text: () => text };
}

export async function putDetectors(subject: ClientSubject, ids: readonly string[]): Promise<void> {
  using client = subject.client();
  const { collector } = client.context;
  for (const id of ids) {
    const position = { $case: 'geo', value: { latitude: 52.5, longitude: 13.4 } } as const;
    await ask(client.context, 'collector', collector.putDetector, { detector: { id, name: `at ${id}`, position } });
  }
}

export async function recordEvents(subject: ClientSubject, events: readonly DetectionEvent[]): Promise<void> {
  using client = subject.client();
  const { collector } = client.context;
  const wire = events.map(eventToWire);
  for (let i = 0; i < wire.length; i += 1000) {
    const events = wire.slice(i, i + 1000);
    const { rejected } = await ask(client.context, 'collector', collector.recordEvents, { events });
    if (rejected.length > 0) throw new Error(`rejected: ${rejected[0]?.message}`);
  }
}

export async function reportStatus(subject: ClientSubject, status: AgentStatus): Promise<void> {
  using client = subject.client();
  await ask(client.context, 'collector', client.context.collector.reportStatus, { status });
}
