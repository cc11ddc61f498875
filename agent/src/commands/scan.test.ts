import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { tagOf } from '@tdc/shared/pseudonym.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const program = fileURLToPath(new URL('../../bin/tdc-agent.js', import.meta.url));
const carAddress = '80:91:a2:b3:c4:d5';
const phoneAddress = '80:91:a2:b3:c4:d6';

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-scan-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const inFolder = (name: string) => join(folder, name);

function start(command: readonly [string, ...string[]]) {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd: folder,
    env: { HOME: folder, PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, SHELL: '/bin/sh' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let written = '';
  child.stdout.on('data', (part: Buffer) => {
    written += part.toString();
  });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, ended, written: () => written };
}

/** Lets a program work until it has written enough, and then ends it as Ctrl-C does. */
async function untilWritten(started: ReturnType<typeof start>, pattern: RegExp, signal: NodeJS.Signals = 'SIGINT') {
  await vi.waitFor(() => expect(started.written()).toMatch(pattern), { timeout: 40_000, interval: 50 });
  started.child.kill(signal);
  return started.ended;
}
const startAgent = (args: readonly string[]) => start([process.execPath, program, ...args]);
const tdcAgent = (args: readonly string[]) => startAgent(args).ended;

/** A program for the scanner exec that hears a car kit and a phone all the time; what the scanner needs to run it. */
function hearing(): readonly string[] {
  const script = inFolder('radio.js');
  writeFileSync(
    script,
    `const hear = (address, rssi, class_of_device) =>
       console.log(JSON.stringify({ kind: 'classic', address, rssi, class_of_device }));
     setInterval(() => { hear('${carAddress}', -50, ${0x24_04_08}); hear('${phoneAddress}', -70, ${0x5a_02_0c}); }, 100);`,
  );
  return ['--scanners', 'exec', '--exec-command', `${process.execPath} ${script}`];
}
const devicesIn = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { device_id: string; device_class: string; sightings: number });

describe('a scan into a pipe', () => {
  test('writes devices as lines of JSON, with the pseudonyms of the network and no address, and leaves no file', async () => {
    const keyFile = inFolder('key.json');
    await tdcAgent(['key', 'generate', '--file', keyFile, '--tag-bits', '64']);
    const before = readFileSync(keyFile, 'utf8');
    const args = ['scan', ...hearing(), '--key-file', keyFile, '--detector-id', 'D1'];
    const { code, stdout, stderr } = await untilWritten(startAgent(args), /(car-kit.*){3}phone/s);
    expect(code).toBe(0);
    const key = Buffer.from((JSON.parse(before) as { key: string }).key, 'base64');
    const found = devicesIn(stdout);
    for (const [address, deviceClass] of [
      [carAddress, 'car-kit'],
      [phoneAddress, 'phone'],
    ] as const) {
      const lines = found.filter(({ device_id }) => device_id === tagOf(key, 'tdc', 'classic', address, 32));
      expect(lines.length).toBeGreaterThan(1);
      expect(lines.at(-1)).toMatchObject({ device_class: deviceClass, kind: 'classic', address_class: 'public' });
      expect(lines.at(-1)?.sightings).toBeGreaterThan(lines[0]?.sightings ?? 0);
    }
    expect(stderr).toContain('pseudonyms are made with the key of network "tdc"');
    expect(stdout + stderr).not.toMatch(/80:91|8091/i);
    expect(readFileSync(keyFile, 'utf8')).toBe(before);
    expect(readdirSync(folder).sort()).toEqual(['key.json', 'radio.js']);
  }, 60_000);

  test('makes up a key where there is none, another one each time, and says so', async () => {
    const once = () => untilWritten(startAgent(['scan', ...hearing()]), /car-kit.*phone/s);
    const [one, two] = await Promise.all([once(), once()]);
    expect(one.stderr).toContain('no key file: pseudonyms are made with a key of this scan alone');
    const ids = (stdout: string) => new Set(devicesIn(stdout).map(({ device_id }) => device_id));
    expect(ids(one.stdout).size).toBe(2);
    expect(new Set([...ids(one.stdout), ...ids(two.stdout)]).size).toBe(4);
  }, 60_000);

  test('prints a table of all that was heard at its end when asked for one', async () => {
    const { stdout } = await tdcAgent(['scan', ...hearing(), '--seconds', '8', '--output', 'table']);
    expect(stdout).toMatch(/^2 devices, \d+ sightings, 0 malformed\nexec: running/);
    expect(stdout).toMatch(
      /\nclassic +public +[0-9a-f]{8} +car-kit +-50 +-50 .*\nclassic +public +[0-9a-f]{8} +phone /,
    );
  }, 60_000);

  test('never writes raw addresses, whatever the flags', async () => {
    for (const flags of [[], ['--output', 'table'], ['--output', 'ndjson']]) {
      const args = ['scan', ...hearing(), '--seconds', '2', '--show-raw-addresses', ...flags];
      const { code, stdout, stderr } = await tdcAgent(args);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('--show-raw-addresses: standard output is no terminal, or not a table');
    }
  }, 60_000);
});

describe('a scan on a terminal', () => {
  /** Runs it on a pseudo-terminal; all of its output comes as that of the terminal. */
  const onTerminal = async (flags: readonly string[], pattern: RegExp) => {
    const words = [process.execPath, program, 'scan', ...hearing().slice(0, 2), ...flags];
    const command = `stty rows 20 cols 100; exec ${words.join(' ')} --exec-command '${hearing()[3]}'`;
    const terminal = start(['script', '--quiet', '--return', '--command', command, '/dev/null']);
    return (await untilWritten(terminal, pattern, 'SIGTERM')).stdout;
  };

  test('draws a table again and again in the same place', async () => {
    const drawn = await onTerminal([], /\[6A/);
    expect(drawn.split('\u001b[J').length).toBeGreaterThan(2);
    expect(drawn).toMatch(/classic {2}public {9}[0-9a-f]{8} {2}car-kit/);
    expect(drawn).not.toMatch(/80:91/);
  }, 60_000);

  test('shows raw addresses when asked to, after a warning', async () => {
    const drawn = await onTerminal(['--show-raw-addresses'], /80:91.*J/s);
    expect(drawn).toContain(carAddress);
    expect(drawn.indexOf('WARNING: raw addresses are shown')).toBeGreaterThanOrEqual(0);
    expect(drawn.indexOf('WARNING: raw addresses are shown')).toBeLessThan(drawn.indexOf(carAddress));
  }, 60_000);

  test('writes raw addresses into no lines of JSON', async () => {
    const drawn = await onTerminal(
      ['--show-raw-addresses', '--output', 'ndjson'],
      /--show-raw-addresses: .*nothing else/,
    );
    expect(drawn).toContain('--show-raw-addresses: standard output is no terminal, or not a table');
    expect(drawn).not.toContain(carAddress);
  }, 60_000);
});

describe('a scan beside a running agent', () => {
  test('is refused the radio, or shares it when told to, and leaves the state of the agent as it is', async () => {
    const place = ['--detector-id', 'D1', '--state-dir', inFolder('D1'), '--key-file', inFolder('key.json')];
    await tdcAgent(['key', 'generate', '--file', inFolder('key.json')]);
    const agent = startAgent(['run', ...place, ...hearing(), '--collector-address', '127.0.0.1:1']);
    const status = async () =>
      JSON.parse((await tdcAgent(['status', '--state-dir', inFolder('D1'), '--output', 'json'])).stdout || '{}') as {
        scanners?: readonly { state: string; sightings: number }[];
      };
    await vi.waitFor(async () => expect((await status()).scanners?.[0]?.sightings).toBeGreaterThan(0), {
      timeout: 20_000,
      interval: 500,
    });
    const refused = await tdcAgent(['scan', ...place, ...hearing(), '--seconds', '2']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('a running agent uses the program of exec too');
    expect(refused.stderr).toContain('--share-radio');
    const names = readdirSync(inFolder('D1')).sort();
    const outbox = statSync(inFolder('D1/outbox.sqlite')).ino;
    const shared = await untilWritten(startAgent(['scan', ...place, ...hearing(), '--share-radio']), /car-kit.*phone/s);
    expect(shared.code).toBe(0);
    expect(shared.stderr).toContain('each hears less while both do');
    expect(devicesIn(shared.stdout).length).toBeGreaterThan(1);
    expect(readdirSync(inFolder('D1')).sort()).toEqual(names);
    expect(statSync(inFolder('D1/outbox.sqlite')).ino).toBe(outbox);
    const sightings = (await status()).scanners?.[0]?.sightings ?? 0;
    await vi.waitFor(async () => expect((await status()).scanners?.[0]?.sightings).toBeGreaterThan(sightings), {
      timeout: 20_000,
      interval: 500,
    });
    agent.child.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
  }, 90_000);
});

describe('a scan', () => {
  test('has ended the program that it ran when it ends, even one that does not want to', async () => {
    const script = inFolder('stubborn.js');
    const pidFile = inFolder('pid');
    writeFileSync(
      script,
      `require('node:fs').writeFileSync('${pidFile}', String(process.pid)); process.on('SIGTERM', () => {});
       setInterval(() => console.log(JSON.stringify({ kind: 'classic', address: '${carAddress}' })), 100);`,
    );
    const run = ['--scanners', 'exec', '--exec-command', `${process.execPath} ${script}`];
    const { code } = await untilWritten(startAgent(['scan', ...run]), /classic/);
    expect(code).toBe(0);
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow(/ESRCH/);
  }, 60_000);

  test('ends with Ctrl-C, with all that it had heard and nothing wrong', async () => {
    const { code, stdout } = await untilWritten(startAgent(['scan', ...hearing()]), /car-kit.*phone/s);
    expect(code).toBe(0);
    expect(new Set(devicesIn(stdout).map(({ device_id }) => device_id)).size).toBe(2);
  }, 60_000);

  test('whose scanners all fail says why, and fails', async () => {
    const { code, stderr } = await tdcAgent([
      'scan',
      '--scanners',
      'exec',
      '--exec-command',
      '/no/such',
      '--seconds',
      '2',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('scanner exec failed: exec: /no/such cannot be run: ENOENT; tries again in');
    expect(stderr).toContain('no scanner worked: exec: exec: /no/such cannot be run: ENOENT');
  }, 60_000);

  test.each([
    [['--scanners', 'none'], 'scanners: none: give --scanners'],
    [['--seconds', 'soon'], '--seconds soon: expected a number above 0, at most 86400'],
    [['--scanners', 'simulated'], 'simulation.network_file: missing'],
  ])('with %j says what it needs', async (flags, expected) => {
    const { code, stderr } = await tdcAgent(['scan', ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
  });
});
