import { NotFoundError } from '@tdc/shared/errors.ts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { HttpApp } from '../http/app.ts';
import { consolePage } from './page.ts';
import { readPageFiles } from './page-files.ts';
import type { TileServer } from './tile-server.ts';

/** Addresses of the page: it finds out itself which part of it is meant. */
const pageAddresses = [
  '/',
  '/links',
  '/links/:from/:to',
  '/links/:from/:to/history',
  '/detectors',
  '/detectors/:id',
  '/route',
  '/routes',
  '/routes/:id',
  '/alerts',
];
const hidden = { hide: true };

/** The console: one page for all of its addresses, and its files under the address of their version. */
export function addConsole(app: HttpApp, tiles: TileServer | undefined): void {
  let known: ReturnType<typeof readConsole> | undefined;
  // Made for the first who asks: a server starts sooner without, and many are never asked.
  const served = () => {
    known ??= readConsole(tiles);
    return known;
  };
  const withPolicy = (reply: FastifyReply) => reply.header('content-security-policy', served().page.policy);
  for (const address of pageAddresses) {
    app.get(address, { schema: hidden }, async (_request, reply) => {
      withPolicy(reply).type('text/html; charset=utf-8');
      return served().page.html;
    });
  }
  app.get(
    '/assets/:version/*',
    { schema: { ...hidden, params: z.object({ version: z.string(), '*': z.string() }) } },
    async (request, reply) => {
      const { version, '*': name } = request.params;
      const { files } = served();
      const file = version === files.version ? files.files.get(name) : undefined;
      if (file === undefined) throw new NotFoundError('there is no such file of this version of the console');
      // A worker lives by the policy of its own file.
      withPolicy(reply).type(file.type).header('cache-control', 'public, max-age=31536000, immutable');
      return file.content;
    },
  );
}

function readConsole(tiles: TileServer | undefined) {
  const files = readPageFiles();
  return { files, page: consolePage(files, tiles) };
}
