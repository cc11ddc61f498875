import { credentials } from '@grpc/grpc-js';
import { TdcError, UnavailableError, unreachable } from '@tdc/shared/errors.ts';
import { BoxMailServiceClient, type Letter } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import { letterSequenceMax } from '@tdc/shared/key-text.ts';
import { letterKindFromWire } from '@tdc/shared/signed-letter.ts';
import type { BoxKey } from './box-key-file.ts';
import type { ConfigurationMail } from './configuration/configuration-mail.ts';
import type { KeyMail } from './key-mail.ts';
import type { UplinkChannel } from './uplink.ts';

export interface BoxMailOptions {
  readonly detectorId: string;
  /** Absent: the key does not come by letter. */
  readonly keys?: KeyMail;
  /** Absent: no configuration comes by letter. */
  readonly configurations?: ConfigurationMail;
  /** Another configuration is to be tried. */
  readonly onConfiguration: () => void;
}

interface Exchange {
  readonly client: BoxMailServiceClient;
  readonly call: { readonly timeoutMs: number; readonly signal: AbortSignal };
  /** Absent where no key comes by letter. */
  readonly box: BoxKey | undefined;
}

const callTimeoutMs = 10_000;

/** What a box and those who may write to it exchange by way of the server: its public key one way, signed letters the other. */
export class BoxMail {
  readonly #options: BoxMailOptions;
  /** What was told last: the same trouble is told once. */
  #told = '';

  constructor(options: BoxMailOptions) {
    this.#options = options;
  }

  /** Fetches letters and takes them, over a connection that is there. Resolves to what went wrong, where that is new. */
  async exchange(channel: UplinkChannel, signal: AbortSignal): Promise<string | undefined> {
    const troubles = await this.#exchange(channel, signal).catch((error: unknown) =>
      signal.aborted ? [] : [troubleOf(error)],
    );
    if (signal.aborted) return undefined;
    const trouble = troubles.join('; ');
    const isNew = trouble !== this.#told;
    this.#told = trouble;
    return isNew && trouble !== '' ? trouble : undefined;
  }

  /** Resolves to what is wrong with letters, of which one does not keep the others away. */
  async #exchange(channel: UplinkChannel, signal: AbortSignal): Promise<readonly string[]> {
    const { detectorId, keys, configurations } = this.#options;
    const box = keys?.openBox();
    // Not to be closed: the channel is another's.
    const client = new BoxMailServiceClient('', credentials.createInsecure(), { channelOverride: channel });
    const call = { timeoutMs: callTimeoutMs, signal };
    const request = {
      detectorId,
      afterSequence: keys === undefined || box === undefined ? letterSequenceMax : keys.afterSequence(box),
      takesConfigurations: configurations !== undefined,
    };
    const { letters, boxKey } = await callUnary(client, client.fetchLetters, request, call);
    if (box !== undefined && !Buffer.from(boxKey).equals(box.publicKey)) {
      await callUnary(client, client.putBoxKey, { detectorId, boxKey: box.publicKey }, call);
    }
    const troubles: string[] = [];
    for (const letter of letters) {
      await this.#receive(letter, { client, call, box }).catch((error: unknown) => troubles.push(troubleOf(error)));
    }
    return troubles;
  }

  async #receive(letter: Letter, exchange: Exchange): Promise<void> {
    const { keys, configurations } = this.#options;
    const kind = letterKindFromWire(letter.kind);
    switch (kind) {
      case 'key':
        if (keys === undefined || exchange.box === undefined) return;
        await keys.receive(letter, exchange.box);
        if (keys.acknowledges) await this.#acknowledge(letter, exchange);
        return;
      case 'configuration':
        if (configurations !== undefined) await this.#receiveConfiguration(configurations, letter, exchange);
        return;
      case undefined:
        return;
      default:
        unreachable(kind);
    }
  }

  /** One that is refused is acknowledged as well: it does not get better, and would keep coming. */
  async #receiveConfiguration(configurations: ConfigurationMail, letter: Letter, exchange: Exchange): Promise<void> {
    try {
      if (configurations.receive(letter) === 'known') return await this.#acknowledge(letter, exchange);
    } catch (error) {
      if (!(error instanceof UnavailableError)) await this.#acknowledge(letter, exchange);
      throw error;
    }
    try {
      await this.#acknowledge(letter, exchange);
    } finally {
      this.#options.onConfiguration();
    }
  }

  async #acknowledge({ kind, sequence }: Letter, { client, call }: Exchange): Promise<void> {
    const { detectorId } = this.#options;
    await callUnary(client, client.acknowledgeLetter, { detectorId, kind, sequence }, call);
  }
}

function troubleOf(error: unknown): string {
  if (error instanceof TdcError) return error.message;
  throw error;
}
