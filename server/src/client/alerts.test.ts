import { join } from 'node:path';
import { firstEventIdAt } from '@tdc/shared/event-id.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertClaimName } from '../alerts/claim-name.ts';
import { madeUpAlert } from '../alerts/made-up-notice.ts';
import { openSqliteRepository } from '../repositories/sqlite/repository.ts';
import { acknowledge, alerts } from './alerts.ts';
import { type ClientSubject, startSubject } from './client-subject.ts';
import type { ClientConfig } from './config.ts';
import type { ClientContext } from './context.ts';

const never = new AbortController().signal;
const t0 = 1_700_000_000_000;
const open = madeUpAlert({ id: firstEventIdAt(t0), subject: 'D1' });
const past = Array.from({ length: 5 }, (_, index) =>
  madeUpAlert({ id: firstEventIdAt(t0 - 1000 * (index + 1)), subject: 'D2', cause: 'drops' }),
);
let subject: ClientSubject;

beforeAll(async () => {
  subject = await startSubject();
  await subject.stop();
  {
    await using repository = openSqliteRepository({ file: join(subject.folder, 'tdc.sqlite') });
    const session = await repository.claims.join('a', never);
    const claim = await session.claim(alertClaimName, never);
    if (claim === undefined) throw new Error('somebody else has the alerts');
    for (const each of [open, ...past]) await repository.alerts.put(claim, each, [], never);
    for (const each of past) {
      const closed = { ...each, closed: { atMs: t0, detail: 'no more events are dropped' }, version: 2 };
      await repository.alerts.put(claim, closed, [], never);
    }
  }
  await subject.start();
});
afterAll(() => subject[Symbol.asyncDispose]());

async function run(output: ClientConfig['output'], work: (context: ClientContext) => Promise<void>): Promise<string> {
  using client = subject.client({ output });
  await work(client.context);
  return client.out();
}

test('alerts that are not closed are shown, and those that are if one asks', async () => {
  const table = await run('table', (context) => alerts(context, {}));
  expect(table.trimEnd().split('\n')).toHaveLength(2);
  expect(table).toMatch(/^01HF\w+ +open +D1 +detector_silent +2023-11-14T22:13:20.000Z +no status for 11 min$/m);
  const csv = await run('csv', (context) => alerts(context, { closed: 3 }));
  expect(
    csv
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[3]),
  ).toEqual(['open', 'closed', 'closed', 'closed']);
  const json = JSON.parse(await run('json', (context) => alerts(context, { state: 'closed', subject: 'D2' })));
  expect(json).toHaveLength(5);
});

test('an alert is acknowledged with a note, and who comes second is told', async () => {
  const shown = await run('json', (context) => acknowledge(context, open.id, { note: 'on my way' }));
  expect(JSON.parse(shown)).toMatchObject([{ state: 'acknowledged', acknowledged_by: 'local', note: 'on my way' }]);
  await expect(run('json', (context) => acknowledge(context, open.id, {}))).rejects.toThrow(
    'is acknowledged already, by local',
  );
  await expect(run('json', (context) => acknowledge(context, 'x', {}))).rejects.toThrow('id');
});
