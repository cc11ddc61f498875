import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that a program wrote or sent, and where. */
export interface Found {
  readonly where: string;
  readonly bytes: Buffer;
}

/** Every file below a directory. */
export async function filesIn(directory: string): Promise<readonly Found[]> {
  const names = await readdir(directory, { withFileTypes: true, recursive: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (where): Promise<Found[]> => {
    // A log of SQLite may go between being listed and being read.
    const bytes = await readFile(where).catch(() => undefined);
    return bytes === undefined ? [] : [{ where, bytes }];
  });
  return (await Promise.all(read)).flat();
}

/** The places in which a secret stands: as it is, backwards, in hexadecimal, or in base64 at any alignment. */
export function tracesOfSecret(found: readonly Found[], secret: Buffer): readonly string[] {
  const spellings = [secret, Buffer.from(secret).reverse(), Buffer.from(secret.toString('hex')), ...base64Of(secret)];
  return found.filter(({ bytes }) => spellings.some((each) => bytes.includes(each))).map(({ where }) => where);
}

/** Without the characters at the ends, which depend on neighbours; standard and for URLs. */
function base64Of(secret: Buffer): readonly Buffer[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), secret, Buffer.alloc(3)]).toString('base64');
    const inner = encoded.slice(4, Math.floor(((before + secret.length) * 4) / 3) - 1);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')].map((text) => Buffer.from(text));
  });
}
