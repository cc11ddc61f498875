import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kinds } from './event.ts';
import { isTagBits, tagOf } from './pseudonym.ts';

const key = Uint8Array.from({ length: 32 }, (_, index) => index);

describe('pseudonyms', () => {
  it('are what openssl computes', () => {
    // printf 'tdc/tag/v1\0tdc\0classic\x0080:91:a2:b3:c4:d5' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f
    const digest = 'c0e3aa09a27a799611cff810c30a18dd46800201bc807157ecc96b2ce2afd894';
    expect(tagOf(key, 'tdc', 'classic', '80:91:a2:b3:c4:d5', 32)).toBe(digest.slice(0, 8));
    expect(tagOf(key, 'tdc', 'classic', '80:91:a2:b3:c4:d5', 128)).toBe(digest.slice(0, 32));
    expect(tagOf(key, 'tdc', 'anpr', 'BÄ1234', 128)).toBe('1d61bb91cce26a48fe9db3528c83f7f7');
  });

  it('differ by key, network, kind and address', () => {
    const other = Uint8Array.from({ length: 32 }, () => 7);
    const tags = new Set([
      tagOf(key, 'tdc', 'classic', '80:91:a2:b3:c4:d5', 128),
      tagOf(other, 'tdc', 'classic', '80:91:a2:b3:c4:d5', 128),
      tagOf(key, 'tdd', 'classic', '80:91:a2:b3:c4:d5', 128),
      tagOf(key, 'tdc', 'wifi', '80:91:a2:b3:c4:d5', 128),
      tagOf(key, 'tdc', 'classic', '80:91:a2:b3:c4:d6', 128),
    ]);
    expect(tags.size).toBe(5);
  });

  it('have as many lower-case digits as bits were asked for, and longer ones begin with the shorter', () => {
    const bits = fc.integer({ min: 6, max: 32 }).map((digits) => digits * 4);
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string(), bits, bits, (kind, address, one, two) => {
        const short = tagOf(key, 'n', kind, address, Math.min(one, two));
        expect(short).toMatch(new RegExp(`^[0-9a-f]{${Math.min(one, two) / 4}}$`));
        expect(tagOf(key, 'n', kind, address, Math.max(one, two)).startsWith(short)).toBe(true);
      }),
    );
  });

  it('may have 24 to 128 bits in whole digits', () => {
    expect([20, 24, 26, 28, 128, 132].map(isTagBits)).toEqual([false, true, false, true, true, false]);
  });
});
