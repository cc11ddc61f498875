import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { KeyChain, nextKey } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { epochsWrittenMax, KeyKeeper } from './key-keeper.ts';
import { keyFileStore, memoryKeyStore } from './key-store.ts';

const hourMs = 3_600_000;
const epochs = keyEpochsOf('UTC');
const epoch = 20_650;
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const dayMs = (days: number) => epochs.startMs(epoch + days);
const tagOf = (keeper: KeyKeeper, timeMs: number) => keeper.tagsAt(timeMs).tag('anpr', 'BXY1234');

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tdc-keeper-'));
  path = join(directory, 'key.json');
  writeKeyFile(path, { network: 'tdc', timeZone: 'UTC', epoch, key });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));
const keeperOf = () => new KeyKeeper({ store: keyFileStore(path), overlapMs: hourMs, tagBits: 64 });

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
    keeper.tagsAt(dayMs(1));
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
    expect(keeper.epoch).toBe(epoch + epochsWrittenMax + 1);
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

  it('goes on with what it has when the file has gone and the clock that ran ahead is set', () => {
    using keeper = keeperOf();
    keeper.keep(dayMs(5), false);
    rmSync(path);
    expect(keeper.keep(dayMs(0), true)).toBe('written');
    expect(readKeyFile(path).epoch).toBe(epoch + 5);
  });

  it('goes on after a restart in the overlap as if nothing had happened', () => {
    using keeper = keeperOf();
    keeper.keep(dayMs(1), true);
    using restarted = keeperOf();
    const timeMs = dayMs(1) + hourMs / 2;
    expect(restarted.keep(timeMs, true)).toBe('unchanged');
    expect(restarted.tagsAt(timeMs).previousTag('anpr', 'B1')).toBe(keeper.tagsAt(timeMs).previousTag('anpr', 'B1'));
    expect(tagOf(restarted, timeMs)).toBe(tagOf(keeper, timeMs));
  });

  it('that has no key waits for one, and finds it when it is brought by hand', async () => {
    rmSync(path);
    using keeper = keeperOf();
    expect(keeper.lack).toContain('there is no key file');
    expect(keeper.keep(dayMs(0), true)).toBe('waiting');
    writeKeyFile(path, { network: 'tdc', timeZone: 'UTC', epoch, key });
    expect(keeper.keep(dayMs(0), true)).toBe('unchanged');
    await keeper.ready;
    expect(keeper.lack).toBeUndefined();
    expect(keeper.epoch).toBe(epoch);
  });

  it('takes a damaged file for none', () => {
    writeFileSync(path, 'no key');
    using keeper = keeperOf();
    expect(keeper.lack).toContain('it is not JSON');
    keeper.take({ network: 'tdc', timeZone: 'UTC', epoch, key, letter: 1 }, dayMs(0), true);
    expect(readKeyFile(path)).toMatchObject({ key, letter: 1 });
  });
});

describe('a key that arrives', () => {
  const other = Uint8Array.from({ length: 32 }, (_, index) => 200 - index);

  it('takes the place of another at once, on disk first', () => {
    using keeper = keeperOf();
    keeper.keep(dayMs(1), true);
    keeper.take({ network: 'tdc', timeZone: 'UTC', epoch: epoch + 1, key: other, letter: 4 }, dayMs(1) + 1, true);
    expect(readKeyFile(path)).toEqual({ network: 'tdc', timeZone: 'UTC', epoch: epoch + 1, key: other, letter: 4 });
    expect(keeper.letter).toBe(4);
    expect(keeper.tagsAt(dayMs(1) + 1).previousTag('anpr', 'B1')).toBeUndefined();
  });

  it('and is of a day before is brought to the present before it touches the disk, where the clock is believed', () => {
    using keeper = keeperOf();
    keeper.take({ network: 'tdc', timeZone: 'UTC', epoch, key: other, letter: 1 }, dayMs(5) + 2 * hourMs, true);
    expect(readKeyFile(path)).toMatchObject({ epoch: epoch + 5 });
    expect(readKeyFile(path).previous).toBeUndefined();
    keeper.take({ network: 'tdc', timeZone: 'UTC', epoch, key: other.toReversed(), letter: 2 }, dayMs(9), false);
    expect(readKeyFile(path)).toMatchObject({ epoch, letter: 2 });
  });

  it('and is the same leaves pseudonyms and overlap as they are, and brings what is to replace it', () => {
    using keeper = keeperOf();
    keeper.keep(dayMs(1), true);
    const nowMs = dayMs(1) + hourMs / 2;
    const [before, previousBefore] = [tagOf(keeper, nowMs), keeper.tagsAt(nowMs).previousTag('anpr', 'B1')];
    const replacement = { epoch: epoch + 1, key: other, fromMs: nowMs + 60_000 };
    keeper.take({ network: 'tdc', timeZone: 'UTC', epoch, key, replacement, letter: 2 }, nowMs, true);
    expect(tagOf(keeper, nowMs)).toBe(before);
    expect(keeper.tagsAt(nowMs).previousTag('anpr', 'B1')).toBe(previousBefore);
    expect(readKeyFile(path)).toMatchObject({ epoch: epoch + 1, replacement, letter: 2 });
  });

  it('is not taken when the disk refuses it, and the present one goes on', () => {
    using keeper = keeperOf();
    const before = tagOf(keeper, dayMs(0));
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file where the folder was');
    const arrived = { network: 'tdc', timeZone: 'UTC', epoch, key: other };
    expect(() => keeper.take(arrived, dayMs(0), true)).toThrow(UnavailableError);
    expect(tagOf(keeper, dayMs(0))).toBe(before);
  });

  it('is taken where the file of the present one has gone', () => {
    using keeper = keeperOf();
    rmSync(path);
    keeper.take({ network: 'tdc', timeZone: 'UTC', epoch, key: other, letter: 1 }, dayMs(0), true);
    expect(readKeyFile(path)).toMatchObject({ key: other, letter: 1 });
  });

  it('and is kept in memory alone is on no disk', () => {
    rmSync(path);
    const store = memoryKeyStore();
    using keeper = new KeyKeeper({ store, overlapMs: hourMs, tagBits: 64 });
    expect(keeper.lack).toContain('in memory alone');
    keeper.take({ network: 'tdc', timeZone: 'UTC', epoch, key, letter: 1 }, dayMs(0), true);
    expect(keeper.keep(dayMs(1), true)).toBe('written');
    expect(store.read()).toMatchObject({ epoch: epoch + 1, key: nextKey(key), letter: 1 });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a key that is to be replaced', () => {
  const other = Uint8Array.from({ length: 32 }, (_, index) => 200 - index);
  const fromMs = dayMs(2) + 5 * hourMs;
  const replacement = { epoch: epoch + 2, key: other, fromMs };
  beforeEach(() => writeKeyFile(path, { network: 'tdc', timeZone: 'UTC', epoch, key, replacement, letter: 3 }));

  it('is destroyed at that time, on disk too, and the other goes on from day to day', () => {
    using keeper = keeperOf();
    expect(keeper.keep(fromMs - 1, true)).toBe('written');
    expect(readKeyFile(path)).toMatchObject({ epoch: epoch + 2, replacement });
    expect(keeper.keep(fromMs, true)).toBe('written');
    expect(readKeyFile(path)).toEqual({ network: 'tdc', timeZone: 'UTC', epoch: epoch + 2, key: other, letter: 3 });
    expect(keeper.tagsAt(fromMs).previousTag('anpr', 'B1')).toBeUndefined();
    keeper.keep(dayMs(3), true);
    expect(readKeyFile(path)).toMatchObject({ key: nextKey(other), previous: { key: other } });
  });

  it('makes the pseudonyms up to that very moment, and those of a box that was away are the others', () => {
    using keeper = keeperOf();
    using away = keeperOf();
    using expected = new KeyChain(
      { network: 'tdc', timeZone: 'UTC', epoch: epoch + 2, key: other },
      { overlapMs: 0, tagBits: 64 },
    );
    expect(tagOf(keeper, fromMs - 1)).not.toBe(expected.tagsAt(fromMs).tag('anpr', 'BXY1234'));
    expect(tagOf(keeper, fromMs)).toBe(expected.tagsAt(fromMs).tag('anpr', 'BXY1234'));
    expect(tagOf(away, dayMs(9))).toBe(expected.tagsAt(dayMs(9)).tag('anpr', 'BXY1234'));
  });

  it('stays on disk while the clock is not set, and comes back when the clock ran ahead', () => {
    using keeper = keeperOf();
    expect(keeper.keep(fromMs + 1, false)).toBe('in-memory');
    expect(readKeyFile(path)).toMatchObject({ epoch, key, replacement });
    const expected = tagOf(keeperOf(), dayMs(0));
    expect(keeper.keep(dayMs(0), true)).toBe('unchanged');
    expect(tagOf(keeper, dayMs(0))).toBe(expected);
  });
});
