import {
  type CallOptions,
  type ChannelCredentials,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { errorOfStatus } from './grpc-status.ts';
import { readPem } from './pem-file.ts';

/** PEM files of a client: the authority of the server's certificate, and its own certificate with the key. */
export interface ClientTls {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Plain text where there is no TLS. Throws InvalidInputError when a file cannot be read. */
export function clientCredentials(tls: ClientTls | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(
    readPem('tls.ca', tls.caFile),
    tls.keyFile === undefined ? null : readPem('tls.key', tls.keyFile),
    tls.certFile === undefined ? null : readPem('tls.cert', tls.certFile),
  );
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** Calls a method of a generated client. Rejects with a TdcError; cancels the call when the signal aborts. */
export function callUnary<Request, Response>(
  client: object,
  method: UnaryMethod<Request, Response>,
  request: Request,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const cancel = () => call.cancel();
    const call = method.call(
      client,
      request,
      new Metadata(),
      { deadline: Date.now() + timeoutMs },
      (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error === null) resolve(response);
        else reject(signal?.aborted ? signal.reason : errorOfStatus(error));
      },
    );
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
  });
}
