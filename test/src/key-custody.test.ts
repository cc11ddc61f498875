import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Box } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { isSameChain } from '@tdc/shared/key-chain.ts';
import { parseKeyText } from '@tdc/shared/key-text.ts';
import { expect, test } from 'vitest';
import { stateDirectory } from './harness/agent.ts';
import { type Found, filesIn, tracesOfSecret } from './harness/byte-search.ts';
import { Custodian } from './harness/custodian.ts';
import { Program, runProgram } from './harness/program.ts';
import { agentStatus, ask, boxMailAt, listEvents, putDetectors } from './harness/rpc.ts';
import { type RunningServer, startServer } from './harness/server.ts';
import { TcpProxy } from './harness/tcp-proxy.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

interface Network extends AsyncDisposable {
  readonly directory: string;
  readonly server: RunningServer;
  readonly proxy: TcpProxy;
  readonly custodian: Custodian;
  readonly fingerprint: string;
}

async function startNetwork(detectorIds: readonly string[]): Promise<Network> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory()).path;
  const server = stack.use(await startServer(directory));
  await putDetectors(server.collector, detectorIds);
  const proxy = stack.use(await TcpProxy.start(server.collector));
  const custodian = await Custodian.begin(directory);
  const { fingerprint } = custodian;
  await writeFile(join(directory, 'radio.cjs'), radio);
  const all = stack.move();
  return { directory, server, proxy, custodian, fingerprint, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The same device drives by every four seconds. */
const radio = `
const hear = () => console.log('{"kind":"classic","address":"80:91:a2:b3:c4:d5","address_type":"public","rssi":-50}');
hear(); setInterval(hear, 4000);
`;

const stateOf = ({ directory }: Network, detectorId: string) => stateDirectory({ directory, detectorId, keyFile: '' });

function startBox(network: Network, detectorId: string, ...flags: readonly string[]): Program {
  const { directory, proxy, fingerprint } = network;
  const args = [
    ...['run', '--detector-id', detectorId, '--state-dir', stateOf(network, detectorId)],
    ...['--collector-address', proxy.address, '--key-custodian', fingerprint, '--status-interval-seconds', '1'],
    ...['--scanners', 'exec', '--exec-command', `${process.execPath} ${join(directory, 'radio.cjs')}`],
    ...['--passage-gap-seconds', '1', '--outbox-flush-ms', '100', '--clock-trust', '--tag-bits', '64'],
    ...['--uplink-backoff-ms-base', '50', '--uplink-backoff-ms-max', '200', '--log-level', 'info'],
  ];
  return new Program('tdc-agent', [...args, ...flags], { directory });
}

async function tdc({ directory, proxy, server }: Network, ...args: readonly string[]): Promise<string> {
  const flags = ['--collector', proxy.address, '--query', server.query];
  const ran = await runProgram('tdc', [...args, ...flags], { directory });
  if (ran.code !== 0) throw new Error(ran.describe());
  return ran.stdout;
}

/** The boxes as the server has them, once so many of them wait for their key; a file for the custodian. */
async function requestsOf(network: Network, waiting: number): Promise<string> {
  await until(`${waiting} boxes that wait`, async () => {
    const boxes = (await boxesOf(network)).filter(({ waitsForKey, boxKey }) => waitsForKey && boxKey.length > 0);
    return boxes.length === waiting ? true : undefined;
  });
  const file = join(network.directory, 'requests.ndjson');
  await writeFile(file, await tdc(network, 'boxes', '--output', 'ndjson'));
  return file;
}

async function boxesOf({ server }: Network): Promise<readonly Box[]> {
  using mail = boxMailAt(server.collector);
  return (await ask(mail.client, mail.client.listBoxes, {})).boxes;
}

/** As an installer reads it out on the box. */
async function approve(network: Network, detectorId: string): Promise<void> {
  const { boxKeyFingerprint = '' } = (await agentStatus(stateOf(network, detectorId))) ?? {};
  await network.custodian.done('approve', detectorId, boxKeyFingerprint);
}

async function send(network: Network, letters: string): Promise<void> {
  const file = join(network.directory, 'letters.ndjson');
  await writeFile(file, letters);
  await tdc(network, 'letters', 'send', file);
}

const keyOf = async (network: Network, detectorId: string) =>
  parseKeyText(await readFile(join(stateOf(network, detectorId), 'key.json'), 'utf8'), 'key file');

const taken = (box: Program, letter: number) =>
  box.jsonLine(`letter ${letter}`, (line) => line.letter === letter && /^took the key/.test(String(line.msg)));

/** All that the server has on disk or has logged, and all that went over the wire. */
const seenByServer = async ({ directory, server, proxy }: Network): Promise<readonly Found[]> => [
  ...(await filesIn(directory)).filter(({ where }) => /\/server\.sqlite[^/]*$/.test(where)),
  { where: "the server's log", bytes: Buffer.from(server.program.stdout + server.program.stderr) },
  { where: 'the wire to the server', bytes: proxy.captured('to-server') },
  { where: 'the wire to boxes', bytes: proxy.captured('to-client') },
];

const devicesOf = async ({ server }: Network, detectorId: string, sinceMs = 0): Promise<ReadonlySet<string>> => {
  const events = await listEvents(server.query, { detectorIds: [detectorId] });
  return new Set(
    events.flatMap(({ deviceId, firstSeenNs }) => (Number(firstSeenNs / 1_000_000n) >= sinceMs ? [deviceId] : [])),
  );
};

test('boxes get the key of their custodian by way of a server that never has it, and all change to another at one moment', async () => {
  await using network = await startNetwork(['D1', 'D2', 'D3']);
  const { custodian } = network;
  await using first = startBox(network, 'D1');
  await using second = startBox(network, 'D2');
  await using third = startBox(network, 'D3');

  // Nobody is handed anything on the server's word: a box is approved by what its installer reads out.
  const requests = await requestsOf(network, 3);
  const refused = await custodian.run('hand-out', requests);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/D2: box key \S+ is not approved/);
  expect((await agentStatus(stateOf(network, 'D1')))?.lastError).toMatch(/^waits for its key, and hears nothing/);
  expect(await listEvents(network.server.query)).toEqual([]);
  for (const detectorId of ['D1', 'D2', 'D3']) await approve(network, detectorId);
  const handedOut = await custodian.done('hand-out', requests);
  const letters = handedOut
    .trim()
    .split('\n')
    .map((line): string => JSON.parse(line).letter);
  await send(network, handedOut);

  for (const box of [first, second, third]) await taken(box, 1);
  const old = await keyOf(network, 'D1');
  expect(await keyOf(network, 'D2')).toEqual(old);
  await until('the device at both', async () =>
    (await devicesOf(network, 'D1')).size + (await devicesOf(network, 'D2')).size === 2 ? true : undefined,
  );
  expect(await devicesOf(network, 'D1')).toEqual(await devicesOf(network, 'D2'));
  await until('no letter left', async () =>
    (await boxesOf(network)).some((box) => box.letters.length > 0) ? undefined : true,
  );

  // The box of D3 is stolen, and that of D2 is away for the moment of the change.
  await custodian.done('forget', 'D3');
  second.kill('SIGKILL');
  await second.exit();
  const replacing = await custodian.run('replace', '--reason', 'D3 was stolen', '--in', '4s');
  const fromMs = Date.parse(/replaced at (\S+)/.exec(replacing.stderr)?.[1] ?? '');
  await send(network, replacing.stdout);
  await taken(first, 2);
  // Which of the two comes first, the letter or its time, is the machine's to say; in the end it is all the same.
  const now = await until('the other key', async () => {
    const { replacement, ...found } = await keyOf(network, 'D1');
    return replacement === undefined ? found : undefined;
  });
  await using back = startBox(network, 'D2');
  await taken(back, 2);
  await until('the device at both, with the new key', async () => {
    const [a, b] = [await devicesOf(network, 'D1', fromMs), await devicesOf(network, 'D2', fromMs)];
    return [...a].some((device) => b.has(device)) ? true : undefined;
  });
  expect((await devicesOf(network, 'D1')).size).toBe(2);

  // The other key is all that the boxes have left; who has the old one learns nothing of the other.
  expect(await keyOf(network, 'D2')).toEqual(now);
  expect((await keyOf(network, 'D3')).key).toEqual(old.key);
  expect(isSameChain(old, now)).toBe(false);
  const boxFiles = [...(await filesIn(stateOf(network, 'D1'))), ...(await filesIn(stateOf(network, 'D2')))];
  expect(tracesOfSecret(boxFiles, Buffer.from(old.key))).toEqual([]);
  expect(tracesOfSecret(boxFiles, Buffer.from(now.key)).length).toBeGreaterThan(0);
  await custodian.done('show');

  const seen = await seenByServer(network);
  // There was something to look into: the letters went over the wire as they are, and lay in the repository.
  const bodies = letters.map((letter) => Buffer.from(letter, 'base64'));
  for (const where of ['the wire to the server', 'the wire to boxes']) {
    const bytes = seen.find((each) => each.where === where)?.bytes;
    expect(bodies.every((body) => bytes?.includes(body))).toBe(true);
  }
  expect(seen.some(({ where, bytes }) => where.endsWith('-wal') && bodies.some((body) => bytes.includes(body)))).toBe(
    true,
  );
  for (const secret of [old.key, now.key]) {
    expect(tracesOfSecret(seen, Buffer.from(secret))).toEqual([]);
    expect(tracesOfSecret(await filesIn(custodian.folder), Buffer.from(secret))).toEqual([]);
  }
  const list = (await readFile(join(custodian.folder, 'hand-outs.ndjson'), 'utf8')).trim().split('\n');
  expect(
    list.map((line) => JSON.parse(line)).map(({ detector_id, letter, reason }) => [detector_id, letter, reason]),
  ).toEqual([
    ['D1', 1, null],
    ['D2', 1, null],
    ['D3', 1, null],
    ['D1', 2, 'D3 was stolen'],
    ['D2', 2, 'D3 was stolen'],
  ]);
}, 240_000);

test('a key that is kept in memory alone is in no file of the box, and comes again after a restart', async () => {
  await using network = await startNetwork(['D1']);
  const { custodian } = network;
  const start = () => startBox(network, 'D1', '--key-storage', 'memory');
  const box = start();
  const requests = await requestsOf(network, 1);
  await approve(network, 'D1');
  const letters = await custodian.done('hand-out', requests);
  await send(network, letters);
  await taken(box, 1);
  await until('an event', async () => ((await devicesOf(network, 'D1')).size === 1 ? true : undefined));

  const before = await filesIn(stateOf(network, 'D1'));
  box.kill('SIGKILL');
  await box.exit();
  await using again = start();
  await taken(again, 1);
  await until('an event after the restart', async () =>
    (await listEvents(network.server.query)).length > 1 && (await agentStatus(stateOf(network, 'D1')))?.keyEpoch !== 0
      ? true
      : undefined,
  );
  expect((await devicesOf(network, 'D1')).size).toBe(1);

  // The key itself is nowhere to be read but in the letter, with the box's own key.
  const after = await filesIn(stateOf(network, 'D1'));
  expect(after.map(({ where }) => where)).not.toContain(join(stateOf(network, 'D1'), 'key.json'));
  const key = await keyInLetter(network, letters);
  expect(tracesOfSecret([...before, ...after, ...(await seenByServer(network))], key)).toEqual([]);
}, 240_000);

/** What the letter says, opened with the key of the box. */
async function keyInLetter(network: Network, letters: string): Promise<Buffer> {
  const { openLetter } = await import('@tdc/shared/letter.ts');
  const box = JSON.parse(await readFile(join(stateOf(network, 'D1'), 'box-key.json'), 'utf8'));
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
  const { text } = await openLetter(bytes(JSON.parse(letters).letter), {
    author: network.fingerprint,
    detectorId: 'D1',
    box: { publicKey: bytes(box.public_key), privateKey: bytes(box.private_key) },
  });
  return Buffer.from(parseKeyText(text, 'the letter').key);
}
