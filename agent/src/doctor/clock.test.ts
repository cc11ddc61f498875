import { expect, test } from 'vitest';
import { preparedBox } from '../prepared-box.ts';
import { checkClock } from './clock.ts';

const nowMs = Date.UTC(2026, 5, 1);

test('the clock is judged as the running agent judges it, and by the year', async () => {
  using box = preparedBox();
  const level = async (given: { nowMs?: number; trust?: boolean } = {}) =>
    (await checkClock(box.system, { nowMs, trust: false, ...given }))[0]?.level;
  expect(await level()).toBe('warning');
  expect(await level({ trust: true })).toBe('ok');
  expect(await level({ nowMs: 60_000, trust: true })).toBe('problem');
  box.put('/run/systemd/timesync/synchronized', '');
  expect(await level()).toBe('ok');
});
