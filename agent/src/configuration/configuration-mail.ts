import { openConfiguration } from '@tdc/shared/configuration-letter.ts';
import { InvalidInputError, TdcError } from '@tdc/shared/errors.ts';
import type { Letter } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import type { ConfigurationKeeper } from './configuration-keeper.ts';
import { oneLine } from './one-line.ts';
import type { SignedConfiguration } from './remote-configuration.ts';

export interface ConfigurationMailOptions {
  readonly detectorId: string;
  /** Fingerprint of whose letters are taken. */
  readonly author: string;
  readonly keeper: ConfigurationKeeper;
  /** Throws InvalidInputError for one that this agent cannot use, with everything that is wrong with it. */
  readonly check: (configuration: SignedConfiguration) => void;
  readonly nowMs: () => number;
  readonly isClockSynchronised: () => boolean;
}

const dayMs = 86_400_000;
/** As long as a server keeps it. A box whose disk was changed knows no numbers, and takes no old letter for that. */
const letterAgeDaysMax = 31;

/** Takes configurations from letters. */
export class ConfigurationMail {
  readonly #options: ConfigurationMailOptions;

  constructor(options: ConfigurationMailOptions) {
    this.#options = options;
  }

  /**
   * Whether there is another configuration to be tried now. Throws InvalidInputError or AccessError for a letter that is refused, which is in the keeper's
   * snapshot too, and UnavailableError for one that the disk does not take, which is to come again.
   */
  receive(letter: Letter): 'to-be-tried' | 'known' {
    const { keeper, check } = this.#options;
    const configuration = this.#genuine(letter);
    if (configuration.sequence === keeper.sequence) return 'known';
    try {
      check(configuration);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      const reason = oneLine(error);
      keeper.refuse(configuration.sequence, reason);
      throw new InvalidInputError(reason, { cause: error });
    }
    keeper.take(configuration);
    return 'to-be-tried';
  }

  /** A letter of the author, for this box, and not an old one. */
  #genuine({ body, sequence }: Letter): SignedConfiguration {
    const { keeper, author, detectorId } = this.#options;
    try {
      const opened = openConfiguration(body, { author, detectorId });
      if (opened.sequence !== sequence) {
        throw new InvalidInputError(`letter ${opened.sequence} came as letter ${sequence}`);
      }
      if (opened.sequence < keeper.sequence) {
        throw new InvalidInputError(
          `configuration ${opened.sequence} is an old one: ${keeper.sequence} has been dealt with`,
        );
      }
      this.#expectFresh(opened);
      return { sequence, text: opened.text };
    } catch (error) {
      if (error instanceof TdcError) keeper.refuseStranger(error.message);
      throw error;
    }
  }

  #expectFresh({ sequence, signedAtMs }: { readonly sequence: number; readonly signedAtMs: number }): void {
    const { nowMs, isClockSynchronised, keeper } = this.#options;
    if (!isClockSynchronised() || sequence === keeper.sequence) return;
    if (nowMs() - signedAtMs <= letterAgeDaysMax * dayMs) return;
    throw new InvalidInputError(
      `configuration ${sequence} was signed at ${new Date(signedAtMs).toISOString()}: expected one of the last ${letterAgeDaysMax} days`,
    );
  }
}
