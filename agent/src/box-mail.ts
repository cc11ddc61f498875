import { credentials } from '@grpc/grpc-js';
import { InvalidInputError, TdcError } from '@tdc/shared/errors.ts';
import { BoxMailServiceClient, type Letter } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { destroyKeys, type KeyChainState } from '@tdc/shared/key-chain.ts';
import { parseKeyText } from '@tdc/shared/key-text.ts';
import { openLetter } from '@tdc/shared/letter.ts';
import { type BoxKey, openBoxKey, writeBoxKey } from './box-key-file.ts';
import type { KeyKeeper } from './key-keeper.ts';
import type { UplinkChannel } from './uplink.ts';

export interface BoxMailOptions {
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

const callTimeoutMs = 10_000;

/** What a box and its key custodian exchange by way of the server: its public key one way, sealed letters the other. */
export class BoxMail {
  readonly #options: BoxMailOptions;
  /** What was told last: the same trouble is told once. */
  #told = '';
  #fingerprint: string | undefined;

  constructor(options: BoxMailOptions) {
    this.#options = options;
  }

  /** Of the box's own key; undefined before the first exchange. */
  get fingerprint(): string | undefined {
    return this.#fingerprint;
  }

  /** Fetches letters and takes them, over a connection that is there. Resolves to what went wrong, where that is new. */
  async exchange(channel: UplinkChannel, signal: AbortSignal): Promise<string | undefined> {
    try {
      await this.#exchange(channel, signal);
      this.#told = '';
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof TdcError)) throw error;
      if (error.message === this.#told) return undefined;
      this.#told = error.message;
      return error.message;
    }
  }

  async #exchange(channel: UplinkChannel, signal: AbortSignal): Promise<void> {
    const { detectorId, boxKeyFile } = this.#options;
    const box = openBoxKey(boxKeyFile);
    this.#fingerprint = box.fingerprint;
    // Not to be closed: the channel is another's.
    const client = new BoxMailServiceClient('', credentials.createInsecure(), { channelOverride: channel });
    const call = { timeoutMs: callTimeoutMs, signal };
    const request = { detectorId, afterSequence: this.#afterSequence(box) };
    const { letters, boxKey } = await callUnary(client, client.fetchLetters, request, call);
    if (!Buffer.from(boxKey).equals(box.publicKey)) {
      await callUnary(client, client.putBoxKey, { detectorId, boxKey: box.publicKey }, call);
    }
    for (const letter of letters) {
      await this.#receive(letter, box);
      if (!this.#options.acknowledges) continue;
      const { kind, sequence } = letter;
      await callUnary(client, client.acknowledgeLetter, { detectorId, kind, sequence }, call);
    }
  }

  /** The last letter taken is asked for again where its key is not there, or where its acknowledgement may have been lost. */
  #afterSequence({ letter }: BoxKey): number {
    const { keeper, acknowledges } = this.#options;
    const taken = Math.max(letter, keeper.letter ?? 0);
    return keeper.letter !== undefined && !acknowledges ? taken : Math.max(0, taken - 1);
  }

  async #receive({ body, sequence }: Letter, box: BoxKey): Promise<void> {
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
