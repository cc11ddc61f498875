import { systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { expect, test } from 'vitest';
import { detector } from '../repositories/contract-subject.ts';
import { EtcdCluster } from '../repositories/etcd/etcd-process.ts';
import { openEtcdRepository } from '../repositories/etcd/repository.ts';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { startHttpSubject } from './http-subject.ts';
import { listen } from './listener.ts';

const never = new AbortController().signal;
const logger = createLogger({ level: 'silent' });

test('HTTP over etcd pages, tells live what is published, and says 503 when etcd is gone', async () => {
  await using cluster = await EtcdCluster.start({ members: 1 });
  const { endpoints } = cluster;
  const options = { endpoints, prefix: 'tdc', clock: systemClock, logger, historyMinutes: 0 };
  const repository = await openEtcdRepository(options, never);
  await using subject = await startHttpSubject([], { repository });
  for (const id of ['D1', 'D2']) await repository.network.putDetector(detector(id), never);
  await repository.network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 }, never);
  const events = Array.from({ length: 5 }, (_, index) => madeUpEvent({ referenceTimeMs: 1_700_000_000_000 + index }));
  await repository.events.append(events, never);

  const ids: string[] = [];
  let token: string | null = '';
  while (token !== null) {
    const query: string = token === '' ? '' : `&page_token=${token}`;
    const page = await subject.get(`/api/v1/events?page_size=2${query}`);
    const body = page.json<{ events: { id: string }[]; next_page_token: string | null }>();
    ids.push(...body.events.map(({ id }) => id));
    token = body.next_page_token;
  }
  expect(ids).toEqual(events.map(({ id }) => id));

  using listener = await listen(`${subject.url}/api/v1/live`);
  await expect.poll(() => listener.named('detector').length).toBe(2);
  await subject.publish(madeUpEstimate(0));
  await expect.poll(() => listener.named('estimate'), { timeout: 10_000 }).toMatchObject([{ mean_seconds: 90.5 }]);

  for (const member of cluster.members) await member.kill();
  const answer = await subject.get('/api/v1/estimates/history');
  expect([answer.status, answer.json().type]).toEqual([503, 'urn:tdc:problem:unavailable']);
  await expect.poll(() => listener.named('heartbeat').at(-1)?.problem, { timeout: 30_000 }).toMatch(/cannot be read/);
});
