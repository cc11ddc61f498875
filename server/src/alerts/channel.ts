import { TdcError } from '@tdc/shared/errors.ts';
import type { Notice, NoticeChannel } from './alert.ts';

/** A way by which people are told. */
export interface Channel {
  readonly name: NoticeChannel;
  /** How many notices go together. */
  readonly noticesMax: number;
  /** Resolves once they have been taken. Throws NotTakenError when they were not, as far as is known. */
  send(notices: readonly Notice[], signal: AbortSignal): Promise<void>;
}

/** A notice was not taken: nobody answered, or somebody refused it. */
export class NotTakenError extends TdcError {
  /** Whether the same is worth another try: not, when it was looked at and refused. */
  readonly retryable: boolean;

  constructor(message: string, reason: 'refused' | 'unavailable', cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.retryable = reason === 'unavailable';
  }
}
