import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { type AgentPlace, makeKeyFile, startAgent, stateDirectory } from './harness/agent.ts';
import { type Found, filesIn, tracesOfSecret } from './harness/byte-search.ts';
import { runProgram } from './harness/program.ts';
import { seededRandom } from './harness/random.ts';
import { randomRecording, recordingText } from './harness/recording.ts';
import { listEvents, putDetectors } from './harness/rpc.ts';
import { searchFor } from './harness/sequence-search.ts';
import { startServer } from './harness/server.ts';
import { type Spelling, spellingsOfMac, spellingsOfText } from './harness/spellings.ts';
import { TcpProxy } from './harness/tcp-proxy.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

const spellingsOf = (address: string): readonly Spelling[] =>
  address.includes(':') ? spellingsOfMac(address) : spellingsOfText(address);

/** A search for every place in which an address stands, in any spelling. */
function tracesOf(addresses: ReadonlySet<string>): (found: readonly Found[]) => readonly string[] {
  const search = searchFor(
    [...addresses].flatMap((address) => spellingsOf(address).map((each) => ({ ...each, address }))),
  );
  return (found) =>
    found.flatMap(({ where, bytes }) =>
      [...search(bytes)].map(({ address, name }) => `${address} as ${name} in ${where}`),
    );
}

test('no address is in any byte that the agent writes or sends, in any spelling, and one that is planted would be found', async () => {
  await using folder = await temporaryDirectory();
  const directory = folder.path;
  await using server = await startServer(directory);
  await putDetectors(server.collector, ['D1']);
  await using proxy = await TcpProxy.start(server.collector);

  const random = seededRandom(11);
  const startMs = Date.now() - 3_600_000;
  const sightings = randomRecording(random, { detectorId: 'D1', vehicles: 120, durationMs: 120_000 });
  const lines = recordingText(sightings.map((each) => ({ ...each, timeMs: each.timeMs + startMs }))).split('\n');
  const broken = [
    `${startMs},D1,ble,de:ad:be:ef:00:01,random,loud`,
    `${startMs},D1,ble,de:ad:be:ef:00:02,sideways,-60`,
    `${startMs},D1,smell,de:ad:be:ef:00:03,random,-60`,
    `${startMs},D1,wifi,de:ad:be:ef:00:04:55,public,-60`,
    `${startMs},D1,wifi,01:ad:be:ef:00:05,public,-60`,
    `later,D1,ble,de:ad:be:ef:00:06,random,-60`,
    `${startMs},D1,ble,de:ad:be:ef:00:07,random,-60,${'x'.repeat(5000)}`,
  ];
  for (const line of broken) lines.splice(random.between(1, lines.length - 2), 0, line);
  const recording = join(directory, 'recording.csv');
  await writeFile(recording, lines.join('\n'));
  const addresses = new Set([
    ...sightings.map(({ address }) => address),
    ...broken.map((line) => /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(line)?.[0] ?? ''),
  ]);
  expect(addresses.size).toBeGreaterThan(100);

  const keyFile = await makeKeyFile(directory, startMs);
  const place: AgentPlace = { directory, detectorId: 'D1', keyFile, collector: proxy.address };
  const state = stateDirectory(place);
  const flags = ['--log-level', 'trace', '--outbox-flush-rows', '5', '--status-interval-seconds', '1'];
  // Slow enough to look into its files while it works, and cut once, so that it logs and sends again.
  await using agent = startAgent(
    place,
    ['replay', recording, '--speed', '15'],
    [...flags, ...['--uplink-backoff-ms-base', '50', '--uplink-backoff-ms-max', '50', '--passage-gap-seconds', '5']],
  );
  const found: Found[] = [];
  for (let look = 0; agent.ended === undefined; look++) {
    await until(`look ${look}`, () => new Promise<true>((resolve) => setTimeout(() => resolve(true), 1500)));
    if (look === 2) proxy.cutAll();
    found.push(...(await filesIn(state).catch(() => [])));
    const status = await runProgram('tdc-agent', ['status', '--state-dir', state, '--output', 'json'], { directory });
    found.push({ where: 'status', bytes: Buffer.from(status.stdout + status.stderr) });
  }
  await agent.exitsWith(0);
  expect(agent.jsonLines().at(-1)).toMatchObject({ dropped: 0, in_outbox: 0 });
  expect(Number(agent.jsonLines().at(-1)?.malformed)).toBeGreaterThanOrEqual(broken.length - 1);

  found.push(
    ...(await filesIn(state)),
    { where: 'stdout', bytes: Buffer.from(agent.stdout) },
    { where: 'stderr', bytes: Buffer.from(agent.stderr) },
    { where: 'sent to the collector', bytes: proxy.captured('to-server') },
    { where: 'sent by the collector', bytes: proxy.captured('to-client') },
    { where: "the server's log", bytes: Buffer.from(server.program.stdout + server.program.stderr) },
    ...(await Promise.all(
      ['server.sqlite', 'server.sqlite-wal'].map(async (name) => ({
        where: name,
        bytes: await readFile(join(directory, name)),
      })),
    )),
  );
  // There was something to look into, readable as it is: events are sent and stored uncompressed.
  expect(found.some(({ where, bytes }) => where.endsWith('outbox.sqlite-wal') && bytes.length > 10_000)).toBe(true);
  for (const { id, deviceId } of await listEvents(server.query)) {
    expect(proxy.captured('to-server').includes(id) && proxy.captured('to-server').includes(deviceId)).toBe(true);
  }
  expect(proxy.captured('to-server').length).toBeGreaterThan(10_000);
  expect(agent.stdout.includes('"level":')).toBe(true);

  expect(tracesOf(addresses)(found)).toEqual([]);
  const { key } = JSON.parse(await readFile(keyFile, 'utf8')) as { key: string };
  const secret = Buffer.from(key, 'base64');
  expect(tracesOfSecret(found, secret)).toEqual([]);

  // The same search finds every spelling of every address where one is planted.
  const sample = [...addresses].filter((_, index) => index % 10 === 0);
  const wire = proxy.captured('to-server');
  for (const address of sample) {
    const traces = tracesOf(new Set([address]));
    for (const { name, bytes } of spellingsOf(address)) {
      const at = random.between(0, wire.length);
      const planted = Buffer.concat([wire.subarray(0, at), bytes, wire.subarray(at)]);
      const where = `${name} planted`;
      expect(traces([{ where, bytes: planted }]), where).not.toEqual([]);
    }
    const encoded = Buffer.from(`{"address":"${address}"}`).toString('base64');
    expect(traces([{ where: 'within base64', bytes: Buffer.from(encoded) }])).not.toEqual([]);
  }
}, 120_000);

test('no address is in what a scan writes, and it writes nothing but that', async () => {
  await using folder = await temporaryDirectory();
  const directory = folder.path;
  const random = seededRandom(12);
  const sightings = randomRecording(random, { detectorId: 'D1', vehicles: 40, durationMs: 60_000 });
  const addresses = new Set(sightings.map(({ address }) => address));
  const lines = sightings.map(({ kind, address, addressType, rssiDbm }) =>
    JSON.stringify({
      kind,
      address,
      address_type: addressType || 'unknown',
      ...(rssiDbm === undefined ? {} : { rssi: rssiDbm }),
    }),
  );
  await writeFile(
    join(directory, 'radio.cjs'),
    `console.log(require('node:fs').readFileSync('${join(directory, 'heard')}', 'utf8')); setInterval(() => {}, 1000);`,
  );
  await writeFile(join(directory, 'heard'), [...lines, 'de:ad:be:ef:00:01 and more'].join('\n'));
  const radio = ['--scanners', 'exec', '--exec-command', `${process.execPath} ${join(directory, 'radio.cjs')}`];
  for (const output of ['ndjson', 'table']) {
    const scan = await runProgram('tdc-agent', ['scan', ...radio, '--seconds', '6', '--output', output], { directory });
    expect(scan.code, scan.describe()).toBe(0);
    expect(scan.stdout.split('\n').length).toBeGreaterThan(addresses.size / 2);
    const written = [
      { where: `standard output, ${output}`, bytes: Buffer.from(scan.stdout) },
      { where: `standard error, ${output}`, bytes: Buffer.from(scan.stderr) },
    ];
    expect(tracesOf(new Set([...addresses, 'de:ad:be:ef:00:01']))(written)).toEqual([]);
  }
  const names = (await filesIn(directory)).map(({ where }) => relative(directory, where));
  expect(names.sort()).toEqual(['heard', 'radio.cjs']);
});
