import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@tdc/shared/clock.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { expect, test } from 'vitest';
import { createAuthority, issueServerFiles } from '../commands/authority.ts';
import { watchServerCertificate } from './watch-server-certificate.ts';

const dayMs = 86_400_000;

test('a certificate of 398 days is warned of daily in its last thirty, and told to have ended after it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tdc-watch-'));
  createAuthority(folder, 'a city', systemClock);
  issueServerFiles(folder, ['localhost'], systemClock);
  const startedMs = Date.now();
  const over = new AbortController();
  let day = 0;
  const clock: Clock = {
    ...systemClock,
    nowMs: () => startedMs + day * dayMs,
    async sleep() {
      if (++day > 400) over.abort();
    },
  };
  const told: [number, string][] = [];
  const write = (line: string) => told.push([day, String(JSON.parse(line).msg)]);
  const logger = createLogger({ level: 'info', output: { write } });
  await watchServerCertificate({ certFile: join(folder, 'server.pem'), clock, logger }, over.signal);
  rmSync(folder, { recursive: true });
  expect(told[0]).toEqual([368, expect.stringContaining('ends within a month')]);
  expect(told.filter(([, text]) => text.includes('ends within a month'))).toHaveLength(30);
  expect(told.filter(([, text]) => text.includes('has ended')).map(([at]) => at)).toEqual([398, 399, 400]);
});
