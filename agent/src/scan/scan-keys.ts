import { join } from 'node:path';
import { NotFoundError } from '@tdc/shared/errors.ts';
import { KeyChain, type KeyChainState } from '@tdc/shared/key-chain.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import type { AgentConfig } from '../config.ts';
import { readKeyFile } from '../key-file.ts';

/** The keys of a scan, and what is to be said of them. */
export interface ScanKeys {
  readonly chain: KeyChain;
  readonly remark: string;
}

/**
 * The key of the network where its file is, so that pseudonyms are those of the events; else a key that nobody has and that ends with the scan. The
 * file is only read: the running agent alone changes it. Throws as `readKeyFile` does for a file that is there and cannot be used.
 */
export function scanKeys(config: AgentConfig, nowMs: number): ScanKeys {
  const file = keyFileOf(config);
  const found = file === undefined ? undefined : keyIn(file);
  const { name, timeZone } = config.network;
  const state = found ?? generateKey({ network: name, timeZone, nowMs });
  const chain = new KeyChain(state, { overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
  state.key.fill(0);
  state.previous?.key.fill(0);
  const remark =
    found === undefined
      ? `no key file${file === undefined ? '' : ` ${file}`}: pseudonyms are made with a key of this scan alone, and are not those of any event`
      : `pseudonyms are made with the key of network "${found.network}", as those of its events are`;
  return { chain, remark };
}

function keyFileOf({ given, stateHome }: AgentConfig): string | undefined {
  if (given.keyFile !== undefined) return given.keyFile;
  if (given.stateDir !== undefined) return join(given.stateDir, 'key.json');
  return given.detectorId === undefined ? undefined : join(stateHome, 'agent', given.detectorId, 'key.json');
}

function keyIn(file: string): KeyChainState | undefined {
  try {
    return readKeyFile(file);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
