import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ClientSubject, putDetectors, recordEvents, startSubject, type TestClient } from './client-subject.ts';
import { type EventsOptions, events } from './events.ts';

let subject: ClientSubject;
beforeEach(async () => {
  subject = await startSubject();
  await putDetectors(subject, ['D1', 'D2']);
});
afterEach(() => subject[Symbol.asyncDispose]());

const startMs = Date.now() - 3_600_000;
let made = 0;
const eventAt = (given: Partial<DetectionEvent> = {}) =>
  madeUpEvent({ referenceTimeMs: startMs + 10 * made++, ...given });
const manyEvents = (count: number) => Array.from({ length: count }, () => eventAt());
const idsOf = (list: readonly DetectionEvent[]) => list.map(({ id }) => id);

async function listed(options: EventsOptions): Promise<string[]> {
  using client = subject.client({ output: 'json' });
  await events(client.context, options);
  return JSON.parse(client.out()).map(({ id }: { id: string }) => id);
}

describe('events', () => {
  test('come newest first or oldest first, all of them or as many as asked, whatever the pages', async () => {
    const all = manyEvents(1203);
    await recordEvents(subject, all);
    const ids = idsOf(all);
    expect(await listed({ limit: 0, order: 'oldest' })).toEqual(ids);
    expect(await listed({ limit: 1100 })).toEqual(ids.toReversed().slice(0, 1100));
    expect(await listed({})).toEqual(ids.toReversed().slice(0, 100));
  });

  test('are those of the detectors, kinds, device and times that were asked for', async () => {
    const [a, b, c] = [
      eventAt({ detectorId: 'D2', deviceClass: 'car-kit' }),
      eventAt({ kind: 'ble', addressClass: 'resolvable' }),
      eventAt({ deviceId: 'abcdef', previousDeviceId: '123456' }),
    ] as const;
    await recordEvents(subject, [a, b, c]);
    expect(await listed({ detector: ['D2'] })).toEqual([a.id]);
    expect(await listed({ kind: ['ble', 'wifi'] })).toEqual([b.id]);
    expect(await listed({ device: '123456' })).toEqual([c.id]);
    expect(await listed({ deviceClass: ['car-kit', 'phone'] })).toEqual([a.id]);
    expect(await listed({ deviceClass: ['phone'] })).toEqual([]);
    const iso = (timeMs: number) => new Date(timeMs).toISOString();
    expect(await listed({ from: iso(b.referenceTimeMs), to: iso(c.referenceTimeMs) })).toEqual([b.id]);
    expect(await listed({ from: '-2h', to: 'now' })).toEqual([c.id, b.id, a.id]);
    expect(await listed({ from: '-10s' })).toEqual([]);
    await expect(listed({ from: '-1h', to: '-2h' })).rejects.toThrow('--to -2h: expected a time that is not before');
  });

  test('say the same in every format', async () => {
    const referenceTimeMs = startMs;
    const event = eventAt({ referenceTimeMs, clockQuality: 'corrected', resident: true, deviceClass: 'headset' });
    const { rssiPeakDbm: _, ...withoutRssi } = eventAt({ referenceTimeMs: startMs - 1000 });
    await recordEvents(subject, [event, withoutRssi]);
    const texts = new Map<string, string>();
    for (const output of ['table', 'json', 'ndjson', 'csv'] as const) {
      using client = subject.client({ output });
      await events(client.context, {});
      texts.set(output, client.out());
    }
    const rows = JSON.parse(texts.get('json') ?? '');
    expect(rows).toEqual(
      texts
        .get('ndjson')
        ?.trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    const time = new Date(startMs).toISOString();
    expect(rows[0]).toMatchObject({ id: event.id, reference_time: time, resident: true, device_class: 'headset' });
    expect(rows[0]).toMatchObject({ clock_quality: 'corrected' });
    expect(rows[1].device_class).toBeNull();
    expect(rows[1].rssi_peak_dbm).toBeNull();
    const lines = (texts.get('csv') ?? '').split('\n').map((line) => line.split(','));
    expect(lines[0]).toEqual(Object.keys(rows[0]));
    expect(lines[1]).toEqual(Object.values(rows[0]).map((value) => String(value ?? '')));
    expect(texts.get('table')).toContain(`${time}  D1        classic  public         c0ffee01   -61`);
    expect(texts.get('table')).toMatch(/headset +resident, clock corrected/);
  });
});

describe('events that are followed', () => {
  let client: TestClient;
  let done: Promise<void>;
  function follow(options: EventsOptions = {}): void {
    client = subject.client({ output: 'ndjson' });
    done = events(client.context, { follow: true, ...options });
  }
  const seen = (): string[] =>
    client
      .out()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).id);
  async function stop(): Promise<void> {
    client.stop.abort(new Error('Ctrl-C'));
    await done;
    client[Symbol.dispose]();
  }

  test('are the past ones and then the new ones, each once, while others are being recorded', async () => {
    const past = manyEvents(2500);
    await recordEvents(subject, past);
    follow({ from: '-2h' });
    const coming: DetectionEvent[] = [];
    for (let i = 0; i < 20; i++) {
      const few = manyEvents(10);
      coming.push(...few);
      await recordEvents(subject, few);
    }
    const expected = idsOf([...past, ...coming]).sort();
    await expect.poll(() => seen().length, { interval: 20, timeout: 10_000 }).toBeGreaterThanOrEqual(expected.length);
    await stop();
    expect(seen().sort()).toEqual(expected);
  });

  test('go on after the server was away, without a gap, and it is said', async () => {
    follow({ from: 'now' });
    const [before, meanwhile, after] = [0, 1, 2].map(() => eventAt({ referenceTimeMs: Date.now() + 60_000 }));
    if (!before || !meanwhile || !after) throw new Error('three events were to be made');
    await recordEvents(subject, [before]);
    await expect.poll(seen, { interval: 20, timeout: 5000 }).toEqual([before.id]);
    await subject.stop();
    await expect.poll(() => client.err(), { interval: 20, timeout: 5000 }).toContain('tdc: away from query');
    await subject.start();
    await recordEvents(subject, [meanwhile]);
    await expect.poll(seen, { interval: 20, timeout: 15_000 }).toEqual([before.id, meanwhile.id]);
    await recordEvents(subject, [after]);
    await expect.poll(seen, { interval: 20, timeout: 5000 }).toEqual(idsOf([before, meanwhile, after]));
    expect(client.err()).toContain('tdc: back after ');
    await stop();
  });

  test('say that some were missed when the server no longer knows where the watch broke off, and go on', async () => {
    follow();
    // The first answer has come when an event does.
    const seenAfterAnother = async () => {
      if (seen().length === 0) await recordEvents(subject, [eventAt()]);
      return seen().length;
    };
    await expect.poll(seenAfterAnother, { interval: 20, timeout: 5000 }).toBeGreaterThan(0);
    const before = seen();
    await subject.stop();
    for (const file of readdirSync(subject.folder)) rmSync(join(subject.folder, file));
    await subject.start();
    await expect.poll(() => client.err(), { interval: 20, timeout: 15_000 }).toContain('events were missed');
    await expect.poll(() => client.err(), { interval: 20, timeout: 15_000 }).toContain('tdc: back after');
    await putDetectors(subject, ['D1']);
    const after = eventAt();
    await recordEvents(subject, [after]);
    await expect.poll(seen, { interval: 20, timeout: 5000 }).toEqual([...before, after.id]);
    await stop();
  });

  test('end by themselves after as many as asked', async () => {
    await recordEvents(subject, manyEvents(3));
    follow({ from: '-2h', limit: 2 });
    await done;
    expect(seen()).toHaveLength(2);
    client[Symbol.dispose]();
  });

  test('need a server to begin with, and go with neither an end nor an order', async () => {
    follow({ to: 'now' });
    await expect(done).rejects.toThrow('--to cannot go with --follow');
    follow({ order: 'newest' });
    await expect(done).rejects.toThrow('--order cannot go with --follow');
    using nowhere = subject.client({ query: '127.0.0.1:1' });
    await expect(events(nowhere.context, { follow: true })).rejects.toThrow('query 127.0.0.1:1: ');
  });
});
