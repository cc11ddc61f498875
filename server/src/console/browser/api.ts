/** Why the server did not answer as asked. */
export class ApiError extends Error {
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number;
  readonly retryAfterMs: number;

  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

const answerWithinMs = 20_000;

interface Request {
  readonly method?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Asks this server. Throws ApiError for everything but a good answer, and the signal's reason. */
export async function ask(address: string, { method = 'GET', body, headers = {}, signal }: Request = {}) {
  const response = await fetch(address, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new ApiError(0, error instanceof Error ? error.message : String(error));
  });
  if (response.ok) return response;
  const problem: unknown = await response.json().catch(() => ({}));
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000 || 0;
  throw new ApiError(response.status, detailOf(problem) ?? response.statusText, retryAfterMs);
}

/** The same, for an answer of JSON in reasonable time. The server validates what it answers. */
export async function askJson<T>(address: string, request: Request = {}): Promise<T> {
  const late = AbortSignal.timeout(answerWithinMs);
  const signal = request.signal === undefined ? late : AbortSignal.any([request.signal, late]);
  try {
    return await (await ask(address, { ...request, signal })).json();
  } catch (error) {
    if (late.aborted && request.signal?.aborted !== true) throw new ApiError(0, `no answer in ${answerWithinMs} ms`);
    throw error;
  }
}

const detailOf = (problem: unknown): string | undefined =>
  typeof problem === 'object' && problem !== null && 'detail' in problem && typeof problem.detail === 'string'
    ? problem.detail
    : undefined;

export const isSignInNeeded = (error: unknown): error is ApiError => error instanceof ApiError && error.status === 401;
