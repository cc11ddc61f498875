import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { systemClock } from '@tdc/shared/clock.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { KeyChain } from '@tdc/shared/key-chain.ts';
import { hangingOf, hangsAfterMs } from '@tdc/shared/pulse.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Agent } from './agent.ts';
import type { AgentOptions, Hearing } from './agent-options.ts';
import { ClockWatch } from './clock-watch.ts';
import { acknowledge, CollectorPeer, keepSilent } from './collector-peer.ts';
import { readMachine } from './machine/machine.ts';
import { PassageBuilder } from './passage-builder.ts';
import type { Observation, Scanner } from './scanner.ts';
import type { Sighting } from './sighting.ts';
import { givenTimes } from './sighting-times.ts';
import { openStateDir, type StateDir } from './state-dir.ts';
import { askStatus } from './status-service.ts';
import { steadyClock } from './steady-clock.ts';
import { systemAt } from './system.ts';

const t0 = Date.parse('2025-06-01T12:00:00Z');

/** A scanner that gives what it is given, and then ends, fails or waits. */
class ScriptedScanner implements Scanner {
  readonly name = 'scripted';
  readonly malformed = 0;
  readonly lastMalformed = '';
  given = 0;
  readonly #observations: readonly Observation[];
  readonly #then: 'end' | 'wait' | Error;

  constructor(observations: readonly Observation[], then: 'end' | 'wait' | Error = 'end') {
    this.#observations = observations;
    this.#then = then;
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    for (const observation of this.#observations) {
      this.given += 1;
      yield observation;
    }
    if (this.#then instanceof Error) throw this.#then;
    if (this.#then === 'wait') await systemClock.sleep(3_600_000, signal);
  }
}

const address = (device: number) =>
  `00:11:22:33:${(device >> 8).toString(16).padStart(2, '0')}:${(device & 255).toString(16).padStart(2, '0')}`;
const sighting = (device: number, timeMs: number, given: Partial<Sighting> = {}): Sighting => ({
  timeMs,
  kind: 'classic',
  address: address(device),
  addressType: 'public',
  rssiDbm: -60,
  ...given,
});

/** Each device a second after the one before, so that all but the last passages are over by the end. */
const passing = (devices: number, from = 0): Observation[] =>
  Array.from({ length: devices }, (_, index) => {
    const timeMs = t0 + (from + index) * 1000;
    return { sightings: [sighting(from + index, timeMs)], watermarkMs: timeMs };
  });

let folder: string;
let state: StateDir;
let peer: CollectorPeer;
let stop: AbortController;
let logged: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-agent-'));
  state = openStateDir(folder);
  peer = await CollectorPeer.start();
  stop = new AbortController();
  logged = [];
});
afterEach(async () => {
  stop.abort();
  await peer[Symbol.asyncDispose]();
  state[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function newAgent(
  scanner: Scanner | undefined,
  given: Partial<AgentOptions> = {},
  heard: Partial<Hearing> = {},
): Agent {
  const keys = new KeyChain(
    { network: 'tdc', timeZone: 'UTC', epoch: 20_240, key: new Uint8Array(32).fill(7) },
    { overlapMs: 3_600_000, tagBits: 32 },
  );
  const hearing = {
    passages: new PassageBuilder({
      detectorId: 'D1',
      keys,
      passage: { gapMs: 30_000, passageMsMax: 900_000, rssiWindowDb: 5 },
    }),
    times: givenTimes(),
    key: () => ({ epoch: keys.epoch }),
    onScannerFailure: 'throw' as const,
    waitsForRoom: () => false,
    ...heard,
  };
  const clock = steadyClock(systemClock);
  const voucher = { note: () => {}, vouches: async () => true };
  const watch = new ClockWatch({ clock, voucher, trust: true, bootId: 'b', waitMsMax: 0, onChange: () => {} });
  const log = (_: object, message: string) => void logged.push(message);
  return new Agent({
    detectorId: 'D1',
    version: 'test',
    clock,
    watch,
    random: () => 0.01,
    log: { debug: log, info: log, warn: log, error: log },
    state,
    machine: () => readMachine({ system: systemAt({ root: '/', searchPath: '' }), stateDir: folder }),
    outbox: { bytesMax: 1024 * 1024, flushRows: 20, flushMs: 20 },
    ...(scanner === undefined ? {} : { hearing: { ...hearing, scanners: [scanner] } }),
    uplink: {
      connect: () => new CollectorServiceClient(peer.address, credentials.createInsecure()),
      toError: (error) => new UnavailableError(error.details),
      backoff: { baseMs: 1000, maxMs: 2000 },
    },
    statusIntervalMs: 3_600_000,
    ...given,
  });
}

const until = (condition: () => boolean) =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 5 });
function expectConservation(agent: Agent): void {
  const { made, acknowledged, inOutbox, dropped } = agent.counts();
  expect(made).toBe(acknowledged + inOutbox + Object.values(dropped).reduce((sum, count) => sum + count, 0));
}

describe('an agent', () => {
  test('turns a recording into events, sends them all, and ends', async () => {
    await using agent = newAgent(new ScriptedScanner(passing(500)));
    await agent.run('drained', stop.signal);
    expect(agent.counts()).toMatchObject({ made: 500, acknowledged: 500, inOutbox: 0 });
    expect(new Set(peer.ids).size).toBe(500);
    expectConservation(agent);
  });

  test('that is told to stop commits what is open and leaves it for the next time', async () => {
    peer.answer = keepSilent;
    const scanner = new ScriptedScanner(passing(10), 'wait');
    {
      await using agent = newAgent(scanner);
      const running = agent.run('stopped', stop.signal);
      await until(() => agent.snapshot().openPassages === 10);
      stop.abort();
      await running;
      expect(agent.counts()).toMatchObject({ made: 10, inOutbox: 10, uncommitted: 0 });
    }
    peer.answer = acknowledge;
    await using next = newAgent(undefined);
    await next.run('drained', new AbortController().signal);
    expect(next.counts()).toMatchObject({ made: 10, acknowledged: 10, inOutbox: 0 });
    expect(new Set(peer.ids).size).toBe(10);
  });

  test('without a collector keeps everything, and sends it once there is one', async () => {
    peer.goAway();
    await using agent = newAgent(new ScriptedScanner(passing(300)));
    const running = agent.run('drained', stop.signal);
    await until(() => agent.counts().made === 300 && agent.snapshot().connection === 'waiting');
    expect(agent.counts()).toMatchObject({ acknowledged: 0, inOutbox: 300 });
    expect(agent.snapshot().lastError?.message).toContain('sending failed');
    await peer.listen();
    await running;
    expect(agent.counts()).toMatchObject({ made: 300, acknowledged: 300, inOutbox: 0 });
  });

  test('tells its state on its socket while it runs, and to the collector', async () => {
    await using agent = newAgent(new ScriptedScanner(passing(50), 'wait'));
    const running = agent.run('stopped', stop.signal);
    await until(() => agent.counts().acknowledged === 19);
    const status = await askStatus(state.paths.socket);
    expect(status).toMatchObject({
      detectorId: 'D1',
      version: 'test',
      events: { made: 19n, acknowledged: 19n, inOutbox: 0n, uncommitted: 0n, dropped: [] },
      scanners: [{ name: 'scripted', sightings: 50n }],
      lastError: '',
      keyEpoch: 20_240,
      openPassages: 31,
    });
    await until(() => peer.statuses.length === 1);
    stop.abort();
    await running;
    await expect(agent[Symbol.asyncDispose]().then(() => askStatus(state.paths.socket))).rejects.toThrow(
      UnavailableError,
    );
  });

  test('counts sightings of no use with their scanner, and never says their address', async () => {
    const bad = { sightings: [sighting(1, t0, { address: 'not:an:address' })], watermarkMs: t0 };
    await using agent = newAgent(new ScriptedScanner([bad, ...passing(3)]));
    await agent.run('read', stop.signal);
    const [scanner] = agent.snapshot().scanners;
    expect(scanner).toMatchObject({ malformed: 1, sightings: 4 });
    expect(scanner?.lastError).not.toBe('');
    expect(JSON.stringify(agent.snapshot()) + logged.join()).not.toContain('not:an:address');
  });

  test('whose recording is lost commits what it has, and tells why it ends', async () => {
    await using agent = newAgent(new ScriptedScanner(passing(40), new Error('the file is gone')));
    await expect(agent.run('drained', stop.signal)).rejects.toThrow('the file is gone');
    expect(agent.counts()).toMatchObject({ made: 40, uncommitted: 0 });
  });

  test('whose radio is lost starts it again and tells it', async () => {
    const scanner = new ScriptedScanner(passing(5), new Error('unplugged'));
    await using agent = newAgent(scanner, {}, { onScannerFailure: 'restart' });
    const running = agent.run('stopped', stop.signal);
    await until(() => scanner.given >= 10);
    expect(agent.snapshot().lastError?.message).toBe('scanner scripted failed: unplugged');
    stop.abort();
    await running;
  });
});

describe('an agent always starts', () => {
  test('with a damaged outbox, which it moves aside and reports', async () => {
    writeFileSync(join(folder, 'outbox.sqlite'), 'no database '.repeat(1000));
    await using agent = newAgent(new ScriptedScanner(passing(30)));
    await agent.run('drained', stop.signal);
    expect(agent.counts()).toMatchObject({ made: 30, acknowledged: 30 });
    expect(agent.snapshot().lastError?.message).toMatch(/the outbox was damaged \(file is not a database\): moved to/);
  });

  test('on a disk that takes nothing, and keeps events in memory until it does', async () => {
    const inTheWay = join(folder, 'outbox.sqlite-wal');
    mkdirSync(inTheWay);
    await using agent = newAgent(new ScriptedScanner(passing(100)));
    const running = agent.run('drained', stop.signal);
    await until(() => agent.counts().made === 100);
    expect(agent.counts()).toMatchObject({ uncommitted: 100, inOutbox: 100 });
    expect(logged.join()).toContain('events are kept in memory');
    rmdirSync(inTheWay);
    await running;
    expect(agent.counts()).toMatchObject({ made: 100, acknowledged: 100, uncommitted: 0 });
  });

  test('where its socket cannot be made, which it reports', async () => {
    mkdirSync(join(state.paths.socket, 'in-the-way'), { recursive: true });
    await using agent = newAgent(new ScriptedScanner(passing(10)));
    await agent.run('drained', stop.signal);
    expect(agent.counts().acknowledged).toBe(10);
    expect(logged.join()).toContain('cannot answer status on');
    rmSync(state.paths.socket, { recursive: true });
  });
});

describe('an outbox that is nearly full', () => {
  const small = { bytesMax: 64 * 1024, flushRows: 20, flushMs: 20 };

  test('holds up a recording until there is room, so that nothing is dropped', async () => {
    peer.goAway();
    const scanner = new ScriptedScanner(passing(2000));
    await using agent = newAgent(scanner, { outbox: small }, { waitsForRoom: () => true });
    const running = agent.run('drained', stop.signal);
    await until(() => agent.snapshot().outboxSize.bytes > 0.8 * small.bytesMax);
    const { given } = scanner;
    expect(given).toBeLessThan(1000);
    await peer.listen();
    await running;
    expect(scanner.given).toBe(2000);
    expect(agent.counts()).toMatchObject({ made: 2000, acknowledged: 2000, dropped: { overflow: 0 } });
  });

  test('drops the oldest where the world does not wait', async () => {
    peer.goAway();
    const scanner = new ScriptedScanner(passing(2000), 'wait');
    await using agent = newAgent(scanner, { outbox: small });
    const running = agent.run('stopped', stop.signal);
    await until(() => scanner.given === 2000 && agent.counts().made + agent.snapshot().openPassages === 2000);
    stop.abort();
    await running;
    const { made, dropped } = agent.counts();
    expect(made).toBe(2000);
    expect(dropped.overflow).toBeGreaterThan(500);
    expectConservation(agent);
  });
});

test('an agent whose scanner stands still hangs, and says which one it is', async () => {
  let aheadMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
  await using agent = newAgent(new ScriptedScanner(passing(3), 'wait'), { clock });
  const running = agent.run('stopped', stop.signal);
  await vi.waitFor(() => expect(agent.snapshot()).toMatchObject({ connection: 'connected', openPassages: 3 }));
  expect(hangingOf(agent.pulses)).toBeUndefined();
  aheadMs = hangsAfterMs + 5000;
  expect(hangingOf(agent.pulses)).toBe('scanner scripted');
  stop.abort();
  await running;
});
