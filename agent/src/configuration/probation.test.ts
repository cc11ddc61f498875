import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@tdc/shared/manual-clock.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigurationKeeper } from './configuration-keeper.ts';
import { provesItself } from './probation.ts';

let folder: string;
let clock: ManualClock;
let keeper: ConfigurationKeeper;
let reported: PromiseWithResolvers<void>;
let stop: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-configuration-'));
  clock = new ManualClock(1_790_000_000_000);
  const file = join(folder, 'configuration.json');
  keeper = new ConfigurationKeeper({
    file,
    detectorId: 'D1',
    author: 'x',
    nowMs: () => clock.nowMs(),
    onTrouble: () => {},
  });
  reported = Promise.withResolvers();
  stop = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

function begin(whyNotReported?: string): Promise<boolean> {
  const probation = { clock, probationMs: 300_000, configurations: keeper, reported: reported.promise };
  return provesItself({ ...probation, whyNotReported: () => whyNotReported }, stop.signal);
}

test('an agent goes on at once with what has proved itself, and with what came by no letter', async () => {
  expect(await begin()).toBe(true);
  keeper.take({ sequence: 1, text: '' });
  keeper.confirm();
  expect(await begin()).toBe(true);
});

test('an agent goes on when the collector acknowledges in time', async () => {
  keeper.take({ sequence: 1, text: '' });
  const proved = begin();
  await clock.advance(299_999);
  keeper.confirm();
  reported.resolve();
  expect(await proved).toBe(true);
  expect(keeper.snapshot().inForce).toEqual({ sequence: 1, state: 'current' });
});

test.each([
  [undefined, 'the collector has acknowledged no status within 300 s'],
  ['no route to host', 'the collector has acknowledged no status within 300 s: no route to host'],
])(
  'a configuration that does not prove itself in time is rolled back, with why as far as it is known: %s',
  async (why, reason) => {
    keeper.take({ sequence: 1, text: '' });
    const proved = begin(why);
    await clock.advance(300_000);
    expect(await proved).toBe(false);
    expect(keeper.snapshot().refused).toMatchObject({ sequence: 1, refusal: 'rolled-back', reason });
    expect(keeper.inForce).toBeUndefined();
  },
);

test('an agent that is stopped meanwhile leaves it on probation', async () => {
  keeper.take({ sequence: 1, text: '' });
  const proved = begin();
  stop.abort();
  expect(await proved).toBe(true);
  expect(keeper.onProbation).toBe(true);
});
