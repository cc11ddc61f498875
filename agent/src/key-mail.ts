import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Letter } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { destroyKeys, type KeyChainState } from '@tdc/shared/key-chain.ts';
import { parseKeyText } from '@tdc/shared/key-text.ts';
import { openLetter } from '@tdc/shared/letter.ts';
import { type BoxKey, openBoxKey, writeBoxKey } from './box-key-file.ts';
import type { KeyKeeper } from './key-keeper.ts';

export interface KeyMailOptions {
  readonly detectorId: string;
  /** Fingerprint of the key custodian, whose letters alone are taken. */
  readonly custodian: string;
  readonly boxKeyFile: string;
  readonly keeper: KeyKeeper;
  /** Whether letters are acknowledged, so that the server forgets them: not where they are needed again after a restart. */
  readonly acknowledges: boolean;
  readonly nowMs: () => number;
  readonly isClockSynchronised: () => boolean;
  readonly onTaken: (letter: number) => void;
}

/** Takes the key of the network from letters of its custodian. */
export class KeyMail {
  readonly #options: KeyMailOptions;
  #fingerprint: string | undefined;

  constructor(options: KeyMailOptions) {
    this.#options = options;
  }

  /** Of the box's own key; undefined before the first exchange. */
  get fingerprint(): string | undefined {
    return this.#fingerprint;
  }

  get custodian(): string {
    return this.#options.custodian;
  }

  get acknowledges(): boolean {
    return this.#options.acknowledges;
  }

  /** The key that letters are sealed to. Throws as `openBoxKey` does. */
  openBox(): BoxKey {
    const box = openBoxKey(this.#options.boxKeyFile);
    this.#fingerprint = box.fingerprint;
    return box;
  }

  /** The last letter taken is asked for again where its key is not there, or where its acknowledgement may have been lost. */
  afterSequence({ letter }: BoxKey): number {
    const { keeper, acknowledges } = this.#options;
    const taken = Math.max(letter, keeper.letter ?? 0);
    return keeper.letter !== undefined && !acknowledges ? taken : Math.max(0, taken - 1);
  }

  async receive({ body, sequence }: Letter, box: BoxKey): Promise<void> {
    const { keeper, detectorId, custodian, boxKeyFile, nowMs, isClockSynchronised, onTaken } = this.#options;
    if (sequence === keeper.letter) return;
    const opened = await openLetter(body, { author: custodian, detectorId, box });
    const taken = Math.max(box.letter, keeper.letter ?? 0);
    if (opened.sequence < taken) {
      throw new InvalidInputError(`letter ${opened.sequence} is an old one: letter ${taken} has been taken`);
    }
    if (opened.sequence !== sequence) {
      throw new InvalidInputError(`letter ${opened.sequence} came as letter ${sequence}`);
    }
    const key = keyIn(opened);
    try {
      // The letter's number is kept with the key, in one step: no older letter is taken after it.
      keeper.take(key, nowMs(), isClockSynchronised());
    } finally {
      destroyKeys(key);
    }
    writeBoxKey(boxKeyFile, { ...box, letter: opened.sequence });
    onTaken(opened.sequence);
  }
}

function keyIn({ text, network, sequence }: { text: string; network: string; sequence: number }): KeyChainState {
  const key = parseKeyText(text, `letter ${sequence}`);
  if (key.network !== network) {
    throw new InvalidInputError(`letter ${sequence} of network "${network}" holds a key of network "${key.network}"`);
  }
  return { ...key, letter: sequence };
}
