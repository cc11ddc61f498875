import type { Writable } from 'node:stream';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { Role } from '../access/principal.ts';
import { createToken, lifeSecondsOf } from '../access/token-admin.ts';
import type { ServerConfig } from '../config.ts';
import { openRepository } from '../context.ts';

export interface TokenCreateOptions {
  readonly repository: ServerConfig['repository'];
  readonly name: string;
  readonly role: Role;
  /** Duration that it is good for. */
  readonly expires: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Makes a token in the repository, for whoever has that: the first admin's. The token goes to standard output, what it is to standard
 * error. Throws as createToken and openRepository do; a SQLite file is open to one process at a time.
 */
export async function createTokenInRepository(options: TokenCreateOptions, signal: AbortSignal): Promise<void> {
  const { name, role, expires, clock, logger, stdout, stderr } = options;
  const seconds = lifeSecondsOf(expires);
  await using repository = await openRepository(options.repository, clock, logger, signal);
  const { token, kept } = await createToken(repository.accessTokens, clock, { name, role, seconds }, signal);
  const until = new Date(kept.expiresAtMs).toISOString();
  logger.info(
    { audit: { principal: 'local', method: 'CreateToken', subject: `token of ${name}`, result: 'ok' } },
    'audit',
  );
  stderr.write(`tdc-server: token ${kept.id} of ${name}, ${role}, until ${until}\n`);
  stdout.write(`${token}\n`);
}
