import { NotFoundError } from '@tdc/shared/errors.ts';
import { destroyKeys, type KeyChainState } from '@tdc/shared/key-chain.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';

/** Port: where an agent keeps the key of its network. */
export interface KeyStore {
  /** A copy. Throws NotFoundError when there is no key, InvalidInputError or UnavailableError when it cannot be used. */
  read(): KeyChainState;
  /** Replaces the key in one step. Throws UnavailableError, having changed nothing, when it is not taken. */
  write(state: KeyChainState): void;
}

/** On disk: the key is there after a restart. */
export const keyFileStore = (path: string): KeyStore => ({
  read: () => readKeyFile(path),
  write: (state) => writeKeyFile(path, state),
});

/** In this process alone: the key is gone with it. */
export function memoryKeyStore(): KeyStore {
  let kept: KeyChainState | undefined;
  return {
    read() {
      if (kept === undefined)
        throw new NotFoundError('the key is kept in memory alone (key.storage), and has not come yet');
      return structuredClone(kept);
    },
    write(state) {
      const before = kept;
      kept = structuredClone(state);
      if (before !== undefined) destroyKeys(before);
    },
  };
}
