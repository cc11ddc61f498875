/** The one table between errors and HTTP statuses. */
import {
  AccessError,
  InvalidInputError,
  LimitError,
  NotFoundError,
  OutOfRangeError,
  PreconditionError,
  TdcError,
  UnauthenticatedError,
  UnavailableError,
} from '@tdc/shared/errors.ts';
import type { FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { Problem } from './schemas/problem.ts';

type ErrorClass = new (message: string) => TdcError;

const table: readonly (readonly [ErrorClass, number, string])[] = [
  [InvalidInputError, 400, 'invalid input'],
  [UnauthenticatedError, 401, 'unauthenticated'],
  [AccessError, 403, 'access refused'],
  [NotFoundError, 404, 'not found'],
  [PreconditionError, 409, 'precondition failed'],
  [OutOfRangeError, 410, 'out of range'],
  [LimitError, 429, 'limit reached'],
  [UnavailableError, 503, 'unavailable'],
];

/** A request that no resource could answer, whatever it asks for. */
export class RefusedRequestError extends InvalidInputError {
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, message: string) {
    super(message);
    this.status = status;
    this.title = title;
  }
}

const cameLengthMax = 100;
/** What zod begins its messages with. */
const messageBeginning = /^(Invalid (input|option|string)|Too (big|small)): /;

type Asked = Pick<FastifyRequest, 'id' | 'query' | 'params'>;

/** What a request is answered with that failed. Of a fault of ours callers learn no more than where to find it. */
export function problemOf(error: unknown, request: Asked): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) return invalidOf(error.validation, request);
  if (error instanceof RefusedRequestError) return problemFor(error.status, error.title, error.message, request);
  if (error instanceof TdcError) {
    const [, status, title] = table.find(([type]) => error instanceof type) ?? [TdcError, 500, 'internal error'];
    const { field, message, retryable } = error;
    const errors = field === '' ? [] : [{ field, came: cameIn(request, field.match(/[^[\]]+/g) ?? []), message }];
    return {
      ...problemFor(status, title, field === '' ? message : `${field}: ${message}`, request),
      retryable,
      errors,
    };
  }
  const status = statusCodeOf(error);
  if (status !== undefined) return problemFor(status, 'bad request', messageOf(error), request);
  return problemFor(500, 'internal error', `the log of the server has the reason under request ${request.id}`, request);
}

export function problemFor(status: number, title: string, detail: string, { id }: Pick<Asked, 'id'>): Problem {
  const type = `urn:tdc:problem:${title.replaceAll(' ', '-')}`;
  return { type, title, status, detail: detail.toWellFormed(), request_id: id, retryable: false, errors: [] };
}

interface Fault {
  readonly instancePath: string;
  readonly message?: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function invalidOf(faults: readonly Fault[], request: Asked): Problem {
  const errors = faults.flatMap(({ instancePath, message = '', keyword, params }) => {
    const path = instancePath.split('/').filter((part) => part !== '');
    if (keyword !== 'unrecognized_keys' || !Array.isArray(params.keys)) {
      return [{ field: fieldOf(path), came: cameIn(request, path), message: message.replace(messageBeginning, '') }];
    }
    return params.keys.map(String).map((key) => ({
      field: key.slice(0, cameLengthMax).toWellFormed(),
      came: cameIn(request, [key]),
      message: 'expected no parameter of this name',
    }));
  });
  const detail = errors.map(({ field, came, message }) => `${field} ${came ?? 'is missing'}: ${message}`).join('; ');
  return { ...problemFor(400, 'invalid input', detail, request), errors };
}

const fieldOf = ([name = '', ...places]: readonly string[]): string =>
  `${name}${places.map((place) => `[${place}]`).join('')}`;

function cameIn({ query, params }: Asked, path: readonly string[]): string | null {
  let value: unknown = { ...Object(query), ...Object(params) };
  for (const part of path) {
    // One that may come several times and came once is not in a list yet.
    if (typeof value === 'string' && part === '0') continue;
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([key]) => key === part)?.[1]
        : undefined;
  }
  if (value === undefined) return null;
  const text = JSON.stringify(value).toWellFormed();
  return text.length > cameLengthMax ? `${text.slice(0, cameLengthMax).toWellFormed()}…` : text;
}

/** The library's own refusals say which status they are. */
function statusCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
