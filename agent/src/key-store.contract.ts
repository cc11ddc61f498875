import { NotFoundError } from '@tdc/shared/errors.ts';
import type { KeyChainState } from '@tdc/shared/key-chain.ts';
import { describe, expect, test } from 'vitest';
import type { KeyStore } from './key-store.ts';

const key = (octet: number): Uint8Array => new Uint8Array(32).fill(octet);
const state: KeyChainState = { network: 'city', timeZone: 'UTC', epoch: 20_600, key: key(1), letter: 3 };

/** What every adapter of the port must do. */
export function keyStoreContract(adapter: string, open: () => KeyStore): void {
  describe(`${adapter} as a store of the key`, () => {
    test('has none at first, and says so', () => {
      expect(() => open().read()).toThrow(NotFoundError);
    });

    test('gives back all of the last that was written', () => {
      const store = open();
      const full = {
        ...state,
        previous: { epoch: 20_599, key: key(2), untilMs: 1_784_000_000_123 },
        replacement: { epoch: 20_601, key: key(3), fromMs: 1_784_000_000_456 },
      };
      for (const each of [state, full]) {
        store.write(each);
        expect(store.read()).toEqual(each);
      }
      store.write(state);
      expect(store.read()).toEqual(state);
    });

    test('keeps and gives copies: the keys of others are theirs to destroy', () => {
      const store = open();
      const given = { ...state, key: key(1) };
      store.write(given);
      given.key.fill(0);
      store.read().key.fill(0);
      expect(store.read()).toEqual(state);
    });
  });
}
