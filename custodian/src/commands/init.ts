import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { KeyChainState } from '@tdc/shared/key-chain.ts';
import { formatKeyText, letterSequenceMax, parseKeyText } from '@tdc/shared/key-text.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import { newKeyPair } from '@tdc/shared/raw-key.ts';
import { readSecretFile } from '@tdc/shared/secret-file.ts';
import type { Context } from '../context.ts';
import { advanced, type Custody, custodianFingerprint } from '../custody.ts';
import { createCustody } from '../custody-folder.ts';
import { readNewPassphrase } from '../passphrase.ts';
import { newSeal } from '../sealed-text.ts';

export interface InitFlags {
  readonly network?: string;
  readonly timeZone?: string;
  readonly keyFile?: string;
}

/**
 * Boxes take no letter of a lower number than their last, whoever the custodian is: one that takes over begins beyond what the one before can have
 * come to since the letter of one box.
 */
const takenOver = 1_000_000;

/** `tdc-custodian init`: a new custody, with a new key or with that of a network that works already. */
export async function init(context: Context, flags: InitFlags): Promise<void> {
  const nowMs = context.clock.nowMs();
  const { letter = 0, ...key } = keyOf(flags, nowMs);
  const passphrase = await readNewPassphrase(context.passphrase);
  const made: Custody = {
    key,
    author: newKeyPair('ed25519'),
    sequence: letter === 0 ? 0 : Math.min(letter + takenOver, letterSequenceMax),
    boxes: new Map(),
  };
  const seal = await newSeal(passphrase, context.scryptCost);
  createCustody(context.folder, seal, advanced(made, nowMs));
  context.stdout.write(
    `made a custody for network "${key.network}" in ${context.folder}\nkey.custodian of its boxes: ${custodianFingerprint(made)}\n`,
  );
}

function keyOf({ network, timeZone, keyFile }: InitFlags, nowMs: number): KeyChainState {
  if (keyFile === undefined) {
    if (network === undefined || timeZone === undefined) {
      throw new InvalidInputError('--network and --time-zone: expected both, or --key-file', { field: '--network' });
    }
    return parseKeyText(formatKeyText(generateKey({ network, timeZone, nowMs })), '--network');
  }
  const text = readSecretFile({ path: keyFile, what: 'key file', bytesMax: 16_384 });
  const { previous: _, ...key } = parseKeyText(text, `key file ${keyFile}`);
  return key;
}
