import { TdcError, UnavailableError } from '@tdc/shared/errors.ts';
import { type Between, readConfiguration, writeConfiguration } from './configuration-file.ts';
import {
  confirmed,
  inForce,
  nothingRemote,
  offered,
  type Refusal,
  type RemoteConfiguration,
  refused,
  rolledBack,
  type SignedConfiguration,
  started,
} from './remote-configuration.ts';

export interface KeeperOptions extends Between {
  readonly file: string;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** Something about it is to be told: that the disk refuses, or that it is damaged. */
  readonly onTrouble: (message: string) => void;
}

/** What is told of configurations by letter. */
export interface ConfigurationSnapshot {
  readonly author: string;
  /** That in force, and how far it has come. `unusable`: it has proved itself once, and this agent cannot use it. */
  readonly inForce?: { readonly sequence: number; readonly state: 'probation' | 'current' | 'unusable' };
  readonly refused?: Refusal;
}

/**
 * Which configuration by letter is in force, in memory and on disk. What is tried is on disk before it is tried; where the disk refuses that, it is not
 * tried. What is settled holds for this process even where the disk refuses it.
 */
export class ConfigurationKeeper {
  readonly #options: KeeperOptions;
  #state: RemoteConfiguration = nothingRemote;
  #isOnDisk = true;
  /** Of the one that has proved itself: why this agent cannot use it. */
  #unusable: Refusal | undefined;
  /** What came and was no letter of the author: kept in memory alone, so that whoever brings such letters wears no disk. */
  #stranger: Refusal | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    try {
      this.#state = readConfiguration(options.file, options);
    } catch (error) {
      if (!(error instanceof TdcError)) throw error;
      options.onTrouble(error.message);
    }
  }

  get inForce(): SignedConfiguration | undefined {
    return this.#unusable === undefined ? inForce(this.#state) : undefined;
  }

  get onProbation(): boolean {
    return this.#state.type === 'probation';
  }

  /** Of the last letter that was dealt with. */
  get sequence(): number {
    return this.#state.sequence;
  }

  snapshot(): ConfigurationSnapshot {
    const configuration = inForce(this.#state);
    const refusal = this.#unusable ?? this.#stranger ?? this.#state.refused;
    return {
      author: this.#options.author,
      ...(configuration && { inForce: { sequence: configuration.sequence, state: this.#word } }),
      ...(refusal && { refused: refusal }),
    };
  }

  get #word(): 'probation' | 'current' | 'unusable' {
    if (this.onProbation) return 'probation';
    return this.#unusable === undefined ? 'current' : 'unusable';
  }

  /** An agent begins with what is in force. One that is begun with too often, or whose beginning the disk does not note, is rolled back. */
  begin(): void {
    const next = started(this.#state, this.#options.nowMs());
    if (next === this.#state) return;
    try {
      this.#write(next);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      this.rollBack(`the disk does not note that it is tried: ${error.message}`);
    }
  }

  /** A later one is to be tried. Throws UnavailableError, with all as it was, when the disk refuses it. */
  take(configuration: SignedConfiguration): void {
    this.#write(offered(this.#state, configuration));
    this.#stranger = undefined;
    this.#unusable = undefined;
  }

  /** A letter of the author is no good: it is never looked at again. */
  refuse(sequence: number, reason: string): void {
    this.#stranger = undefined;
    this.#settle(refused(this.#state, this.#refusal(sequence, reason)));
  }

  /** Something came that is no letter of the author for this box, or an old one. */
  refuseStranger(reason: string): void {
    if (this.#stranger?.reason !== reason) this.#stranger = this.#refusal(0, reason);
  }

  /** The collector has acknowledged what was sent under what is in force. To be called as often as it does. */
  confirm(): void {
    if (this.onProbation || !this.#isOnDisk) this.#settle(confirmed(this.#state));
  }

  /** What is tried has not proved itself. */
  rollBack(reason: string): void {
    this.#settle(rolledBack(this.#state, reason, this.#options.nowMs()));
  }

  /** What has proved itself once cannot be used any more, as by another version of the agent: it goes on without. */
  setAside(reason: string): void {
    this.#unusable = this.#refusal(inForce(this.#state)?.sequence ?? 0, reason);
  }

  #refusal(sequence: number, reason: string): Refusal {
    return { sequence, refusal: 'refused', reason, atMs: this.#options.nowMs() };
  }

  #settle(next: RemoteConfiguration): void {
    this.#state = next;
    try {
      this.#write(next);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      this.#isOnDisk = false;
      this.#options.onTrouble(error.message);
    }
  }

  #write(next: RemoteConfiguration): void {
    writeConfiguration(this.#options.file, this.#options, next);
    this.#state = next;
    this.#isOnDisk = true;
  }
}
