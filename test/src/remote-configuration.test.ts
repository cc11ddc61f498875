import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemoteConfigurationState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { listenForNotifications } from '@tdc/shared/notify-listener.ts';
import { configurationJson } from '@tdc/shared/status-json.ts';
import { expect, test } from 'vitest';
import { makeKeyFile } from './harness/agent.ts';
import { ConfigAuthor } from './harness/config-author.ts';
import { type EnrollingNetwork, startEnrollingNetwork } from './harness/enrolling-network.ts';
import { Program, runProgram } from './harness/program.ts';
import { agentStatus } from './harness/rpc.ts';
import { TcpProxy } from './harness/tcp-proxy.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

/** An enrolled box with a configuration file, over TLS, and who may change its settings. */
interface Field extends AsyncDisposable {
  readonly directory: string;
  readonly network: EnrollingNetwork;
  readonly author: ConfigAuthor;
  readonly box: Box;
}

interface Box {
  readonly detectorId: string;
  readonly stateDir: string;
  /** Where it is, for every command of the agent. */
  readonly flags: readonly string[];
}

async function startField(detectorIds: readonly string[], probationSeconds: number): Promise<Field> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory()).path;
  const network = stack.use(await startEnrollingNetwork(directory, { detectorIds }));
  const author = await ConfigAuthor.begin(directory);
  const box = await enrolledBox(directory, network, author, probationSeconds);
  const all = stack.move();
  return { directory, network, author, box, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function enrolledBox(
  directory: string,
  network: EnrollingNetwork,
  author: ConfigAuthor,
  probationSeconds: number,
): Promise<Box> {
  const stateDir = join(directory, 'state');
  const keyFile = await makeKeyFile(directory, Date.now());
  const file = join(directory, 'agent.yaml');
  await writeFile(join(directory, 'cars.sh'), cars);
  const settings = {
    scanners: ['exec'],
    exec: { command: ['sh', join(directory, 'cars.sh')] },
    passage: { gap_seconds: 1 },
    outbox: { flush_ms: 100 },
    clock: { trust: true },
    status: { interval_seconds: 1 },
    uplink: { backoff_ms_base: 100, backoff_ms_max: 300 },
    config: { author: author.fingerprint, probation_seconds: probationSeconds },
    log: { level: 'info' },
  };
  await writeFile(file, JSON.stringify(settings));
  const flags = ['--state-dir', stateDir, '--key-file', keyFile, '--config-file', file];
  const enrolled = await runProgram('tdc-agent', ['enrol', await network.token('D1'), ...flags], { directory });
  if (enrolled.code !== 0) throw new Error(enrolled.describe());
  return { detectorId: 'D1', stateDir, flags };
}

/** Another car five times a second. */
const line = '{"kind":"classic","address":"00:11:22:%02x:%02x:01","address_type":"public","rssi":-60}';
const cars = `i=0; while :; do printf '${line}\\n' $((i / 256)) $((i % 256)); i=$((i + 1)); sleep 0.2; done\n`;

const startAgent = ({ directory, box }: Field, env: Readonly<Record<string, string>> = {}) =>
  new Program('tdc-agent', ['run', ...box.flags], { directory, env });

type Shown = NonNullable<ReturnType<typeof configurationJson>>;

/** What the operator sees of the settings of the box. */
async function shown({ network, box }: Field): Promise<Shown | null> {
  const text = await network.tdc('detector', 'show', box.detectorId, '--output', 'json');
  return JSON.parse(text)[0].configuration;
}

/** Once the box says so, the operator sees it. */
async function untilShown(field: Field, what: string, is: (configuration: Shown) => boolean): Promise<Shown> {
  const isIt = (found: Shown | null) => (found !== null && is(found) ? found : undefined);
  await until(`${what} on the box`, async () => {
    const status = await agentStatus(field.box.stateDir);
    return status && isIt(configurationJson(status));
  });
  return until(what, async () => isIt(await shown(field)));
}

async function send({ network }: Field, letters: string): Promise<void> {
  await network.tdc('letters', 'send', letters);
}

async function refusalOf(field: Field, letters: string): Promise<string> {
  return send(field, letters).then(
    () => 'taken',
    (error: unknown) => String(error),
  );
}

/** Changed on its way: some bytes of the letter are others. */
async function withLetters(letters: string, change: (line: Record<string, unknown>) => object): Promise<string> {
  const file = `${letters}.changed`;
  await writeFile(file, `${JSON.stringify(change(JSON.parse(await readFile(letters, 'utf8'))))}\n`);
  return file;
}

function tampered(line: Record<string, unknown>): object {
  const letter = Buffer.from(String(line.letter), 'base64');
  const at = letter.indexOf('gap_seconds: 2');
  letter.write('gap_seconds: 9', at);
  return { ...line, letter: letter.toString('base64') };
}

async function valueOnBox({ directory, box }: Field, option: string, ...flags: readonly string[]) {
  const args = ['config', 'check', '--output', 'json', ...box.flags, ...flags];
  const checked = await runProgram('tdc-agent', args, { directory });
  const options = JSON.parse(checked.stdout) as { option: string; value: unknown; source: string }[];
  return options.find((each) => each.option === option);
}

/** Every event that was made is at the centre. */
async function expectConserved(field: Field, agent: Program): Promise<void> {
  agent.kill('SIGTERM');
  await agent.exitsWith(0);
  const drained = await runProgram('tdc-agent', ['drain', ...field.box.flags], { directory: field.directory });
  const { made, acknowledged, dropped } = JSON.parse(drained.stdout.trim().split('\n').at(-1) ?? '');
  expect([acknowledged, dropped]).toEqual([made, 0]);
  const stored = await field.network.tdc('events', '--from', '-1h', '--limit', '0', '--output', 'ndjson');
  expect(stored.trim().split('\n')).toHaveLength(made);
  expect(made).toBeGreaterThan(5);
}

test('settings are changed from afar by their author alone, and a box that does not reach the collector with them takes the ones before', async () => {
  await using field = await startField(['D1', 'D2'], 6);
  const { author, directory } = field;
  await using manager = await listenForNotifications(directory);
  await using agent = startAgent(field, { NOTIFY_SOCKET: manager.socket });
  await untilShown(field, 'a box that takes configurations', () => true);

  // What the box would not take does not get as far as to it.
  const good = await author.sign('passage: {gap_seconds: 2}\n', 'D1');
  expect(await refusalOf(field, await withLetters(good, tampered))).toMatch(
    /the signature of the letter is not that of/,
  );
  const toAnother = (line: object) => ({ ...line, detector_id: 'D2' });
  expect(await refusalOf(field, await withLetters(good, toAnother))).toMatch(/detector D2: .*has not reported/);
  const mallory = await ConfigAuthor.begin(directory, 'mallory');
  expect(await refusalOf(field, await mallory.sign('log: {level: info}\n', 'D1'))).toMatch(
    `the letter is signed by ${mallory.fingerprint}: expected config.author ${author.fingerprint}`,
  );
  await expect(author.sign(`# ${'x'.repeat(8192)}`, 'D1')).rejects.toThrow(/8194 bytes: expected at most 8192/);
  expect(await shown(field)).toMatchObject({ sequence: null, state: null, refused: null });

  // A good one takes effect, and proves itself; a flag on the box still wins.
  await send(field, good);
  expect(await untilShown(field, 'the first', ({ state }) => state === 'current')).toMatchObject({ sequence: 1 });
  expect(await valueOnBox(field, 'passage.gap_seconds')).toMatchObject({
    value: 2,
    source: 'configuration 1: passage.gap_seconds',
  });
  expect(await valueOnBox(field, 'passage.gap_seconds', '--passage-gap-seconds', '7')).toMatchObject({ value: 7 });

  // What must not be set, and what cannot be read, is refused by the box.
  await send(field, await author.sign('exec: {command: [reboot]}\npassage: {gap_seconds: lots}\ntls: {ca: x}\n', 'D1'));
  const refused = await untilShown(field, 'the second refused', (configuration) => configuration.refused !== null);
  expect(refused).toMatchObject({ sequence: 1, state: 'current', refused: { sequence: 2, refusal: 'refused' } });
  for (const problem of [
    'configuration 2: exec.command cannot be set by letter',
    'configuration 2: passage.gap_seconds "lots": expected number',
    'configuration 2: tls.ca cannot be set by letter',
  ]) {
    expect(refused.refused?.reason).toContain(problem);
  }

  // One with which the collector is not reached is rolled back, and told once it is reached again.
  const dead = await author.sign('collector: {address: "localhost:1"}\n', 'D1');
  await send(field, dead);
  const back = await untilShown(
    field,
    'the third rolled back',
    (configuration) => configuration.refused?.refusal === 'rolled_back',
  );
  expect(back).toMatchObject({ sequence: 1, state: 'current', refused: { sequence: 3 } });
  expect(back.refused?.reason).toMatch(/^the collector has acknowledged no status within 6 s: .*ECONNREFUSED/);
  expect(await field.network.tdc('detectors')).toMatch(/D1 .*warning.*configuration 3 rolled back/);

  // It is not tried again, nor is an old one.
  await send(field, dead);
  await untilGone(field);
  await send(field, good);
  const old = await untilShown(field, 'the old one refused', ({ refused }) =>
    /is an old one/.test(refused?.reason ?? ''),
  );
  expect(old).toMatchObject({ sequence: 1, state: 'current', refused: { sequence: null, refusal: 'refused' } });
  expect(old.refused?.reason).toBe('configuration 1 is an old one: 3 has been dealt with');
  const runs = agent.jsonLines().filter(({ msg }) => msg === 'running');
  expect(runs.map(({ configuration }) => configuration)).toEqual([undefined, 1, 3, 1]);

  // The last takes the place of all before: none of their settings is left.
  await send(field, await author.sign('log: {level: info}\n', 'D1'));
  await untilShown(field, 'the fourth', ({ sequence, state }) => sequence === 4 && state === 'current');
  expect(await valueOnBox(field, 'passage.gap_seconds')).toMatchObject({ value: 1 });
  expect(await shown(field)).toMatchObject({ refused: null });

  // To its service manager the agent never ended.
  const told = () => manager.messages.flat().filter((message) => /^(READY|STOPPING)=/.test(message));
  expect(told()).toEqual(['READY=1']);
  await expectConserved(field, agent);
  expect(told()).toEqual(['READY=1', 'STOPPING=1']);
}, 240_000);

/** Letters that the box has dealt with are not at the server any more. */
const untilGone = ({ network }: Field) =>
  until('no letter left', async () => {
    const boxes = JSON.parse(await network.tdc('boxes', '--output', 'json')) as { letters: unknown[] }[];
    return boxes.every(({ letters }) => letters.length === 0) || undefined;
  });

test('a box that is killed while it tries a configuration goes on trying, or takes the one before, and loses nothing', async () => {
  await using field = await startField(['D1'], 600);
  const { author, box } = field;
  await using proxy = await TcpProxy.start();
  // Who connects is reset for as long as it has no target.
  const settingsWith = ({ address }: TcpProxy) =>
    `collector: {address: "${address.replace('127.0.0.1', 'localhost')}"}\n`;
  const killedUnder = async (agent: Program, configuration: number) => {
    await agent.jsonLine('running', (line) => line.msg === 'running' && line.configuration === configuration);
    const status = await until('a status', () => agentStatus(box.stateDir));
    expect(status.configuration).toMatchObject({
      sequence: configuration,
      state: RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_PROBATION,
    });
    agent.kill('SIGKILL');
    await agent.exit();
  };

  // Killed once in the middle; the collector is there when it is back.
  const first = startAgent(field);
  await untilShown(field, 'a box that takes configurations', () => true);
  await send(field, await author.sign(settingsWith(proxy), 'D1'));
  await killedUnder(first, 1);
  proxy.target = field.network.collector.replace('localhost', '127.0.0.1');
  const second = startAgent(field);
  await untilShown(field, 'the first', ({ sequence, state }) => sequence === 1 && state === 'current');
  expect(proxy.connections.length).toBeGreaterThan(0);

  // Killed again and again: in the end it does without.
  await using away = await TcpProxy.start();
  await send(field, await author.sign(settingsWith(away), 'D1'));
  await killedUnder(second, 2);
  for (let start = 2; start <= 3; start += 1) await killedUnder(startAgent(field), 2);
  await using last = startAgent(field);
  const back = await untilShown(field, 'the second rolled back', ({ refused }) => refused !== null);
  expect(back).toMatchObject({
    sequence: 1,
    state: 'current',
    refused: { sequence: 2, refusal: 'rolled_back', reason: 'it was begun with 3 times, and proved itself in none' },
  });
  await expectConserved(field, last);

  // Whoever enrols the box anew has it where the token says, and not where a letter led it.
  expect(await valueOnBox(field, 'collector.address')).toMatchObject({ source: 'configuration 1: collector.address' });
  const again = ['enrol', await field.network.token('D1'), ...box.flags];
  expect(await runProgram('tdc-agent', again, { directory: field.directory })).toMatchObject({ code: 0 });
  expect(await valueOnBox(field, 'collector.address')).toMatchObject({ value: field.network.collector });
}, 240_000);

test('an agent of another version starts without a configuration that it cannot use, and says so', async () => {
  await using folder = await temporaryDirectory();
  const { path: directory } = folder;
  const [author, stateDir] = ['7k2m-w0qe-9rtz-ncb4-5hxy-a1p8', join(directory, 'state')];
  const current = { sequence: 5, text: 'radar: {beam: wide}\nscanners: [simulated]\n' };
  await mkdir(stateDir, { mode: 0o700 });
  const written = { detectorId: 'D1', author, state: { type: 'settled', sequence: 5, current } };
  await writeFile(join(stateDir, 'configuration.json'), JSON.stringify(written), { mode: 0o600 });
  const flags = ['--detector-id', 'D1', '--state-dir', stateDir, '--config-author', author];
  const key = ['--key-file', await makeKeyFile(directory, Date.now())];
  await using agent = new Program('tdc-agent', ['run', ...flags, ...key, '--collector-address', '127.0.0.1:1'], {
    directory,
  });
  const status = await until(`a status of ${agent.describe()}`, () => agentStatus(stateDir));
  expect(configurationJson(status)).toMatchObject({
    sequence: 5,
    state: 'unusable',
    refused: { sequence: 5, refusal: 'refused', reason: expect.stringContaining('configuration 5: unknown key radar') },
  });
  expect(status.scanners).toEqual([]);
  const checked = await runProgram('tdc-agent', ['config', 'check', ...flags], { directory });
  expect(checked).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /^tdc-agent: without the configuration by letter: configuration 5: unknown key radar/,
    ),
  });
  const examined = await runProgram('tdc-agent', ['doctor', '--output', 'json', ...flags], { directory });
  expect(JSON.parse(examined.stdout)).toContainEqual(
    expect.objectContaining({ level: 'warning', found: expect.stringContaining('configuration 5 refused: ') }),
  );
  agent.kill('SIGTERM');
  await agent.exitsWith(0);
});
