import { readFileSync } from 'node:fs';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { isToken } from '../access/token.ts';

const variable = 'TDC_TOKEN';

/**
 * The token to show, from a file or else from the environment; never an argument, which other users of the machine can read. Throws
 * InvalidInputError, without what was there.
 */
export function tokenFrom(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const source = file === undefined ? variable : `--token-file ${file}`;
  const text = (file === undefined ? env[variable] : contentOf(file))?.trim();
  // An empty variable is how a shell leaves one out.
  if (file === undefined && !text) return undefined;
  if (text !== undefined && isToken(text)) return text;
  throw new InvalidInputError(
    `${source}: no token; expected what \`tdc token create\` printed, tdc_ and 43 characters`,
    {
      field: 'token',
    },
  );
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new InvalidInputError(`--token-file ${file} cannot be read: ${why}`, { field: 'token', cause: error });
  }
}
