import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { CertificateAuthority } from '@tdc/server/repositories/etcd/certificate-authority.ts';
import { formatEnrolmentToken, parseEnrolmentToken } from '@tdc/shared/enrolment-token.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKeyFile } from './harness/agent.ts';
import { type EnrollingNetwork, startEnrollingNetwork } from './harness/enrolling-network.ts';
import { Program, runProgram } from './harness/program.ts';
import { agentStatus } from './harness/rpc.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

/** Short enough to be renewed several times in a test. */
const certificateDays = 20 / 86_400;
let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let network: EnrollingNetwork;

beforeAll(async () => {
  folder = await temporaryDirectory();
  // Another user goes through it.
  chmodSync(folder.path, 0o711);
  const flags = ['--enrolment-certificate-days', String(certificateDays)];
  network = await startEnrollingNetwork(folder.path, { detectorIds: ['D1', 'D2', 'D3'], flags });
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test('a box enrols, renews by itself, keeps its events while it is revoked, and sends them after it has enrolled again', async () => {
  const { path: directory } = folder;
  const stateDir = join(directory, 'state');
  const identityFile = join(stateDir, 'identity.pem');
  const place = ['--state-dir', stateDir, '--key-file', await makeKeyFile(directory, Date.now())];
  const enrolled = await runProgram('tdc-agent', ['enrol', '-', ...place], {
    directory,
    stdin: `${await network.token('D1')}\n`,
  });
  expect(enrolled).toMatchObject({ code: 0, stderr: '' });
  expect(enrolled.stdout).toMatch(/This box is now detector D1, and sends to localhost:\d+\.\n.*identity\.pem/);
  expect(statSync(identityFile).mode & 0o777).toBe(0o600);

  await using agent = new Program('tdc-agent', ['run', ...place, ...passingCars(directory)], { directory });
  const status = async () => await agentStatus(stateDir);
  const acknowledgedMoreThan = (count: bigint) =>
    until(`more than ${count} acknowledged events of ${agent.describe()}`, async () => {
      const events = (await status())?.events;
      return events !== undefined && events.acknowledged > count ? events.acknowledged : undefined;
    });
  await acknowledgedMoreThan(2n);
  const first = readFileSync(identityFile, 'utf8');
  await until('the third certificate', async () => ((await certificates()).length >= 3 ? true : undefined));
  expect(readFileSync(identityFile, 'utf8')).not.toBe(first);
  // On a connection with a new certificate, as those before have ended by now or soon.
  await acknowledgedMoreThan((await status())?.events?.acknowledged ?? 0n);

  await network.tdc('certificate', 'revoke', '--detector', 'D1', '--reason', 'box lost');
  const told = await until('the reason in the status', async () => {
    const answer = await status();
    return /revoked/.test(answer?.lastError ?? '') && (answer?.events?.inOutbox ?? 0n) > 5n ? answer : undefined;
  });
  expect(told.lastError).toMatch(/the certificate that was shown is revoked|was revoked at .*box lost/);
  expect(told.events?.dropped).toEqual([]);

  const again = await runProgram('tdc-agent', ['enrol', await network.token('D1'), ...place], { directory });
  expect(again).toMatchObject({ code: 0 });
  await acknowledgedMoreThan((told.events?.acknowledged ?? 0n) + (told.events?.inOutbox ?? 0n));
  agent.kill('SIGTERM');
  expect(await agent.exit()).toMatchObject({ code: 0 });
  const drained = await runProgram('tdc-agent', ['drain', ...place], { directory });
  const { made, acknowledged, dropped } = JSON.parse(drained.stdout.trim().split('\n').at(-1) ?? '');
  expect([acknowledged, dropped]).toEqual([made, 0]);
  const stored = await network.tdc('events', '--from', '-1h', '--limit', '0', '--output', 'ndjson');
  expect(stored.trim().split('\n')).toHaveLength(made);
});

/** A scanner that hears another car five times a second. */
function passingCars(directory: string): readonly string[] {
  const script = join(directory, 'cars.sh');
  const line = '{"kind":"classic","address":"00:11:22:%02x:%02x:01","address_type":"public","rssi":-60}';
  const loop = `i=0; while :; do printf '${line}\\n' $((i / 256)) $((i % 256)); i=$((i + 1)); sleep 0.2; done`;
  writeFileSync(script, `${loop}\n`);
  return [
    ...['--scanners', 'exec', '--exec-command', `sh ${script}`, '--passage-gap-seconds', '1', '--clock-trust'],
    ...['--status-interval-seconds', '1', '--uplink-backoff-ms-base', '100', '--uplink-backoff-ms-max', '300'],
  ];
}

async function certificates(): Promise<readonly unknown[]> {
  return JSON.parse(
    await network.tdc('certificate', 'list', '--detector', 'D1', '--output', 'json'),
  ) as readonly unknown[];
}

describe('tdc-agent enrol', () => {
  const identityFile = (box: string) => join(folder.path, box, 'identity.pem');
  const enrol = (box: string, ...args: readonly string[]) =>
    runProgram('tdc-agent', ['enrol', '--state-dir', join(folder.path, box), ...args], { directory: folder.path });

  test('says what is wrong with a token: mistyped, used, or void; and leaves the identity as it was', async () => {
    const token = await network.token('D2');
    const mistyped = await enrol(
      'a',
      token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    );
    expect(mistyped).toMatchObject({ code: 2, stderr: expect.stringContaining('its checksum is wrong') });
    expect(existsSync(identityFile('a'))).toBe(false);
    expect(await enrol('a', token)).toMatchObject({ code: 0 });
    const before = readFileSync(identityFile('a'));
    const used = await enrol('b', token);
    expect(used).toMatchObject({ code: 1, stderr: expect.stringContaining('was used already, by another key') });
    expect(existsSync(identityFile('b'))).toBe(false);
    const cancelled = await network.token('D2');
    await network.tdc('enrol', 'cancel', '--detector', 'D2');
    expect(await enrol('a', cancelled)).toMatchObject({ code: 1, stderr: expect.stringContaining('was cancelled') });
    expect(readFileSync(identityFile('a'))).toEqual(before);
    expect(network.server.stdout).not.toContain(token.split('/')[1]);
  });

  test('says that nobody is there', async () => {
    const token = parseEnrolmentToken(await network.token('D2'));
    const nowhere = await enrol('c', formatEnrolmentToken({ ...token, collectorAddress: 'localhost:9' }));
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('localhost:9: nothing listens there') });
  });

  test('sends nothing to somebody between, who has not the key of the authority', async () => {
    const authority = new CertificateAuthority(join(folder.path, 'mallory'), 'mallory');
    const { certFile, keyFile } = authority.certificate('localhost', { usage: 'serverAuth' });
    const cert = Buffer.concat([readFileSync(certFile), readFileSync(authority.file)]);
    let heard = 0;
    const mallory = createServer({ cert, key: readFileSync(keyFile), ALPNProtocols: ['h2'] }, (socket) => {
      socket.on('data', (bytes) => {
        heard += bytes.length;
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => mallory.listen(0, '127.0.0.1', resolve));
    const bound = mallory.address();
    const port = typeof bound === 'object' ? bound?.port : undefined;
    const token = parseEnrolmentToken(await network.token('D2'));
    const refused = await enrol('d', formatEnrolmentToken({ ...token, collectorAddress: `localhost:${port}` }));
    mallory.close();
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('somebody may be between') });
    expect(heard).toBe(0);
    expect(existsSync(identityFile('d'))).toBe(false);
  });

  test('takes the token of a file on the boot partition, which goes; what is wrong is beside it', async () => {
    const file = join(folder.path, 'tdc-enrol.txt');
    const result = join(folder.path, 'tdc-enrol.result.txt');
    expect(await enrol('e', '--file', file)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing to do'),
    });
    writeFileSync(file, '\uFEFF# D3\r\n\r\nD3@localhost:1/wrong\r\n');
    expect(await enrol('e', '--file', file)).toMatchObject({ code: 2 });
    expect(readFileSync(result, 'utf8')).toMatch(/^This box is not enrolled: the token: 5 characters behind the slash/);
    expect(existsSync(file)).toBe(true);
    writeFileSync(file, `\uFEFF# D3\r\n${await network.token('D3')}\r\n`);
    expect(await enrol('e', '--file', file)).toMatchObject({ code: 0 });
    expect([existsSync(file), existsSync(result), existsSync(identityFile('e'))]).toEqual([false, false, true]);
    const check = ['config', 'check', '--output', 'json', '--state-dir', join(folder.path, 'e')];
    const { stdout } = await runProgram('tdc-agent', check, { directory: folder.path });
    expect(JSON.parse(stdout)).toContainEqual({
      option: 'detector.id',
      value: 'D3',
      source: `identity file ${identityFile('e')}`,
    });
  });

  test.skipIf(process.getuid?.() !== 0)('as root leaves the files to the owner of the state folder', async () => {
    mkdirSync(join(folder.path, 'f'), { mode: 0o700 });
    chownSync(join(folder.path, 'f'), 4711, 4712);
    expect(await enrol('f', await network.token('D2'))).toMatchObject({ code: 0 });
    expect(statSync(identityFile('f'))).toMatchObject({ uid: 4711, gid: 4712 });
  });
});
