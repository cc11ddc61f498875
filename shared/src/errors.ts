/**
 * The errors that cross a module. Each class says whether the same request can succeed later; each gRPC status has
 * exactly one class (see grpc-status.ts).
 */
export abstract class TdcError extends Error {
  abstract readonly retryable: boolean;
  /** The field at fault as the contract or the configuration names it; empty where no field is. */
  readonly field: string;
  /** Milliseconds before which the same request is not worth sending again; 0 where nothing is known of that. */
  readonly retryAfterMs: number;

  constructor(message: string, options: TdcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.field = options.field ?? '';
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

export interface TdcErrorOptions {
  readonly field?: string;
  readonly cause?: unknown;
  readonly retryAfterMs?: number;
}

/** Input that can never be accepted: the message names the field, what came and what was expected. */
export class InvalidInputError extends TdcError {
  readonly retryable = false;
}

/** A thing that was asked for by its identity does not exist. */
export class NotFoundError extends TdcError {
  readonly retryable = false;
}

/** The request is right but the state of the system does not allow it yet: an unknown detector, a link in the way. */
export class PreconditionError extends TdcError {
  readonly retryable = true;
}

/** A write under a claim that somebody else may have by now: the work is theirs. */
export class ClaimLostError extends TdcError {
  readonly retryable = false;
}

/** A cursor or position that history no longer reaches. */
export class OutOfRangeError extends TdcError {
  readonly retryable = false;
}

/** A named limit was reached: size, rate, number. */
export class LimitError extends TdcError {
  readonly retryable = true;
}

/** The other side, the repository or the disk does not answer now. */
export class UnavailableError extends TdcError {
  readonly retryable = true;
}

/** The caller has not shown who it is, or what it showed is no good. */
export class UnauthenticatedError extends TdcError {
  readonly retryable = false;
}

/** The caller is known, and may not do this. */
export class AccessError extends TdcError {
  readonly retryable = false;
}

/** What a union's `default` branch calls: the compiler proves that it cannot happen. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
