import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { listenForNotifications } from './notify-listener.ts';
import { hangingOf, hangsAfterMs, Pulse } from './pulse.ts';
import { keepNotified, serviceManagerOf } from './service-notify.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-notify-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the environment of a service', () => {
  test.each([
    ['no manager', {}, undefined],
    ['an empty socket', { NOTIFY_SOCKET: '' }, undefined],
    ['nobody who watches', { NOTIFY_SOCKET: '/n' }, { socket: '/n' }],
    ['a watchdog', { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '30000000' }, { socket: '/n', watchdogMs: 30_000 }],
    [
      'a watchdog of this process',
      { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '2000', WATCHDOG_PID: '7' },
      { socket: '/n', watchdogMs: 2 },
    ],
    [
      'a watchdog of another process',
      { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '2000', WATCHDOG_PID: '8' },
      { socket: '/n' },
    ],
  ])('says %s', (_what, env, expected) => {
    expect(serviceManagerOf(env, 7)).toEqual(expected);
  });

  test.each(['0', '-1', '1e3', 'soon'])('is refused with the time %s for the watchdog', (time) => {
    expect(() => serviceManagerOf({ NOTIFY_SOCKET: '/n', WATCHDOG_USEC: time }, 7)).toThrow(
      `WATCHDOG_USEC "${time}": expected a number of microseconds`,
    );
  });
});

const barrier = 'BARRIER=1';

test('a service says that it is ready, how it is while it moves, that it hangs instead of pinging, and that it stops', async () => {
  await using listener = await listenForNotifications(folder);
  const clock = new ManualClock();
  const errors: string[] = [];
  const pulse = new Pulse('sending', clock);
  pulse.beat();
  const stop = new AbortController();
  const heard = () => listener.messages.filter(([first]) => first !== barrier);
  await using notifier = keepNotified(
    {
      manager: { socket: listener.socket, watchdogMs: 3 * hangsAfterMs },
      clock,
      log: { warn: (_, message) => errors.push(message), error: (_, message) => errors.push(message) },
      hangs: () => hangingOf([pulse]),
      status: () => `after\n ${clock.monotonicMs()}`,
    },
    stop.signal,
  );
  const told = async (count: number) => {
    await vi.waitFor(() => expect(heard()).toHaveLength(count));
    await vi.waitFor(() => expect(clock.sleepers).toBe(1));
  };
  await told(1);
  await clock.advance(hangsAfterMs);
  await told(2);
  await clock.advance(hangsAfterMs);
  await told(3);
  pulse.beat();
  await clock.advance(hangsAfterMs);
  await told(4);
  stop.abort();
  await notifier[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(heard()).toHaveLength(5));
  expect(heard()).toEqual([
    ['READY=1', 'WATCHDOG=1', 'STATUS=after 0'],
    ['WATCHDOG=1', `STATUS=after ${hangsAfterMs}`],
    ['STATUS=hangs: sending'],
    ['WATCHDOG=1', `STATUS=after ${3 * hangsAfterMs}`],
    ['STOPPING=1'],
  ]);
  expect(errors).toEqual(['sending: does not move any more; the watchdog is not told to wait']);
});

test('a manager that does not listen does no harm, and is told that the service is ready once it does', async () => {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const stop = new AbortController();
  await using _notifier = keepNotified(
    {
      manager: { socket: join(folder, 'notify.sock') },
      clock,
      log: { warn: (_, message) => warnings.push(message), error: (_, message) => warnings.push(message) },
      hangs: () => undefined,
      status: () => 'fine',
    },
    stop.signal,
  );
  await vi.waitFor(() => expect(clock.sleepers).toBe(1));
  expect(warnings).toEqual(['systemd-notify failed: the service manager is not told']);
  await using listener = await listenForNotifications(folder);
  await clock.advance(30_000);
  await vi.waitFor(() => expect(listener.messages).toContainEqual(['READY=1', 'WATCHDOG=1', 'STATUS=fine']));
});

test('without a manager nothing is asked and nothing waits', async () => {
  const clock = new ManualClock();
  const fail = () => expect.unreachable();
  const log = { warn: fail, error: fail };
  const options = { manager: undefined, clock, log, hangs: fail, status: fail };
  await using _notifier = keepNotified(options, new AbortController().signal);
  expect(clock.sleepers).toBe(0);
});
