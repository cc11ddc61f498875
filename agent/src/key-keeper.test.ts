import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextKey } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { epochsWrittenMax, KeyKeeper } from './key-keeper.ts';

const hourMs = 3_600_000;
const epochs = keyEpochsOf('UTC');
const epoch = 20_650;
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const dayMs = (days: number) => epochs.startMs(epoch + days);
const tagOf = (keeper: KeyKeeper, timeMs: number) => keeper.chain.tagsAt(timeMs).tag('anpr', 'BXY1234');

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tdc-keeper-'));
  path = join(directory, 'key.json');
  writeKeyFile(path, { network: 'tdc', timeZone: 'UTC', epoch, key });
});
afterEach(() => rmSync(directory, { recursive: true }));
const keeperOf = () => new KeyKeeper({ path, overlapMs: hourMs, tagBits: 64 });

describe('the key keeper', () => {
  it('writes the next key, and the last one only until the overlap is over', () => {
    using keeper = keeperOf();
    expect(keeper.keep(dayMs(0) + hourMs, true)).toBe('unchanged');
    expect(keeper.keep(dayMs(1), true)).toBe('written');
    expect(readKeyFile(path)).toMatchObject({
      epoch: epoch + 1,
      key: nextKey(key),
      previous: { epoch, key, untilMs: dayMs(1) + hourMs },
    });
    expect(keeper.keep(dayMs(1) + hourMs - 1, true)).toBe('unchanged');
    expect(keeper.keep(dayMs(1) + hourMs, true)).toBe('written');
    expect(readKeyFile(path)).toEqual({ network: 'tdc', timeZone: 'UTC', epoch: epoch + 1, key: nextKey(key) });
    expect(keeper.keep(dayMs(1) + hourMs, true)).toBe('unchanged');
  });

  it('writes what sightings have advanced the chain to already', () => {
    using keeper = keeperOf();
    keeper.chain.tagsAt(dayMs(1));
    expect(keeper.keep(dayMs(1), true)).toBe('written');
    expect(readKeyFile(path).epoch).toBe(epoch + 1);
  });

  it('does not write by a clock that nobody has set, until it is set', () => {
    using keeper = keeperOf();
    expect(keeper.keep(dayMs(3), false)).toBe('in-memory');
    expect(readKeyFile(path).epoch).toBe(epoch);
    expect(keeper.keep(dayMs(3), true)).toBe('written');
    expect(readKeyFile(path).epoch).toBe(epoch + 3);
  });

  it('does not write when the clock is more than 400 epochs on', () => {
    using keeper = keeperOf();
    expect(keeper.keep(dayMs(epochsWrittenMax + 1), true)).toBe('in-memory');
    expect(keeper.chain.epoch).toBe(epoch + epochsWrittenMax + 1);
    expect(readKeyFile(path)).toMatchObject({ epoch, key });
    using other = keeperOf();
    expect(other.keep(dayMs(epochsWrittenMax), true)).toBe('written');
  });

  it('returns to the key on disk when a clock that ran ahead is set', () => {
    using keeper = keeperOf();
    using undisturbed = keeperOf();
    const expected = tagOf(undisturbed, dayMs(0) + hourMs);
    keeper.keep(dayMs(50), false);
    expect(tagOf(keeper, dayMs(50))).not.toBe(expected);
    expect(keeper.keep(dayMs(0) + hourMs, true)).toBe('unchanged');
    expect(tagOf(keeper, dayMs(0) + hourMs)).toBe(expected);
  });

  it('goes on after a restart in the overlap as if nothing had happened', () => {
    using keeper = keeperOf();
    keeper.keep(dayMs(1), true);
    using restarted = keeperOf();
    const timeMs = dayMs(1) + hourMs / 2;
    expect(restarted.keep(timeMs, true)).toBe('unchanged');
    expect(restarted.chain.tagsAt(timeMs).previousTag('anpr', 'B1')).toBe(
      keeper.chain.tagsAt(timeMs).previousTag('anpr', 'B1'),
    );
    expect(tagOf(restarted, timeMs)).toBe(tagOf(keeper, timeMs));
  });
});
