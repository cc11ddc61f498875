import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClientSubject, putDetectors, recordEvents, startSubject } from './client-subject.ts';

const program = fileURLToPath(new URL('../../bin/tdc.js', import.meta.url));
const startMs = Date.now() - 3_600_000;

let subject: ClientSubject;
beforeAll(async () => {
  subject = await startSubject();
  await putDetectors(subject, ['D1']);
  const events = Array.from({ length: 3000 }, (_, i) => madeUpEvent({ referenceTimeMs: startMs + i }));
  await recordEvents(subject, events);
});
afterAll(() => subject[Symbol.asyncDispose]());

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const environment = () => ({
  ...process.env,
  TDC_CLIENT_QUERY: subject.query,
  TDC_CLIENT_COLLECTOR: subject.collector,
});

function tdc(...args: string[]): Promise<Ended> {
  return run(process.execPath, [program, ...args]);
}

function run(file: string, args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { env: environment() }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

test('global options are taken before and after the command, also in the spelling with underscores', async () => {
  const [before, after] = await Promise.all([
    tdc('--output', 'csv', '--query', subject.query, 'detectors', '--silent_after', '1h'),
    tdc('network', 'show', '--output=json', '--query', subject.query),
  ]);
  expect(before.out).toMatch(/^detector_id,/);
  expect(JSON.parse(after.out).detectors).toHaveLength(1);
});

test('wrong usage ends with 2, a server that is not there with 1, each with words and without a stack', async () => {
  const wrong = await Promise.all([
    tdc('events', '--nonsense'),
    tdc('events', '--from', 'yesterday'),
    tdc('events', '--kind', 'ble,radar'),
    tdc('events', '--limit', '-1'),
    tdc('traffic', '--rate', '5'),
    tdc('network', 'apply', '/nowhere/network.yaml'),
    tdc('links', '--query', 'nowhere'),
  ]);
  const words = ['--nonsense', '--from "yesterday"', '"radar"', '--limit', '--detector', '/nowhere/network.yaml'];
  for (const [i, { code, err, out }] of wrong.entries()) {
    expect(err).toContain(words[i] ?? 'host:port');
    expect(err).toMatch(/^tdc: /);
    expect(err).not.toMatch(/^ {4}at /m);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  }
  const { code, err } = await tdc('links', '--query', '127.0.0.1:1');
  expect(code).toBe(1);
  expect(err).toMatch(/^tdc: query 127\.0\.0\.1:1: .*ECONNREFUSED.*\n$/);
});

test('a reader that has enough ends it quietly', async () => {
  const pipe = '"$0" "$1" events --limit 0 --output ndjson | head -n 1; echo "$PIPESTATUS"';
  const { out, err } = await run('bash', ['-c', pipe, process.execPath, program]);
  expect(err).toBe('');
  expect(out.split('\n').slice(1)).toEqual(['0', '']);
});

test('Ctrl-C ends following with 0, and leaves complete JSON', async () => {
  const child = spawn(process.execPath, [program, 'events', '--follow', '--from', '-2h', '--output', 'json'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = collect(child);
  await expect.poll(() => text().split('\n').length, { interval: 20, timeout: 10_000 }).toBeGreaterThan(3000);
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(JSON.parse(text())).toHaveLength(3000);
});

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.on('data', (part: Buffer) => {
    text += part.toString();
  });
  return () => text;
}

test('a binary file goes into a pipe, and not onto a terminal', async () => {
  const args = '"$0" "$1" export estimates --format parquet';
  const piped = await run('bash', ['-c', `${args} | head -c 4`, process.execPath, program]);
  expect(piped).toEqual({ code: 0, out: 'PAR1', err: '' });
  const onTerminal = `script --quiet --return --command "${process.execPath} ${program} export estimates --format parquet" /dev/null`;
  const { code, out } = await run('bash', ['-c', onTerminal]);
  expect({ code, out: out.trim() }).toEqual({
    code: 2,
    out: expect.stringMatching(/^tdc: this format is binary .* a pipe$/),
  });
});

test('completion knows commands, their flags with the global ones, and their values', async () => {
  const [commands, flags, values, script] = await Promise.all([
    tdc('complete', '--', 'netw'),
    tdc('complete', '--', 'events', '--o'),
    tdc('complete', '--', 'events', '--kind', ''),
    tdc('completion', 'bash'),
  ]);
  expect(commands.out).toMatch(/^network\t/);
  expect(flags.out.match(/^--\w+/gm)).toEqual(['--order', '--output']);
  expect(values.out.match(/^\w+/gm)).toEqual(['classic', 'ble', 'wifi', 'anpr', 'imsi']);
  expect(script.out).toContain('tdc complete');
  const checked = await run('bash', ['-n', '-c', script.out]);
  expect(checked).toEqual({ code: 0, out: '', err: '' });
});
