import { expect, test } from 'vitest';
import { preparedBox } from '../prepared-box.ts';
import { checkClock } from './clock.ts';

const nowMs = Date.UTC(2026, 5, 1);

test('the clock is judged as the running agent judges it, and by the year', () => {
  using box = preparedBox();
  const level = (given: { nowMs?: number; trust?: boolean } = {}) =>
    checkClock(box.system, { nowMs, trust: false, ...given })[0]?.level;
  expect(level()).toBe('warning');
  expect(level({ trust: true })).toBe('ok');
  expect(level({ nowMs: 60_000, trust: true })).toBe('problem');
  box.put('/run/systemd/timesync/synchronized', '');
  expect(level()).toBe('ok');
});
