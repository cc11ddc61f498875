import { readFileSync } from 'node:fs';
import { InvalidInputError } from './errors.ts';

/** Reads a PEM file that an option names. Throws InvalidInputError, which never holds what is in the file. */
export function readPem(option: string, file: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new InvalidInputError(`${option} ${file} cannot be read: ${error instanceof Error ? error.message : error}`, {
      field: option,
      cause: error,
    });
  }
  if (!content.includes('-----BEGIN ')) {
    throw new InvalidInputError(`${option} ${file}: expected a file in PEM format`, { field: option });
  }
  return content;
}
