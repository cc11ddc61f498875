import { expect, test } from 'vitest';
import type { AgentStatus } from './api-types.ts';
import { SightingRates } from './sighting-rates.ts';

const status = (takenAt: string, sightings: number, startedAt = '2026-03-01T07:00:00Z'): AgentStatus => ({
  ...{ version: '1', started_at: startedAt, taken_at: takenAt, clock: 'synchronised', clock_step: null },
  ...{ connection: 'connected', last_acknowledged_at: null, outbox_bytes: 0, outbox_bytes_max: 1 },
  events: { made: 0, acknowledged: 0, in_outbox: 0, waiting_for_clock: 0, dropped: {} },
  scanners: [{ name: 'hci0', state: 'running', sightings, malformed: 0, last_sighting_at: null, last_error: '' }],
  ...{ last_error: '', last_error_at: null, key_state: 'present', resident_memory_bytes: 0 },
});

test('a rate is what came between the last two statuses, and none after a restart', () => {
  const rates = new SightingRates();
  rates.take(status('2026-03-01T08:00:00Z', 100));
  expect(rates.of('hci0')).toBe(undefined);
  rates.take(status('2026-03-01T08:00:30Z', 160));
  expect([rates.of('hci0'), rates.of('hci1')]).toEqual([120, undefined]);
  rates.take(status('2026-03-01T08:00:30Z', 160));
  expect(rates.of('hci0')).toBe(120);
  rates.take(status('2026-03-01T08:01:00Z', 5, '2026-03-01T08:00:40Z'));
  expect(rates.of('hci0')).toBe(undefined);
});
