import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CertificateAuthority } from '@tdc/server/repositories/etcd/certificate-authority.ts';
import { expect, test } from 'vitest';
import { makeKeyFile, startAgent } from './harness/agent.ts';
import { runProgram } from './harness/program.ts';
import { startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const recording = inProject('test/fixtures/road.csv.gz');
const network = inProject('deploy/demo/road.yaml');
const byName = (address: string) => `localhost:${address.split(':')[1]}`;

test('over TLS a box delivers its events, another that takes its name keeps them, and operators do what their tokens let them', async () => {
  await using folder = await temporaryDirectory();
  const directory = folder.path;
  const authority = new CertificateAuthority(join(directory, 'certificates'), 'ours');
  const own = authority.certificate('server');
  const made = await runProgram('tdc-server', [...tokenCreate, '--sqlite-file', join(directory, 'server.sqlite')], {
    directory,
  });
  const token = made.stdout.trim();
  await writeFile(join(directory, 'admin.token'), token);
  await using server = await startServer(
    directory,
    ...['--collector-event-age-days-max', '36500', '--tls-cert', own.certFile, '--tls-key', own.keyFile],
    ...['--tls-client-ca', authority.file],
  );
  const [collector, query] = [byName(server.collector), byName(server.query)];
  const tdc = (...args: readonly string[]) =>
    runProgram('tdc', [...args, '--collector', collector, '--query', query, '--tls-ca', authority.file], { directory });
  const asAdmin = ['--token-file', join(directory, 'admin.token')];
  expect(await tdc('network', 'apply', network)).toMatchObject({ code: 1, stdout: '' });
  expect(await tdc('network', 'apply', network, ...asAdmin)).toMatchObject({ code: 0 });

  const keyFile = await makeKeyFile(directory, 1_764_547_200_000);
  const boxOf = async (detectorId: string, named = detectorId) => {
    const place = { directory, detectorId, keyFile, collector };
    await using replay = startAgent(place, ['replay', recording], ['--no-send']);
    await replay.exitsWith(0);
    const { certFile, keyFile: key } = authority.certificate(named, { uri: `urn:tdc:detector:${named}` });
    return startAgent(place, ['drain'], ['--tls-ca', authority.file, '--tls-cert', certFile, '--tls-key', key]);
  };
  await using box = await boxOf('D1');
  await box.exitsWith(0);
  const delivered = box.jsonLines().at(-1);
  expect(delivered).toMatchObject({ dropped: 0 });
  expect(Number(delivered?.acknowledged)).toBeGreaterThan(100);
  await using stranger = await boxOf('D2', 'D3');
  const refusal = 'expected the detector of the certificate, detector D3';
  await stranger.jsonLine('refusal', (line) => JSON.stringify(line).includes(refusal));
  stranger.kill('SIGINT');
  await stranger.exit();
  const kept = stranger.jsonLines().at(-1);
  expect(kept).toMatchObject({ acknowledged: 0, dropped: 0 });
  expect(Number(kept?.made)).toBeGreaterThan(100);

  const events = await tdc(
    'events',
    '--from',
    '2020-01-01T00:00:00Z',
    '--limit',
    '0',
    '--output',
    'ndjson',
    ...asAdmin,
  );
  const from = events.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).detector_id);
  expect(from).toHaveLength(Number(delivered?.acknowledged));
  expect(new Set(from)).toEqual(new Set(['D1']));
  const written = `${server.program.stdout}${server.program.stderr}`;
  expect(written).toContain('"method":"PutDetector","subject":"detector D1","result":"ok"');
  expect(written).not.toContain(token);
}, 300_000);

const tokenCreate = ['token', 'create', '--role', 'admin', '--name', 'ann'] as const;

test('a server that others reach in plain text says at its start that everybody may do everything', async () => {
  await using folder = await temporaryDirectory();
  await using server = await startServer(folder.path, '--host', '0.0.0.0', '--allow-plaintext');
  await server.program.jsonLine('warning', ({ msg }) => String(msg).includes('everybody there may do everything'));
});
