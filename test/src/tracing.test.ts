import { startSpanReceiver } from '@tdc/server/tracing/span-receiver.ts';
import { expect, test } from 'vitest';
import { Program } from './harness/program.ts';
import { putDetectors } from './harness/rpc.ts';
import { serverArgs } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';

/** Says on standard error which packages of OpenTelemetry are loaded. */
const watchLoading = `import { registerHooks } from 'node:module';
registerHooks({ resolve(specifier, context, next) {
  if (specifier.startsWith('@opentelemetry/')) process._rawDebug('loads ' + specifier);
  return next(specifier, context);
} });`;
const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(watchLoading)}` };

async function startServer(directory: string, ...flags: readonly string[]) {
  const program = new Program('tdc-server', serverArgs(directory, ...flags), { directory, env });
  const { collector, http } = await program.jsonLine('serving line', ({ msg }) => msg === 'serving');
  await putDetectors(String(collector), ['D1']);
  expect((await fetch(`http://${http}/api/v1/detectors`)).status).toBe(200);
  return program;
}

test('a server without traces loads nothing for them', async () => {
  await using folder = await temporaryDirectory();
  await using server = await startServer(folder.path);
  server.kill('SIGTERM');
  await server.exitsWith(0);
  // The client of Prometheus names its types.
  expect(server.stderr.replaceAll('loads @opentelemetry/api\n', '')).toBe('');
});

test('a server with traces sends the last of them when it ends', async () => {
  await using folder = await temporaryDirectory();
  await using receiver = await startSpanReceiver();
  await using server = await startServer(folder.path, '--tracing-endpoint', receiver.endpoint);
  expect(server.stderr).toContain('loads @opentelemetry/sdk-trace\n');
  server.kill('SIGTERM');
  await server.exitsWith(0);
  expect(receiver.spans.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['tdc.v1.CollectorService/PutDetector', 'GET /api/v1/detectors']),
  );
});

test('a server whose traces nobody takes serves and ends all the same, and says what was lost', async () => {
  await using folder = await temporaryDirectory();
  await using receiver = await startSpanReceiver();
  receiver.answers = 'never';
  await using server = await startServer(folder.path, '--tracing-endpoint', receiver.endpoint);
  server.kill('SIGTERM');
  await server.exitsWith(0, 15_000);
  expect(server.jsonLines().at(-1)).toMatchObject({ msg: 'spans of traces were lost', sent: 0 });
});
