import { systemClock } from '@tdc/shared/clock.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClientSubject, putDetectors, startSubject, type TestClient } from './client-subject.ts';
import { events } from './events.ts';
import { type TrafficOptions, traffic } from './traffic.ts';

let subject: ClientSubject;
beforeAll(async () => {
  subject = await startSubject();
  await putDetectors(subject, ['D1', 'D2', 'D3']);
});
afterAll(() => subject[Symbol.asyncDispose]());

const run = (client: TestClient, given: Partial<TrafficOptions> = {}) =>
  traffic(client.context, { detector: ['D1', 'D2'], devices: 5, rate: 500, duration: '400ms', ...given });

test('the collector gets as many events as rate and duration say, of the detectors and devices that were asked for', async () => {
  using client = subject.client({ output: 'json' });
  await run(client);
  expect(JSON.parse(client.out())).toMatchObject([{ sent: 200, recorded: 200, rejected: 0 }]);
  expect(JSON.parse(client.out())[0].seconds).toBeGreaterThanOrEqual(0.4);
  using reader = subject.client({ output: 'json' });
  await events(reader.context, { limit: 0 });
  const stored: { detector_id: string; device_id: string; reference_time: string }[] = JSON.parse(reader.out());
  expect(stored).toHaveLength(200);
  expect(new Set(stored.map((event) => event.detector_id))).toEqual(new Set(['D1', 'D2']));
  const devices = new Set(stored.map((event) => event.device_id));
  expect(devices.size).toBe(5);
  for (const device of devices) expect(device).toMatch(/^[0-9a-f]{8}$/);
  const times = stored.map((event) => Date.parse(event.reference_time));
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(250);
});

test('rejected events are counted, the reason is said, and it fails', async () => {
  const hourMs = 3_600_000;
  using client = subject.client({ clock: { ...systemClock, nowMs: () => Date.now() + hourMs } });
  await expect(run(client, { duration: '20ms' })).rejects.toThrow('10 of 10 events were rejected');
  expect(client.err()).toMatch(/rejected: reference_time_ns: .* expected at most 300 seconds in the future\n/);
  expect(client.out()).toContain('0 recorded, 10 rejected');
});

test('an unknown detector ends it with what to do', async () => {
  using client = subject.client();
  await expect(run(client, { detector: ['D9'] })).rejects.toThrow('detector D9 is not in the network');
});

test('when it is stopped, what was sent is acknowledged and counted before it ends', async () => {
  using client = subject.client({ output: 'json' });
  const stopped = new Error('stopped');
  setTimeout(() => client.stop.abort(stopped), 150);
  await expect(run(client, { duration: '1h' })).rejects.toBe(stopped);
  const [{ sent, recorded }] = JSON.parse(client.out());
  expect(sent).toBeGreaterThan(10);
  expect(recorded).toBe(sent);
});

test('a time too short for one event is refused', async () => {
  using client = subject.client();
  await expect(run(client, { rate: 1, duration: '900ms' })).rejects.toThrow('--duration 900ms');
});
