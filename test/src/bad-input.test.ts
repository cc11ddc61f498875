import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { eventIdMaker } from '@tdc/shared/event-id.ts';
import type { RecordEventsResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { CollectorServiceService } from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import { eventToWire, nsFromMs } from '@tdc/shared/wire.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, runAgents, startAgent } from './harness/agent.ts';
import { healthAt } from './harness/health.ts';
import { type ProgramName, runProgram } from './harness/program.ts';
import { recordingText } from './harness/recording.ts';
import { agentStatus, ask, collectorAt, listEvents, putDetectors } from './harness/rpc.ts';
import { type RunningServer, serverArgs, startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: RunningServer;
const inFolder = (name: string) => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryDirectory();
  server = await startServer(folder.path);
  await putDetectors(server.collector, ['D1', 'D2']);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function expectServing(): Promise<void> {
  expect(server.program.ended, server.program.describe()).toBeUndefined();
  expect(server.program.stderr).toBe('');
  for (const address of [server.collector, server.query, server.health])
    expect(await healthAt(address)).toBe('SERVING');
}

const makeId = eventIdMaker();
function event(given: Partial<Event> = {}, referenceTimeMs = Date.now() - 60_000): Event {
  return {
    ...eventToWire({
      id: makeId(referenceTimeMs),
      detectorId: 'D1',
      kind: 'ble',
      addressClass: 'public',
      deviceId: '0123abcd',
      keyEpoch: 20_000,
      referenceTimeMs,
      firstSeenMs: referenceTimeMs,
      lastSeenMs: referenceTimeMs,
      sightings: 1,
      resident: false,
      clockQuality: 'synchronised',
      madeAtMs: referenceTimeMs,
    }),
    ...given,
  };
}

async function record(events: Event[]): Promise<RecordEventsResponse> {
  using collector = collectorAt(server.collector);
  return await ask(collector.client, collector.client.recordEvents, { events });
}

describe('the command line and the configuration', () => {
  beforeAll(async () => {
    await writeFile(inFolder('broken.yaml'), 'collector: {port: 9000\nquery: 1');
    await writeFile(inFolder('list.yaml'), '- collector\n- query\n');
    await writeFile(inFolder('unknown.yaml'), 'collector:\n  prot: 9000\n  port: many\n');
    await writeFile(inFolder('agent.yaml'), 'outbox: {bytes_max: lots}\nsprockets: 3\n');
    await mkdir(inFolder('folder.yaml'));
  });

  const at = (name: string) => ['--config-file', name];
  test.each<[ProgramName, string[], RegExp[]]>([
    ['tdc-server', ['serve', '--no-such-flag'], [/--no-such-flag/]],
    ['tdc-server', ['sevre'], [/sevre/]],
    ['tdc-server', ['serve', '--collector-port', 'nine'], [/--collector-port "nine": expected number/]],
    ['tdc-server', ['serve', '--query_port', '70000'], [/--query-port "70000".*65535/]],
    ['tdc-server', ['serve', '--repository', 'paper'], [/--repository "paper": expected one of "sqlite"\|"etcd"/]],
    ['tdc-server', ['serve', '--host', '0.0.0.0'], [/host 0\.0\.0\.0 can be reached by others: give tls\.cert/]],
    ['tdc-server', ['serve', ...at('nowhere.yaml')], [/nowhere\.yaml cannot be read: ENOENT/]],
    ['tdc-server', ['serve', ...at('folder.yaml')], [/folder\.yaml cannot be read: EISDIR/]],
    ['tdc-server', ['serve', ...at('broken.yaml')], [/broken\.yaml is not valid YAML: .* line \d+, column \d+/]],
    ['tdc-server', ['serve', ...at('list.yaml')], [/list\.yaml: expected a mapping/]],
    [
      'tdc-server',
      ['config', 'check', ...at('unknown.yaml'), '--host', ''],
      [/unknown key collector\.prot: expected one of collector\.port/, /collector\.port "many"/, /--host ""/],
    ],
    [
      'tdc-agent',
      ['run', ...at('agent.yaml'), '--tag-bits', '33', '--scanners', 'radar'],
      [/unknown key sprockets/, /outbox\.bytes_max "lots"/, /--tag-bits "33"/, /--scanners "radar"/],
    ],
    ['tdc-agent', ['run'], [/detector\.id is missing/]],
    ['tdc-agent', ['run', '--detector-id', 'D 1'], [/--detector-id "D 1": expected 1 to 64 of letters/]],
    [
      'tdc-agent',
      ['run', '--detector-id', 'D1', '--collector-address', 'far.example:9000'],
      [/give tls\.ca, or --allow-plaintext/],
    ],
    ['tdc', ['events', '--from', 'yesterday'], [/--from "yesterday": expected/]],
    ['tdc', ['network', 'apply', 'nowhere.yaml'], [/nowhere\.yaml cannot be read: ENOENT/]],
  ])('%s %j is refused by name', async (program, args, messages) => {
    const ended = await runProgram(program, args, { directory: folder.path });
    expect(ended.code, ended.describe()).toBe(2);
    for (const message of messages) expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/\n +at /);
    expect(ended.stdout).toBe('');
  });

  test('a variable of the environment is refused by its name', async () => {
    const env = { TDC_COLLECTOR_PORT: '-1', TDC_LOG_LEVEL: 'loud' };
    const ended = await runProgram('tdc-server', ['config', 'check'], { directory: folder.path, env });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/TDC_COLLECTOR_PORT "-1"/);
    expect(ended.stderr).toMatch(/TDC_LOG_LEVEL "loud"/);
  });

  test('a port that is taken is named, and the repository is left as it was', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const directory = inFolder('taken');
    await mkdir(directory);
    const ended = await runProgram('tdc-server', serverArgs(directory, '--query-port', `${port}`), { directory });
    expect(ended.code, ended.describe()).toBe(1);
    expect(ended.stderr).toContain(`cannot listen on 127.0.0.1:${port} for query`);
    taken.close();
    await using next = await startServer(directory);
    expect(await healthAt(next.health)).toBe('SERVING');
  });

  test('a repository that another server uses, or that is none, is named', async () => {
    const second = await runProgram('tdc-server', serverArgs(folder.path), { directory: folder.path });
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('in use by another tdc-server') });
    const directory = inFolder('no-database');
    await mkdir(directory);
    await writeFile(join(directory, 'server.sqlite'), 'Dear diary, '.repeat(1000));
    const strange = await runProgram('tdc-server', serverArgs(directory), { directory });
    expect(strange).toMatchObject({ code: 1, stderr: expect.stringContaining('server.sqlite') });
    await expectServing();
  });
});

describe('a network file', () => {
  test('with a link to nowhere is refused with every problem, and changes nothing', async () => {
    const file = inFolder('nowhere-link.yaml');
    await writeFile(
      file,
      'detectors:\n  - {id: D7, x: 0, y: 0}\n  - {id: D8, latitude: 91, longitude: 0}\nlinks:\n  - {from: D7, to: D9, max_seconds: 0}\n',
    );
    const apply = ['network', 'apply', file, '--collector', server.collector, '--query', server.query];
    const ended = await runProgram('tdc', apply, { directory: folder.path });
    expect(ended.code, ended.describe()).toBe(2);
    expect(ended.stderr).toMatch(/detectors\[1\]\.latitude/);
    expect(ended.stderr).toMatch(/links\[0\]\.max_seconds/);
    await writeFile(file, 'detectors: [{id: D7, x: 0, y: 0}]\nlinks: [{from: D7, to: D9, max_seconds: 60}]\n');
    const again = await runProgram('tdc', apply, { directory: folder.path });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('links[0].to "D9": no such detector') });
    const shown = await runProgram('tdc', ['detectors', '--output', 'json', '--query', server.query], {
      directory: folder.path,
    });
    expect(shown.stdout).not.toContain('D7');
  });
});

describe('an event', () => {
  test.each<[string, Partial<Event>, number?]>([
    ['id', { id: 'not-a-ulid' }],
    ['id', { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }],
    ['detector_id', { detectorId: 'D 1' }],
    ['kind', { kind: 99 as never }],
    ['device_id', { deviceId: 'XYZ' }],
    ['sightings', { sightings: 0 }],
    ['reference_time_ns', {}, Date.now() - 40 * 86_400_000],
    ['reference_time_ns', {}, Date.now() + 3_600_000],
    ['first_seen_ns', { firstSeenNs: -1n }],
    ['made_at_ns', { madeAtNs: nsFromMs(1) }],
  ])('with a wrong %s (case %#) is refused alone, by that name', async (field, wrong, timeMs) => {
    const good = event();
    const answer = await record([event(wrong, timeMs), good]);
    expect(answer).toMatchObject({ recorded: 1, rejected: [{ index: 0, field }] });
    expect(answer.rejected[0]?.message).toMatch(/expected/);
    expect((await listEvents(server.query)).map(({ id }) => id)).toContain(good.id);
  });

  test('of an unknown detector waits in the box until the detector is known', async () => {
    const directory = inFolder('unknown-detector');
    await mkdir(directory);
    const recording = join(directory, 'r.csv');
    const lines = [0, 1, 2].map((second) => ({
      timeMs: Date.now() - 600_000 + second * 1000,
      detectorId: 'D5',
      kind: 'classic',
      address: `00:11:22:33:44:0${second}`,
      addressType: 'public',
      rssiDbm: -60,
    }));
    await writeFile(recording, recordingText(lines));
    const place: AgentPlace = {
      directory,
      detectorId: 'D5',
      keyFile: await makeKeyFile(directory, Date.now()),
      collector: server.collector,
    };
    const quickly = ['--uplink-backoff-ms-base', '50', '--uplink-backoff-ms-max', '50'];
    await using agent = startAgent(place, ['replay', recording], quickly);
    await until('the refusal in the status', async () => {
      const said = await agentStatus(join(directory, 'agents/D5'));
      return said?.lastError.includes('detector D5 is not in the network') ? said : undefined;
    });
    await putDetectors(server.collector, ['D5']);
    await agent.exitsWith(0);
    expect(agent.jsonLines().at(-1)).toMatchObject({ made: 3, acknowledged: 3, in_outbox: 0, dropped: 0 });
    expect(await listEvents(server.query, { detectorIds: ['D5'] })).toHaveLength(3);
  });
});

describe('the port', () => {
  test('refuses a message of 10 MB and goes on', async () => {
    const client = new Client(server.collector, credentials.createInsecure());
    const { path } = CollectorServiceService.recordEvents;
    const error = await new Promise<ServiceError | null>((resolve) =>
      client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        Buffer.alloc(10_000_000, 0x0a),
        resolve,
      ),
    );
    client.close();
    expect(error).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(/10000000|4194304/),
    });
    await expectServing();
  });

  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  test.each<[string, () => Buffer]>([
    ['random bytes', () => randomBytes(20_000)],
    ['a truncated preface', () => preface.subarray(0, 10)],
    ['a truncated frame', () => Buffer.concat([preface, settings, Buffer.from([0, 0x40, 0, 0, 0, 0])])],
    ['random frames', () => Buffer.concat([preface, settings, randomBytes(5000)])],
    ['another protocol', () => Buffer.from('GET / HTTP/1.1\r\nHost: tdc\r\n\r\n')],
    ['nothing', () => Buffer.alloc(0)],
  ])('survives %s', async (_, bytes) => {
    for (const address of [server.collector, server.query, server.health]) {
      const [host = '', port = ''] = address.split(':');
      for (let round = 0; round < 5; round++) {
        const socket = connect({ host, port: Number(port) });
        // A server that hangs up on it is right.
        socket.on('error', () => {});
        socket.resume();
        await once(socket, 'connect');
        socket.end(bytes());
        await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 200))]);
        socket.destroy();
      }
    }
    await expectServing();
  });
});

describe('a recording', () => {
  test('with broken lines gives the events of the others, and says how many were broken and why', async () => {
    const directory = inFolder('broken-lines');
    await mkdir(directory);
    const timeMs = Date.now() - 600_000;
    const good = (second: number) => `${timeMs + second * 1000},D2,ble,c0:11:22:33:44:0${second},random,-70`;
    const lines = [
      'time_ms,detector,kind,address,address_type,rssi',
      good(0),
      'yesterday,D2,ble,c0:11:22:33:44:55,random,-70',
      `${timeMs},D2,smell,c0:11:22:33:44:55,random,-70`,
      `${timeMs},D2,ble,c0:11:22:33:44,random,-70`,
      `${timeMs},D2,ble,c0:11:22:33:44:55,sideways,-70`,
      `${timeMs},D2,ble,c0:11:22:33:44:55,random,loud`,
      `${timeMs},D2,ble`,
      'x'.repeat(5000),
      '"an open quote',
      good(3),
      `${timeMs + 4000},D2,ble,c0:11:22`,
    ];
    const recording = join(directory, 'r.csv');
    await writeFile(recording, lines.join('\n'));
    const place = {
      directory,
      detectorId: 'D2',
      keyFile: await makeKeyFile(directory, timeMs),
      collector: server.collector,
    };
    const [summary] = await runAgents([place], ['replay', recording]);
    expect(summary).toMatchObject({ made: 2, acknowledged: 2, malformed: 9 });
    expect(await listEvents(server.query, { detectorIds: ['D2'] })).toHaveLength(2);
  });

  test('that is none, or cannot be read, is refused by name', async () => {
    const directory = inFolder('no-recording');
    await mkdir(directory);
    const keyFile = await makeKeyFile(directory, Date.now());
    const place = { directory, detectorId: 'D1', keyFile };
    await writeFile(join(directory, 'r.csv'), 'when,where,what\n1,2,3\n');
    await writeFile(join(directory, 'r.csv.gz'), 'not gzip at all');
    for (const [name, message] of [
      ['nowhere.csv', /there is no recording .*nowhere\.csv/],
      ['r.csv', /r\.csv.*time_ms,detector,kind,address,address_type,rssi/],
      ['r.csv.gz', /r\.csv\.gz/],
    ] as const) {
      await using agent = startAgent(place, ['replay', join(directory, name)], ['--no-send']);
      await agent.exit();
      expect(agent.ended?.code, agent.describe()).toBeGreaterThan(0);
      expect(agent.stderr).toMatch(message);
      expect(agent.stderr).not.toMatch(/\n +at /);
    }
  });

  test('for a state folder that cannot be written says so', async () => {
    const directory = inFolder('read-only');
    await mkdir(directory);
    await writeFile(join(directory, 'agents'), 'a file where the folder would be');
    const keyFile = await makeKeyFile(directory, Date.now());
    await using agent = startAgent({ directory, detectorId: 'D1', keyFile }, ['drain']);
    await agent.exit();
    expect(agent.ended?.code).toBeGreaterThan(0);
    expect(agent.stderr).toMatch(/agents/);
  });
});
