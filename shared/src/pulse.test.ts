import { expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { hangingOf, hangsAfterMs, Pulse } from './pulse.ts';

function pulseAt0() {
  const clock = new ManualClock();
  return { clock, pulse: new Pulse('sending', clock) };
}

test('a loop hangs that is a minute later than it said, and no longer once it has moved', async () => {
  const { clock, pulse } = pulseAt0();
  pulse.beat(5000);
  await clock.advance(5000 + hangsAfterMs);
  expect(pulse.hangs).toBe(false);
  await clock.advance(1);
  expect(pulse.hangs).toBe(true);
  pulse.beat();
  expect(pulse.hangs).toBe(false);
});

test('a loop that has not begun or rests hangs never', async () => {
  const { clock, pulse } = pulseAt0();
  await clock.advance(1e9);
  expect(pulse.hangs).toBe(false);
  pulse.beat();
  pulse.rest();
  await clock.advance(1e9);
  expect(pulse.hangs).toBe(false);
});

test('those that hang are named, and nobody else', async () => {
  const { clock, pulse } = pulseAt0();
  const others = [new Pulse('committing', clock), new Pulse('scanner ble', clock)] as const;
  for (const each of [pulse, ...others]) each.beat();
  expect(hangingOf([pulse, ...others])).toBeUndefined();
  await clock.advance(hangsAfterMs + 1);
  others[0].beat();
  expect(hangingOf([pulse, ...others])).toBe('sending, scanner ble');
});
