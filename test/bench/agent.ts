/** The agent's processor time for sightings, and its memory while nothing happens. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { type Measurement, median } from './report.ts';
import { serve } from './serve.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const program = join(import.meta.dirname, '../../agent/bin/tdc-agent.js');
const sightingCount = 1_000_000;
const rounds = 3;
const idleMs = 30_000;
const warmMs = 5000;

export function benchCpu(progress: (text: string) => void): Promise<Measurement[]> {
  return inTemporaryFolder(async (folder) => {
    const recording = join(folder, 'recording.csv');
    await writeRecording(recording);
    const key = join(folder, 'key.json');
    await cpuSeconds([program, 'key', 'generate', '--file', key, '--epoch', '20000']);
    const parser = join(import.meta.dirname, 'parse-only.ts');
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}: a million sightings`);
      bare.push(await cpuSeconds([parser, recording]));
      const state = ['--state-dir', join(folder, `state-${round}`), '--key-file', key, '--log-level', 'warn'];
      ours.push(await cpuSeconds([program, 'replay', recording, '--detector-id', 'D1', '--no-send', ...state]));
    }
    const [value, against] = [median(ours), median(bare)];
    return [
      {
        what: 'processor time of the agent for a million sightings (40,000 devices), to events on disk, start-up included',
        value,
        unit: 's',
        against: { what: 'csv-parse reading the same recording and nothing else', value: against },
        ratio: value / against,
      },
    ];
  });
}

/** 40,000 devices, each heard 25 times on its way past, 30 in the zone at a time. */
async function writeRecording(file: string): Promise<void> {
  async function* lines() {
    yield 'time_ms,detector,kind,address,address_type,rssi\n';
    const hearingsEach = 25;
    const zone = 30;
    for (let index = 0; index < sightingCount; index++) {
      const group = Math.floor(index / (zone * hearingsEach));
      const device = group * zone + (index % zone);
      const mac = [device >> 16, device >> 8, device]
        .map((byte) => (byte & 255).toString(16).padStart(2, '0'))
        .join(':');
      const timeMs = 1_728_000_000_000 + index * 20;
      yield `${timeMs},D1,ble,c0:11:22:${mac},random,${-90 + (index % 40)}\n`;
    }
  }
  await pipeline(lines, createWriteStream(file));
}

/** User and system time of a Node program, with its start. */
async function cpuSeconds(args: readonly string[]): Promise<number> {
  const quoted = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('bash', ['-c', `TIMEFORMAT='%U %S'; time ${quoted} >/dev/null`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${said}`);
  const [user = Number.NaN, system = Number.NaN] = said.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return user + system;
}

export function benchIdleMemory(progress: (text: string) => void): Promise<Measurement[]> {
  return inTemporaryFolder(async (folder) => {
    const key = join(folder, 'key.json');
    const network = join(folder, 'network.json');
    writeFileSync(network, JSON.stringify({ detectors: [{ id: 'D1', x: 0, y: 0 }] }));
    await cpuSeconds([program, 'key', 'generate', '--file', key]);
    let idle = Number.NaN;
    let bare = Number.NaN;
    await serve(folder, [], async ({ collector }) => {
      progress(`an agent that hears nothing, for ${idleMs / 1000} s`);
      const state = ['--state-dir', join(folder, 'state'), '--key-file', key, '--detector-id', 'D1'];
      const run = [program, 'run', ...state, '--collector-address', collector, '--log-level', 'warn'];
      // From its second start on an agent has its compiled sources in Node's cache.
      await residentMbAfter(run, warmMs);
      [idle, bare] = await Promise.all([
        residentMbAfter(run, idleMs),
        residentMbAfter(['-e', 'setInterval(() => {}, 1000)'], idleMs),
      ]);
    });
    return [
      {
        what: `agent, resident memory after ${idleMs / 1000} s of silence, connected`,
        value: idle,
        unit: 'MB',
        against: { what: 'a Node process that does nothing', value: bare },
        ratio: idle / bare,
        aim: '80 MB',
      },
    ];
  });
}

async function residentMbAfter(args: readonly string[], afterMs: number): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    await wait(afterMs);
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
    return (Number(kib) * 1024) / 1e6;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
