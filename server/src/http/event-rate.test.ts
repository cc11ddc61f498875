import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { expect, test } from 'vitest';
import type { DetectorState } from '../query/detector-states.ts';
import { EventRate } from './event-rate.ts';

const silentAfterMs = 180_000;
const stateOf = (id: string, reportedAtMs: number, made: bigint, startedAtNs = 1n): DetectorState => ({
  detector: { id, name: '', position: { type: 'plane', xM: 0, yM: 0 } },
  reported: { status: AgentStatus.fromPartial({ detectorId: id, startedAtNs, events: { made } }), reportedAtMs },
});

test('the rate is the sum of what each agent counted between its last two reports', () => {
  const rate = new EventRate(silentAfterMs);
  expect(rate.perMinute(0)).toBe(undefined);
  rate.take([stateOf('D1', 0, 100n), stateOf('D2', 10_000, 7n)]);
  expect(rate.perMinute(10_000)).toBe(undefined);
  rate.take([stateOf('D1', 30_000, 110n), stateOf('D2', 10_000, 7n)]);
  rate.take([stateOf('D1', 30_000, 110n), stateOf('D2', 40_000, 10n)]);
  expect(rate.perMinute(40_000)).toBe(20 + 6);
});

test('who is silent counts no more, and who has begun to count anew does with its next report', () => {
  const rate = new EventRate(silentAfterMs);
  rate.take([stateOf('D1', 0, 100n), stateOf('D2', 0, 0n)]);
  rate.take([stateOf('D1', 60_000, 110n), stateOf('D2', 60_000, 5n)]);
  rate.take([stateOf('D1', 60_000, 110n), stateOf('D2', 200_000, 3n, 2n)]);
  expect(rate.perMinute(200_000)).toBe(10);
  expect(rate.perMinute(300_000)).toBe(undefined);
  rate.take([stateOf('D2', 260_000, 9n, 2n)]);
  expect(rate.perMinute(260_000)).toBe(6);
});
