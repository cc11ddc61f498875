import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { expect, test } from 'vitest';
import { showProgress } from './progress.ts';

function show(isTTY: boolean) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const written: string[] = [];
  const lines = ['line 1', 'line 2'];
  const ended = showProgress(() => lines.shift() ?? '', {
    output: { isTTY, write: (text) => written.push(text) },
    clock,
    signal: stop.signal,
  });
  return { clock, stop, written, ended };
}

test('a terminal shows one line, which is replaced and in the end removed', async () => {
  const { clock, stop, written, ended } = show(true);
  await clock.advance(500);
  await clock.advance(500);
  stop.abort();
  await ended;
  expect(written).toEqual(['\r\u001b[Kline 1', '\r\u001b[Kline 2', '\r\u001b[K']);
});

test('anything else gets a line each ten seconds', async () => {
  const { clock, stop, written, ended } = show(false);
  await clock.advance(9999);
  await clock.advance(1);
  await clock.advance(10_000);
  stop.abort();
  await ended;
  expect(written).toEqual(['line 1\n', 'line 2\n']);
});
