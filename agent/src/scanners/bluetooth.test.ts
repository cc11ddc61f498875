import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Scanner } from '../scanner.ts';
import { steadyClock } from '../steady-clock.ts';
import { bluetoothScanner } from './bluetooth.ts';
import { observed } from './observed.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-bluetooth-'));
  mkdirSync(join(folder, 'hci3'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a program at the radio does that talks as the protocol has it, with `say` for its messages, and `heard` for those of sightings. */
function scannerOf(body: string, kind: 'ble' | 'classic' = 'ble', clock = steadyClock(systemClock)): Scanner {
  const script = join(folder, 'radio.cjs');
  const say = `const fs = require('node:fs'); const now = () => Math.floor(Number(process.hrtime.bigint()) / 1e6); const say = (m) => fs.writeSync(3, JSON.stringify(m) + '\\n');
    let goesOn; const heard = (...rows) => { goesOn ??= setInterval(() => heard(), 1000); say({ type: 'heard', until: now(), rows }); };
    process.stdin.on('close', () => process.exit()).resume();`;
  writeFileSync(script, `${say}\n${body}`);
  return bluetoothScanner({ kind, clock, folder, script });
}

describe('without Bluetooth', () => {
  test('it fails, and says what to do', async () => {
    for (const kind of ['ble', 'classic'] as const) {
      const scanner = bluetoothScanner({ kind, clock: steadyClock(systemClock), folder: join(folder, 'none') });
      expect(scanner.name).toBe(kind);
      expect(String((await observed(scanner, () => false)).error)).toMatch(/no Bluetooth adapter: plug one in/);
    }
  });

  test('the real process at the radio ends, and its reason arrives', async () => {
    mkdirSync(join(folder, 'hci9'));
    for (const kind of ['ble', 'classic'] as const) {
      // An adapter that the kernel does not have: what the kernel says depends on whether it has Bluetooth at all.
      const scanner = bluetoothScanner({ kind, clock: steadyClock(systemClock), folder, adapter: 'hci9' });
      expect(String((await observed(scanner, () => false)).error)).toMatch(
        /^UnavailableError: (hci9: the Bluetooth management socket fails: .*(AF_BLUETOOTH|permitted)|hci9 is gone|Bluetooth needs the capability)/,
      );
    }
  });
});

describe('a process at the radio', () => {
  test('is heard in the order of times, with what each sighting has', async () => {
    const scanner = scannerOf(
      `const nowMs = now();
       heard([nowMs - 200, '00:1a:7d:da:71:13', 0, -66, 0x5a020c], [nowMs - 100, 'f0:d5:bf:01:02:03', 0, null, 0]);
       heard([now(), 'f0:d5:bf:01:02:04', 0, -81, 0x240418]);`,
      'classic',
    );
    const { found, observations } = await observed(scanner, ({ length }) => length === 3);
    expect(found.map(({ timeMs, ...rest }) => rest)).toEqual([
      { kind: 'classic', address: '00:1a:7d:da:71:13', addressType: 'public', rssiDbm: -66, deviceClass: 0x5a020c },
      { kind: 'classic', address: 'f0:d5:bf:01:02:03', addressType: 'public', deviceClass: 0 },
      { kind: 'classic', address: 'f0:d5:bf:01:02:04', addressType: 'public', rssiDbm: -81, deviceClass: 0x240418 },
    ]);
    for (const [i, { sightings, watermarkMs }] of observations.entries()) {
      for (const { timeMs } of sightings) expect(timeMs).toBeGreaterThanOrEqual(observations[i - 1]?.watermarkMs ?? 0);
      expect(watermarkMs).toBeGreaterThanOrEqual(observations[i - 1]?.watermarkMs ?? Number.NEGATIVE_INFINITY);
    }
  });

  test('is heard whole, with its times, by an agent that was too busy to read for seconds', async () => {
    const scanner = scannerOf(`
      let sent = 0;
      const timer = setInterval(() => {
        heard([now(), 'c0:00:00:00:00:' + sent.toString(16).padStart(2, '0'), 1, -50]);
        sent += 1;
        if (sent === 60) clearInterval(timer);
      }, 50);`);
    const { found, observations } = await observed(scanner, ({ length }) => {
      if (length === 3) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
      return length === 60;
    });
    expect(found).toHaveLength(60);
    expect(scanner.malformed).toBe(0);
    expect((found.at(-1)?.timeMs ?? 0) - (found[0]?.timeMs ?? 0)).toBeGreaterThan(2500);
    for (const [i, { sightings }] of observations.entries()) {
      for (const { timeMs } of sightings) expect(timeMs).toBeGreaterThanOrEqual(observations[i - 1]?.watermarkMs ?? 0);
    }
  }, 30_000);

  test('says what it runs on, and gets nothing of the environment', async () => {
    process.env.TDC_SECRET = 'x';
    const scanner = scannerOf(
      `say({ type: 'failed', problem: process.argv.slice(2).concat(Object.keys(process.env).sort()).join(' ') });
       setTimeout(() => process.exit(), 100);`,
    );
    const { error } = await observed(scanner, () => false);
    delete process.env.TDC_SECRET;
    expect(String(error)).toMatch(
      /^UnavailableError: ble hci3 MALLOC_ARENA_MAX NOBLE_HCI_DEVICE_ID NOBLE_REPORT_ALL_HCI_EVENTS( NODE_COMPILE_CACHE)?$/,
    );
  });

  test('that crashes is a failure', async () => {
    const crash = scannerOf(`heard(); setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 50);`);
    expect(String((await observed(crash, () => false)).error)).toMatch(/radio ended \(SIGSEGV\)/);
    const exit = scannerOf('process.exit(7);');
    expect(String((await observed(exit, () => false)).error)).toMatch(/radio ended \(code 7\)/);
  });

  test('that hangs is ended, and a failure', async () => {
    const pidFile = join(folder, 'pid');
    const scanner = scannerOf(`
      heard();
      fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
      setTimeout(() => { for (;;); }, 100);`);
    const { error } = await observed(scanner, () => false);
    expect(String(error)).toMatch(/hangs, and is replaced/);
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow(/ESRCH/);
  }, 40_000);

  test('that starts slowly may be silent for longer', async () => {
    const scanner = scannerOf(`
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 17_000);
      heard();
      heard([now(), 'c0:00:00:00:00:01', 1, -50]);`);
    const { found, error } = await observed(scanner, ({ length }) => length === 1);
    expect(found, String(error)).toHaveLength(1);
  }, 40_000);

  test('that wants to be renewed is followed by another at once', async () => {
    const scanner = scannerOf(`
      heard();
      heard([now(), 'c0:00:00:00:' + (process.pid >> 8 & 255).toString(16).padStart(2, '0') + ':' + (process.pid & 255).toString(16).padStart(2, '0'), 1, -50]);
      setTimeout(() => { say({ type: 'renew' }); process.exit(); }, 200);`);
    const { found } = await observed(scanner, ({ length }) => length === 3);
    expect(new Set(found.map(({ address }) => address)).size).toBe(3);
  }, 20_000);

  test('has its malformed frames counted, and what is no message of ours is a failure without what is in it', async () => {
    const counts = scannerOf(`
      heard();
      say({ type: 'malformed', count: 5, problem: 'event 0x22: too short' });
      heard([now(), 'c0:00:00:00:00:01', 1, -50]);`);
    await observed(counts, ({ length }) => length === 1);
    expect(counts.malformed).toBe(5);
    expect(counts.lastMalformed).toBe('event 0x22: too short');
    const broken = scannerOf(`heard([now(), 'c0:00:00:00:00:01 ', 1, -50]);`);
    const { error } = await observed(broken, () => false);
    expect(String(error)).toMatch(/address: expected six octets/);
    expect(String(error)).not.toMatch(/c0:00/);
  });

  test('that tells of 20,000 sightings in a burst is heard whole, and costs no memory', async () => {
    const before = process.memoryUsage().rss;
    const scanner = scannerOf(`
      heard();
      const address = (n) => 'c0:00:00:00:' + (n >> 8).toString(16).padStart(2, '0') + ':' + (n & 255).toString(16).padStart(2, '0');
      let sent = 0;
      const timer = setInterval(() => {
        const rows = Array.from({ length: 500 }, (_, n) => [now(), address((sent + n) % 2000), 1, -50]);
        heard(...rows);
        sent += 500;
        if (sent === 20000) clearInterval(timer);
      }, 100);`);
    const { found } = await observed(scanner, ({ length }) => length >= 20_000);
    expect(found.length).toBe(20_000);
    expect(new Set(found.map(({ address }) => address)).size).toBe(2000);
    expect(scanner.malformed).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  }, 30_000);
});

test('a clock that is set back or forward changes nothing of what is heard', async () => {
  let steppedMs = 0;
  const clock = steadyClock({ ...systemClock, nowMs: () => Date.now() + steppedMs });
  const scanner = scannerOf(
    `heard();
     setInterval(() => heard([now(), 'c0:00:00:00:00:01', 1, -50]), 200);`,
    'ble',
    clock,
  );
  const { found, observations } = await observed(scanner, ({ length }) => {
    if (length >= 3) steppedMs = length >= 6 ? 3_600_000 : -3_600_000;
    return length >= 10;
  });
  for (const [i, { timeMs }] of found.entries()) {
    expect(timeMs - (found[i - 1]?.timeMs ?? timeMs)).toBeLessThan(2000);
    expect(timeMs - (found[i - 1]?.timeMs ?? timeMs)).toBeGreaterThanOrEqual(0);
  }
  const watermarks = observations.map(({ watermarkMs }) => watermarkMs);
  expect(watermarks).toEqual(watermarks.toSorted((a, b) => a - b));
}, 20_000);

test('the process at the radio ends with an agent that is killed', async () => {
  const pidFile = join(folder, 'pid');
  const script = join(folder, 'radio.cjs');
  writeFileSync(
    script,
    `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
     process.stdin.on('close', () => process.exit()).resume();`,
  );
  const agent: ChildProcess = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { bluetoothScanner } from ${JSON.stringify(new URL('./bluetooth.ts', import.meta.url).href)};
     import { systemClock } from '@tdc/shared/clock.ts';
     import { steadyClock } from ${JSON.stringify(new URL('../steady-clock.ts', import.meta.url).href)};
     const options = { kind: 'ble', clock: steadyClock(systemClock), folder: ${JSON.stringify(folder)}, script: ${JSON.stringify(script)} };
     for await (const _ of bluetoothScanner(options).observe(new AbortController().signal));`,
  ]);
  await vi.waitFor(() => expect(existsSync(pidFile) && readFileSync(pidFile, 'utf8')).toMatch(/^\d+$/), 20_000);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  process.kill(pid, 0);
  agent.kill('SIGKILL');
  await once(agent, 'exit');
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/), 10_000);
}, 60_000);
