import { request as requestPlain } from 'node:http';
import { request as requestSecured } from 'node:https';

/** For tests: what a client shows besides its request. */
export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string;
  readonly token?: string;
  /** From which of the addresses of this machine; whichever, by default. */
  readonly localAddress?: string;
  readonly tls?: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

/** Asks on a connection of its own, and takes the answer as it comes: nothing is followed, kept or unpacked. */
export function ask(url: string, asking: Asking = {}): Promise<Answer> {
  const { headers = {}, method = 'GET', body, token, localAddress, tls } = asking;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const from = localAddress === undefined ? {} : { localAddress };
  const options = { method, headers: { ...authorization, ...type, ...headers }, agent: false, ...from, ...tls };
  const request = url.startsWith('https:') ? requestSecured : requestPlain;
  request(url, options, (response) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('error', reject);
    response.on('end', () => {
      const bytes = Buffer.concat(parts);
      const text = bytes.toString();
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
        ...{ bytes, text },
        json: <T>() => JSON.parse(text) as T,
      });
    });
  })
    .on('error', reject)
    .end(body);
  return promise;
}
