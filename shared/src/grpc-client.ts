import {
  type CallOptions,
  type ChannelCredentials,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { errorOfStatus } from './grpc-status.ts';
import { type KeyPair, readCertificates, readKeyPair } from './pem-file.ts';

/** PEM files of a client: the authority of the server's certificate, and its own certificate with the key. */
export interface ClientTls {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/**
 * Plain text where there is no TLS. A token goes with every call, over TLS alone: in plain text it is not sent. Throws InvalidInputError when
 * a file cannot be read, or is damaged.
 */
export function clientCredentials(tls: ClientTls | undefined, token?: string): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const { ca, pair } = readClientTls(tls, 'tls');
  const channel = credentials.createSsl(ca, pair?.key ?? null, pair?.cert ?? null);
  if (token === undefined) return channel;
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const withToken = credentials.createFromMetadataGenerator((_, callback) => callback(null, metadata));
  return credentials.combineChannelCredentials(channel, withToken);
}

/** What is in the files, which the options `ca`, `cert` and `key` below the prefix name. Throws as above. */
export function readClientTls(
  { caFile, certFile, keyFile }: ClientTls,
  prefix: string,
): { readonly ca: Buffer; readonly pair: KeyPair | undefined } {
  const named = (name: string, file: string) => ({ option: `${prefix}.${name}`, file });
  const ca = readCertificates(named('ca', caFile));
  if (certFile === undefined || keyFile === undefined) return { ca, pair: undefined };
  return { ca, pair: readKeyPair(named('cert', certFile), named('key', keyFile)) };
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
