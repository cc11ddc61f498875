/** The one table between errors and gRPC statuses, both ways. */
import { channel } from 'node:diagnostics_channel';
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import {
  AccessError,
  InvalidInputError,
  LimitError,
  NotFoundError,
  OutOfRangeError,
  PreconditionError,
  TdcError,
  type TdcErrorOptions,
  UnauthenticatedError,
  UnavailableError,
} from './errors.ts';
import { ErrorDetail } from './generated/tdc/v1/collector.ts';

type ErrorClass = new (message: string, options?: TdcErrorOptions) => TdcError;

/** The first status of a class is the one it is sent as. */
const table: readonly (readonly [ErrorClass, readonly [status, ...status[]]])[] = [
  [InvalidInputError, [status.INVALID_ARGUMENT, status.UNIMPLEMENTED]],
  [NotFoundError, [status.NOT_FOUND]],
  [PreconditionError, [status.FAILED_PRECONDITION]],
  [OutOfRangeError, [status.OUT_OF_RANGE]],
  [LimitError, [status.RESOURCE_EXHAUSTED]],
  [UnavailableError, [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED, status.ABORTED]],
  [UnauthenticatedError, [status.UNAUTHENTICATED]],
  [AccessError, [status.PERMISSION_DENIED]],
];

/** Errors that no class names, each a fault of ours: callers learn nothing of them, the log of the process does. */
export const unexpectedErrors = channel('tdc:unexpected-error');

const detailKey = 'tdc-error-bin';
/** Some HTTP/2 peers refuse longer headers. */
const messageLengthMax = 2000;

/**
 * What a service answers an error with. An error of ours carries an ErrorDetail in the trailer `tdc-error-bin`; any other is
 * INTERNAL without its message, which may hold what is not for the caller.
 */
export function statusOfError(error: unknown): StatusObject & Pick<ServiceError, 'name' | 'message'> {
  const metadata = new Metadata();
  if (!(error instanceof TdcError)) {
    unexpectedErrors.publish(error);
    const details = 'internal error: the log of the server has the reason';
    return { name: 'Error', message: details, code: status.INTERNAL, details, metadata };
  }
  // Half a character, which cutting can leave, would make the library throw where nothing catches it.
  const details = error.message.slice(0, messageLengthMax).toWellFormed();
  const code = table.find(([type]) => error instanceof type)?.[1][0] ?? status.INTERNAL;
  const { field, retryable, retryAfterMs } = error;
  const detail = ErrorDetail.encode({ field, message: details, retryable, retryAfterMs }).finish();
  metadata.set(detailKey, Buffer.from(detail));
  return { name: error.name, message: details, code, details, metadata };
}

/** Why a call failed: the other way of statusOfError. A status without a class of its own is taken as passing trouble. */
export function errorOfStatus(error: ServiceError): TdcError {
  const type = table.find(([, statuses]) => statuses.includes(error.code))?.[0] ?? UnavailableError;
  const detail = detailOf(error);
  const name = status[error.code] ?? `status ${error.code}`;
  return new type(detail?.message || `${name}: ${error.details}`, {
    field: detail?.field ?? '',
    retryAfterMs: detail?.retryAfterMs ?? 0,
    cause: error,
  });
}

function detailOf({ metadata }: ServiceError): ErrorDetail | undefined {
  const [bytes] = metadata?.get(detailKey) ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return ErrorDetail.decode(bytes);
  } catch {
    // A trailer that is not ours: the status itself says what there is to say.
    return undefined;
  }
}
