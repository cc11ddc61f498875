import { once } from 'node:events';
import { createReadStream, type Stats, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Serves the files of a folder over HTTP, on loopback and a port of its own. */
export interface FileServer extends AsyncDisposable {
  readonly port: number;
}

export async function serveFiles(folder: string): Promise<FileServer> {
  const server = createServer((request, response) => {
    answer(folder, request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(folder: string, { url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = join(folder, normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname)));
  const found: Stats | undefined = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-length': found.size });
  await pipeline(createReadStream(file), response);
}
