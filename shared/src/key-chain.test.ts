import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameChain, KeyChain, type KeyChainState, nextKey } from './key-chain.ts';
import { keyEpochsOf } from './key-epoch.ts';
import { tagOf } from './pseudonym.ts';

const minuteMs = 60_000;
const address = '80:91:a2:b3:c4:d5';
const timeZone = 'Europe/Berlin';
const epochs = keyEpochsOf(timeZone);
const epoch = 20_650;
const startMs = epochs.startMs(epoch);
const key = () => Uint8Array.from({ length: 32 }, (_, index) => index);
const state = (given: Partial<KeyChainState> = {}): KeyChainState => ({
  network: 'tdc',
  timeZone,
  epoch,
  key: key(),
  ...given,
});
const options = { overlapMs: 60 * minuteMs, tagBits: 32 };
const tagWith = (of: Uint8Array) => tagOf(of, 'tdc', 'classic', address, 32);

const seen = (chain: KeyChain, timeMs: number) => {
  const tags = chain.tagsAt(timeMs);
  return { epoch: tags.epoch, tag: tags.tag('classic', address), previous: tags.previousTag('classic', address) };
};

describe('the key chain', () => {
  it('derives the next key as HKDF-SHA-256 does', () => {
    // Computed with Python's hmac from RFC 5869: no salt, info "tdc/ratchet/v1".
    expect(Buffer.from(nextKey(key())).toString('hex')).toBe(
      '4b2e9e9737470a615b1f68a735c21b816e9b5b7eb195ef2ecb42173b153ba1c2',
    );
  });

  it('gives both pseudonyms for an hour after a change of epoch', () => {
    const chain = new KeyChain(state(), options);
    const [first, second] = [tagWith(key()), tagWith(nextKey(key()))];
    const changeMs = epochs.startMs(epoch + 1);
    expect(seen(chain, startMs)).toEqual({ epoch, tag: first, previous: undefined });
    expect(seen(chain, changeMs - 1)).toEqual({ epoch, tag: first, previous: undefined });
    expect(seen(chain, changeMs)).toEqual({ epoch: epoch + 1, tag: second, previous: first });
    expect(seen(chain, changeMs - 1)).toEqual({ epoch, tag: first, previous: undefined });
    expect(seen(chain, changeMs + 60 * minuteMs - 1)).toEqual({ epoch: epoch + 1, tag: second, previous: first });
    expect(seen(chain, changeMs + 60 * minuteMs)).toEqual({ epoch: epoch + 1, tag: second, previous: undefined });
  });

  it('gives a time before its oldest key that key', () => {
    const chain = new KeyChain(state(), options);
    expect(seen(chain, 0)).toEqual({ epoch, tag: tagWith(key()), previous: undefined });
  });

  it('keeps nothing when no overlap is wanted', () => {
    const chain = new KeyChain(state(), { ...options, overlapMs: 0 });
    const changeMs = epochs.startMs(epoch + 1);
    expect(seen(chain, changeMs)).toEqual({ epoch: epoch + 1, tag: tagWith(nextKey(key())), previous: undefined });
    expect(chain.snapshot().previous).toBeUndefined();
  });

  it('goes on from its snapshot as if nothing had happened, in any order of times', () => {
    const time = fc.integer({ min: startMs - 2 * 86_400_000, max: startMs + 6 * 86_400_000 });
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 12 }), (times) => {
        const lasting = new KeyChain(state(), options);
        let restarted = new KeyChain(state(), options);
        for (const timeMs of times) {
          expect(seen(restarted, timeMs)).toEqual(seen(lasting, timeMs));
          restarted = new KeyChain(restarted.snapshot(), options);
        }
      }),
    );
  });

  it('gives the same pseudonyms on every box, whenever it was started', () => {
    const later = fc.integer({ min: 0, max: 30 * 24 * 60 }).map((minutes) => startMs + minutes * minuteMs);
    fc.assert(
      fc.property(fc.array(later, { minLength: 2, maxLength: 6 }), (times) => {
        times.sort((a, b) => a - b);
        const last = Math.max(...times);
        const lasting = new KeyChain(state(), options);
        for (const timeMs of times) lasting.tagsAt(timeMs);
        expect(seen(new KeyChain(state(), options), last)).toEqual(seen(lasting, last));
      }),
    );
  });

  it('catches up with many years at once', () => {
    const chain = new KeyChain(state({ epoch: 0 }), options);
    expect(chain.tagsAt(startMs).epoch).toBe(epoch);
  });

  it("copies the caller's keys and gives away copies", () => {
    const given = state();
    const chain = new KeyChain(given, options);
    const before = seen(chain, startMs);
    given.key.fill(0);
    chain.snapshot().key.fill(0);
    expect(seen(chain, startMs)).toEqual(before);
  });

  it('overwrites a key in memory once its overlap is over', () => {
    const chain = new KeyChain(state(), options);
    const held = chain.tagsAt(startMs);
    const changeMs = epochs.startMs(epoch + 1);
    chain.advanceTo(changeMs + 60 * minuteMs - 1);
    expect(held.tag('classic', address)).toBe(tagWith(key()));
    chain.advanceTo(changeMs + 60 * minuteMs);
    expect(held.tag('classic', address)).toBe(tagWith(new Uint8Array(32)));
  });

  it('makes no pseudonym once its keys are destroyed, until it has others', () => {
    const chain = new KeyChain(state(), options);
    const tags = chain.tagsAt(startMs);
    chain[Symbol.dispose]();
    // The key that was in use is zero in memory.
    expect(tags.tag('classic', address)).toBe(tagWith(new Uint8Array(32)));
    expect(() => chain.tagsAt(startMs)).toThrow('destroyed');
    expect(() => chain.snapshot()).toThrow('destroyed');
    chain.replaceWith(state());
    expect(seen(chain, startMs).tag).toBe(tagWith(key()));
  });
});

describe('a replacement', () => {
  const other = () => key().toReversed();
  const fromMs = startMs + 5 * 60 * minuteMs;
  const replaced = () => state({ replacement: { epoch, key: other(), fromMs } });

  it('makes the pseudonyms from its moment on, whichever times are asked for, and the key before is overwritten', () => {
    const chain = new KeyChain(replaced(), options);
    const held = chain.tagsAt(startMs);
    expect(chain.replacedAtMs).toBe(fromMs);
    expect(seen(chain, fromMs - 1)).toEqual({ epoch, tag: tagWith(key()), previous: undefined });
    expect(seen(chain, fromMs)).toEqual({ epoch, tag: tagWith(other()), previous: undefined });
    expect(held.tag('classic', address)).toBe(tagWith(new Uint8Array(32)));
    expect(chain.replacedAtMs).toBeUndefined();
    expect(seen(chain, epochs.startMs(epoch + 1))).toEqual({
      epoch: epoch + 1,
      tag: tagWith(nextKey(other())),
      previous: tagWith(other()),
    });
  });

  it('leaves the same in every chain, before and after it, whenever that was started', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 * 24 * 60 }), { minLength: 1, maxLength: 8 }), (minutes) => {
        const times = minutes.map((each) => startMs + each * minuteMs).toSorted((a, b) => a - b);
        const chain = new KeyChain(replaced(), options);
        for (const timeMs of times) {
          const fresh = new KeyChain(replaced(), options);
          expect(seen(chain, timeMs).tag).toBe(seen(fresh, timeMs).tag);
          expect(seen(new KeyChain(chain.snapshot(), options), timeMs)).toEqual(seen(chain, timeMs));
        }
      }),
    );
  });

  it('is of no chain that the key before is of', () => {
    expect(isSameChain(state(), { epoch: epoch + 2, key: nextKey(nextKey(key())) })).toBe(true);
    expect(isSameChain({ epoch: epoch + 2, key: nextKey(nextKey(key())) }, state())).toBe(true);
    expect(isSameChain(state(), { epoch: epoch + 1, key: key() })).toBe(false);
    expect(isSameChain(state(), { epoch, key: other() })).toBe(false);
    expect(isSameChain(state({ epoch: 0 }), state())).toBe(false);
  });
});
