import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTelemetry, type TracingBounds } from './open-telemetry.ts';
import type { TracingConfig } from './options.ts';
import { startSpanReceiver } from './span-receiver.ts';
import { type Tracing, traced, traceFields } from './tracing.ts';

const quick: TracingBounds = { spansMax: 100, sendEveryMs: 20, sendMs: 300 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-traces-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(endpoint: string, given: Partial<TracingConfig> = {}, bounds = quick) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', output: { write: (line: string) => lines.push(line) } });
  const config = { endpoint, serviceName: 'centre', sampleRatio: 1, ...given };
  return { tracing: openTelemetry({ config, clock: systemClock, logger, bounds }), lines };
}

const one = (tracing: Tracing, traceparent?: string) =>
  tracing.begin({ name: 'one', kind: 'server', ...(traceparent === undefined ? {} : { traceparent }) });
const caller = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

describe('traces', () => {
  test('have what runs in a span as its children, and what is its own trace as a link', async () => {
    await using receiver = await startSpanReceiver();
    const { tracing } = start(receiver.endpoint);
    const outer = tracing.begin({ name: 'outer', kind: 'server', attributes: { 'tdc.events': 3 } });
    const fields = await outer.run(async () => {
      await traced(
        tracing,
        { name: 'inner', kind: 'client' },
        async () => 7,
        (result) => ({ 'tdc.minutes': result }),
      );
      await traced(tracing, { name: 'apart', kind: 'internal', isRoot: true }, async () => {});
      const failing = traced(tracing, { name: 'failing', kind: 'internal' }, async () => {
        throw new TypeError('D1 has 7f3a');
      });
      await expect(failing).rejects.toThrow('D1 has 7f3a');
      return traceFields();
    });
    expect(fields).toEqual({ trace_id: outer.traceId });
    outer.end();
    expect([outer.run(traceFields), traceFields()]).toEqual([{}, {}]);
    await tracing[Symbol.asyncDispose]();

    const named = (name: string) => receiver.spans.find((span) => span.name === name) ?? expect.fail(name);
    const { traceId, spanId } = named('outer');
    expect(named('outer')).toMatchObject({ parentSpanId: '', kind: 'server', attributes: { 'tdc.events': 3 } });
    expect(named('inner')).toMatchObject({ traceId, parentSpanId: spanId, attributes: { 'tdc.minutes': 7 } });
    expect(named('failing')).toMatchObject({ parentSpanId: spanId, failed: true });
    expect(named('failing').attributes).toEqual({ 'error.type': 'TypeError' });
    expect(named('apart')).toMatchObject({ parentSpanId: '', links: [{ traceId, spanId }] });
    expect(named('apart').traceId).not.toBe(traceId);
    expect(receiver.bytes().includes('7f3a')).toBe(false);
    expect(receiver.resources[0]).toMatchObject({ 'service.name': 'centre', 'telemetry.sdk.language': 'nodejs' });
  });

  test('go on from the caller that says so, and leave out what it leaves out', async () => {
    await using receiver = await startSpanReceiver();
    const { tracing } = start(receiver.endpoint);
    one(tracing, `00-${caller.traceId}-${caller.spanId}-01`).end();
    one(tracing, `00-${caller.traceId}-${caller.spanId}-00`).end();
    one(tracing, 'no trace at all').end();
    await tracing[Symbol.asyncDispose]();
    expect(receiver.spans.map(({ parentSpanId }) => parentSpanId)).toEqual([caller.spanId, '']);
    expect(receiver.spans[0]).toMatchObject({ traceId: caller.traceId, traceState: '' });
  });

  test('are kept in part, and none that callers want beyond that', async () => {
    await using receiver = await startSpanReceiver();
    const { tracing } = start(receiver.endpoint, { sampleRatio: 0.25 }, { ...quick, spansMax: 4000, sendMs: 5000 });
    for (let i = 0; i < 2000; i++) one(tracing).end();
    await tracing[Symbol.asyncDispose]();
    expect(receiver.spans.length).toBeGreaterThan(350);
    expect(receiver.spans.length).toBeLessThan(650);
    expect(tracing.counts()).toMatchObject({ sent: receiver.spans.length, overflowed: 0, untaken: 0 });

    const { tracing: none } = start(receiver.endpoint, { sampleRatio: 0 });
    one(none, `00-${caller.traceId}-${caller.spanId}-01`).end();
    await none[Symbol.asyncDispose]();
    expect(none.counts()).toEqual({ sent: 0, overflowed: 0, untaken: 0, waiting: 0 });
  });

  test('bear the headers of a file, as it is when they are sent', async () => {
    await using receiver = await startSpanReceiver();
    const headersFile = join(folder, 'headers');
    writeFileSync(headersFile, 'Authorization: Bearer first\nX-Scope: roads\n');
    const { tracing, lines } = start(receiver.endpoint, { headersFile });
    one(tracing).end();
    await receiver.came('one');
    writeFileSync(headersFile, 'Authorization: Bearer second\n');
    tracing.begin({ name: 'two', kind: 'internal' }).end();
    await receiver.came('two');
    await tracing[Symbol.asyncDispose]();
    expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer first', 'x-scope': 'roads' });
    expect(receiver.headers.at(-1)).toMatchObject({ authorization: 'Bearer second' });
    expect(lines).toEqual([]);
  });
});

describe('traces that nobody takes', () => {
  const sum = (tracing: Tracing) => Object.values(tracing.counts()).reduce((all, count) => all + count, 0);

  test.each<[string, number | 'never' | 'gone', string]>([
    ['who refuses', 401, '401'],
    ['who cannot now', 503, 'Export failed with retryable status'],
    ['who never answers', 'never', 'Request timed out'],
    ['nobody', 'gone', 'ECONNREFUSED'],
  ])('by %s are dropped, counted and told of, and hold nobody up', async (_, answers, reason) => {
    await using receiver = await startSpanReceiver();
    if (answers === 'gone') await receiver[Symbol.asyncDispose]();
    else receiver.answers = answers;
    const { tracing: alone, lines: said } = start(receiver.endpoint);
    one(alone).end();
    await alone[Symbol.asyncDispose]();
    expect(JSON.parse(said[0] ?? '')).toMatchObject({ reason, overflowed: 0, untaken: 1 });

    const { tracing, lines } = start(receiver.endpoint);
    for (let i = 0; i < 1000; i++) one(tracing).end();
    expect(tracing.counts()).toEqual({ sent: 0, overflowed: 900, untaken: 0, waiting: 100 });
    const begunMs = performance.now();
    await tracing[Symbol.asyncDispose]();
    expect(performance.now() - begunMs).toBeLessThan(5000);
    expect(sum(tracing)).toBe(1000);
    expect(tracing.counts().sent).toBe(0);
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      'spans of traces are lost: nobody takes them, or not fast enough',
      'spans of traces were lost',
    ]);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ sent: 0, lost: 1000 });
  });

  test('are taken again once somebody is there', async () => {
    await using receiver = await startSpanReceiver();
    receiver.answers = 400;
    const { tracing } = start(receiver.endpoint);
    one(tracing).end();
    while (tracing.counts().untaken === 0) await systemClock.sleep(10, new AbortController().signal);
    receiver.answers = 200;
    tracing.begin({ name: 'later', kind: 'internal' }).end();
    await receiver.came('later');
    await tracing[Symbol.asyncDispose]();
    expect(tracing.counts()).toEqual({ sent: 1, overflowed: 0, untaken: 1, waiting: 0 });
  });
});
