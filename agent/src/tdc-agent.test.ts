import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CollectorPeer, keepSilent } from './collector-peer.ts';

const program = fileURLToPath(new URL('../bin/tdc-agent.js', import.meta.url));
const road = {
  detectors: [
    { id: 'D1', x: 0, y: 0 },
    { id: 'D2', x: 1400, y: 60 },
  ],
  links: [
    { from: 'D1', to: 'D2', max_seconds: 1800, length_m: 1420 },
    { from: 'D2', to: 'D1', max_seconds: 1800, length_m: 1420 },
  ],
};

let folder: string;
let peer: CollectorPeer;
let children: ChildProcess[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-cli-'));
  peer = await CollectorPeer.start();
  children = [];
  writeFileSync(join(folder, 'road.json'), JSON.stringify(road));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await peer[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const inFolder = (name: string) => join(folder, name);

function start(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { HOME: folder, PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  child.stdin.end(input);
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, ended };
}

const tdcAgent = (args: readonly string[], input?: string) => start(args, input).ended;
const lastJson = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
const common = (detectorId: string) => [
  ...['--detector-id', detectorId, '--state-dir', inFolder(detectorId), '--key-file', inFolder('key.json')],
  ...['--collector-address', peer.address, '--log-level', 'warn'],
];

/** A recording in which so many vehicles pass D1, one a second. */
function leaveRecording(vehicles: number): string {
  const file = inFolder('recording.csv');
  const lines = Array.from({ length: vehicles }, (_, index) => {
    const address = `00:11:22:33:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`;
    return `${1_700_000_000_000 + index * 1000},D1,classic,${address},public,-60`;
  });
  writeFileSync(file, `time_ms,detector,kind,address,address_type,rssi\n${lines.join('\n')}\n`);
  return file;
}

async function makeKey(): Promise<void> {
  expect(await tdcAgent(['key', 'generate', '--file', inFolder('key.json')])).toMatchObject({ code: 0 });
}

describe('tdc-agent replay', () => {
  test('sends every event of a recording and sums up', async () => {
    await makeKey();
    const { code, stdout } = await tdcAgent(['replay', leaveRecording(300), ...common('D1')]);
    expect(code).toBe(0);
    expect(lastJson(stdout)).toMatchObject({
      made: 300,
      acknowledged: 300,
      in_outbox: 0,
      dropped: 0,
      sightings: 300,
      malformed: 0,
    });
    expect(new Set(peer.ids).size).toBe(300);
  });

  test('with --no-send leaves everything in the outbox, from where drain sends it', async () => {
    await makeKey();
    const replayed = await tdcAgent(['replay', leaveRecording(300), '--no-send', ...common('D1')]);
    expect(lastJson(replayed.stdout)).toMatchObject({ made: 300, acknowledged: 0, in_outbox: 300 });
    expect(peer.ids).toEqual([]);
    const drained = await tdcAgent(['drain', ...common('D1')]);
    expect(drained.code).toBe(0);
    expect(lastJson(drained.stdout)).toMatchObject({ made: 300, acknowledged: 300, in_outbox: 0 });
    expect(new Set(peer.ids).size).toBe(300);
  });

  test('interrupted before all is sent says so by its exit code, and loses nothing', async () => {
    await makeKey();
    peer.answer = keepSilent;
    const { child, ended } = start(['replay', leaveRecording(300), ...common('D1')]);
    await vi.waitFor(() => expect(peer.batches.length).toBeGreaterThan(0), { timeout: 20_000 });
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(lastJson(stdout)).toMatchObject({ acknowledged: 0, dropped: 0 });
    const { made, in_outbox: waiting } = lastJson(stdout) as Record<string, number>;
    expect(waiting).toBe(made);
  }, 30_000);

  test('without a key says how to make one', async () => {
    const { code, stderr } = await tdcAgent(['replay', leaveRecording(1), ...common('D1')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tdc-agent: there is no key file .*key.json: make one with "tdc-agent key generate"/);
  });

  test.each([
    [['--speed', 'fast'], /--speed fast: expected max, or a number above 0/],
    [['--shift-to', 'now'], /--shift-to now: expected with --times shifted only/],
    [['--no-such-flag'], /--no-such-flag/],
    [['--tag-bits', '30'], /tag.bits/],
  ])('with %j is refused in one line', async (args, message) => {
    const { code, stderr } = await tdcAgent(['replay', 'x.csv', ...common('D1'), ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
  });
});

describe('tdc-agent simulate', () => {
  test('sends the past of every detector and ends', async () => {
    const args = [
      'simulate',
      '--network',
      'road.json',
      '--past',
      '10m',
      '--until-drained',
      '--vehicles-per-hour',
      '300',
    ];
    const { code } = await tdcAgent([...args, '--state-dir', inFolder('agents'), '--collector-address', peer.address]);
    expect(code).toBe(0);
    const detectors = peer.batches.flatMap(({ events }) => events.map(({ detectorId }) => detectorId));
    expect(new Set(detectors)).toEqual(new Set(['D1', 'D2']));
    expect(detectors.length).toBeGreaterThan(30);
    expect(existsSync(inFolder('agents/D2/outbox.sqlite'))).toBe(true);
  });

  test('without a network, or with one that is not there, says what it needs', async () => {
    expect(await tdcAgent(['simulate'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--network') });
    const { code, stderr } = await tdcAgent(['simulate', '--network', 'nowhere.yaml']);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain('nowhere.yaml');
  });

  test('with --record writes what the detectors would hear', async () => {
    const args = ['--network', 'road.json', '--from', '2025-01-01T00:00:00Z', '--duration', '5m'];
    const { code, stdout, stderr } = await tdcAgent(['simulate', '--record', 'out.csv', ...args]);
    expect(code).toBe(0);
    expect(stderr).toContain('all of them made up');
    const { lines } = lastJson(stdout) as { lines: number };
    expect(readFileSync(inFolder('out.csv'), 'utf8').trim().split('\n')).toHaveLength(lines + 1);
  });
});

describe('tdc-agent run', () => {
  const runArgs = () => [
    'run',
    ...common('D1'),
    '--clock-trust',
    '--scanners',
    'simulated',
    '--simulation-network-file',
    'road.json',
  ];

  test('answers status while it runs, is alone in its folder, and ends with what it heard committed', async () => {
    await makeKey();
    const { child, ended } = start([...runArgs(), '--simulation-vehicles-per-hour', '3000']);
    await vi.waitFor(() => expect(peer.statuses.length).toBe(1), { timeout: 20_000 });
    const json = await tdcAgent(['status', '--state-dir', inFolder('D1'), '--output', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ detector_id: 'D1', connection: 'connected' });
    const table = await tdcAgent(['status', '--state-dir', inFolder('D1')]);
    expect(table.stdout).toMatch(/connection +connected/);
    const second = await tdcAgent(runArgs());
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('in use by another tdc-agent') });
    expect(statSync(inFolder('D1')).mode & 0o777).toBe(0o700);
    expect(statSync(inFolder('D1/outbox.sqlite')).mode & 0o777).toBe(0o600);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    const drained = await tdcAgent(['drain', ...common('D1')]);
    expect(lastJson(drained.stdout)).toMatchObject({ in_outbox: 0, dropped: 0 });
    const { made } = lastJson(drained.stdout) as { made: number };
    expect(made).toBeGreaterThan(0);
    expect(new Set(peer.ids).size).toBe(made);
  }, 60_000);

  test('goes on without the radio that it should hear, and says what to do about it', async () => {
    await makeKey();
    const args = ['run', ...common('D1'), '--scanners', 'ble,classic', '--bluetooth-adapter', 'hci4711'];
    const { child, ended } = start(args);
    const scannersOf = async () => {
      const { stdout } = await tdcAgent(['status', '--state-dir', inFolder('D1'), '--output', 'json']);
      return (JSON.parse(stdout) as { scanners: unknown }).scanners;
    };
    const failed = {
      state: 'failed',
      sightings: 0,
      last_error: expect.stringContaining('no Bluetooth adapter hci4711'),
    };
    await vi.waitFor(
      async () =>
        expect(await scannersOf()).toEqual([
          expect.objectContaining({ name: 'ble', ...failed }),
          expect.objectContaining({ name: 'classic', ...failed }),
        ]),
      { timeout: 30_000, interval: 500 },
    );
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('no Bluetooth adapter hci4711');
  });

  test('starts without a key, says that it waits, and goes on once one is brought', async () => {
    const { child, ended } = start([...runArgs(), '--simulation-vehicles-per-hour', '3000']);
    const status = async () => {
      const { stdout } = await tdcAgent(['status', '--state-dir', inFolder('D1'), '--output', 'json']);
      return JSON.parse(stdout);
    };
    const waiting = { key_state: 'waiting', last_error: expect.stringContaining('there is no key file') };
    await vi.waitFor(async () => expect(await status()).toMatchObject(waiting), { timeout: 30_000, interval: 500 });
    await makeKey();
    await vi.waitFor(() => expect(peer.ids.length).toBeGreaterThan(0), { timeout: 60_000, interval: 100 });
    expect(await status()).toMatchObject({ key_state: 'ready' });
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  }, 120_000);

  test('says which detector is not in the network', async () => {
    await makeKey();
    const args = [
      'run',
      ...common('D9'),
      '--clock-trust',
      '--scanners',
      'simulated',
      '--simulation-network-file',
      'road.json',
    ];
    const { code, stderr } = await tdcAgent(args);
    expect(code).toBe(2);
    expect(stderr).toContain('detector.id "D9": expected a detector of road.json');
  });
});

describe('tdc-agent status', () => {
  test('where no agent runs says so', async () => {
    const { code, stderr } = await tdcAgent(['status', '--state-dir', inFolder('D1')]);
    expect(code).toBe(1);
    expect(stderr).toBe(`tdc-agent: no agent answers on ${inFolder('D1')}/agent.sock\n`);
  });
});

describe('tdc-agent key', () => {
  test('generate makes a file for its owner alone, and never replaces one', async () => {
    await makeKey();
    expect(statSync(inFolder('key.json')).mode & 0o777).toBe(0o600);
    const before = readFileSync(inFolder('key.json'), 'utf8');
    const again = await tdcAgent(['key', 'generate', '--file', inFolder('key.json')]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('there is a key file') });
    expect(readFileSync(inFolder('key.json'), 'utf8')).toBe(before);
  });

  test('request makes a key of the box, once, and shows its public half and a fingerprint', async () => {
    const request = () => tdcAgent(['key', 'request', ...common('D1')]);
    const { code, stdout, stderr } = await request();
    expect(code).toBe(0);
    const file = inFolder('D1/box-key.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const made = JSON.parse(readFileSync(file, 'utf8')) as { public_key: string; private_key: string };
    expect(JSON.parse(stdout)).toEqual({ detector_id: 'D1', box_key: made.public_key });
    expect(stderr).toMatch(/^tdc-agent: box key ([0-9a-z]{4}-){5}[0-9a-z]{4}\n$/);
    expect(stdout + stderr).not.toContain(made.private_key);
    expect(await request()).toEqual({ code, stdout, stderr });
  });

  test('import takes the key of another box from standard input, and prints no key', async () => {
    await makeKey();
    const key = readFileSync(inFolder('key.json'), 'utf8');
    const { code, stdout, stderr } = await tdcAgent(['key', 'import', '--file', inFolder('other.json')], key);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(inFolder('other.json'), 'utf8'))).toEqual(JSON.parse(key));
    expect(stdout + stderr).not.toContain((JSON.parse(key) as { key: string }).key);
  });

  test('import of something else names the source and makes no file', async () => {
    const { code, stderr } = await tdcAgent(['key', 'import', '--file', inFolder('other.json')], 'a shopping list');
    expect(code).toBe(2);
    expect(stderr).toContain('standard input');
    expect(existsSync(inFolder('other.json'))).toBe(false);
  });
});

test('tdc-agent config check shows what is in force, defaults that follow from others among it', async () => {
  const { code, stdout } = await tdcAgent(['config', 'check', '--detector-id', 'D1', '--output', 'json']);
  expect(code).toBe(0);
  expect(stdout).toContain(join(folder, '.local/state/tdc/agent/D1/key.json'));
});
