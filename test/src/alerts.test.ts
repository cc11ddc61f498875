import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWebhookReceiver } from '@tdc/server/alerts/webhook-receiver.ts';
import { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { expect, test } from 'vitest';
import { ask, collectorAt, putDetectors } from './harness/rpc.ts';
import { startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until, within } from './harness/until.ts';

test('a server that is killed while it tells of an alert tells it again under the same id, and opens none anew', async () => {
  await using folder = await temporaryDirectory();
  await using receiver = await startWebhookReceiver();
  const secretFile = join(folder.path, 'secret');
  const secret = randomBytes(32).toString('base64');
  writeFileSync(secretFile, `whsec_${secret}`);
  const flags = [
    '--alerts-webhook-url',
    receiver.url,
    '--alerts-webhook-secret-file',
    secretFile,
    '--alerts-silent-minutes',
    '0.05',
  ];
  const ids = () => receiver.posts.map(({ headers }) => headers['webhook-id']);

  receiver.answer = () => {};
  {
    await using server = await startServer(folder.path, ...flags);
    await putDetectors(server.collector, ['D1']);
    using collector = collectorAt(server.collector);
    await ask(collector.client, collector.client.reportStatus, {
      status: AgentStatus.fromPartial({ detectorId: 'D1' }),
    });
    await within(30_000, 'the first post', receiver.came(1));
    server.program.kill('SIGKILL');
    await server.program.exit();
  }
  receiver.answer = (response) => void response.writeHead(204).end();
  await using server = await startServer(folder.path, ...flags);
  await within(30_000, 'the post to come again', receiver.came(2));
  expect(new Set(ids()).size).toBe(1);
  await until('the log to say so', () => (server.program.stdout.includes('told of alerts') ? true : undefined));
  // Two more looks: nothing else follows.
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  expect(ids()).toHaveLength(2);
  expect(server.program.stdout + server.program.stderr).not.toContain(secret);
});
