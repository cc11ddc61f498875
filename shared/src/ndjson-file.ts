import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { InvalidInputError } from './errors.ts';

const fileBytesMax = 64 * 1024 * 1024;

/** What the lines of a file say, one JSON object in each; empty lines are passed over. Throws InvalidInputError naming line and field. */
export function readNdjsonFile<Schema extends z.ZodType>(file: string, schema: Schema): readonly z.output<Schema>[] {
  return textOf(file)
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      const parsed = schema.safeParse(jsonOf(line));
      if (parsed.success) return [parsed.data];
      const [issue] = parsed.error.issues;
      const where = issue?.path.join('.') || 'the line';
      throw new InvalidInputError(`${file}, line ${index + 1}: ${where}: ${issue?.message}`, { field: file });
    });
}

function textOf(file: string): string {
  try {
    const { size } = statSync(file);
    if (size <= fileBytesMax) return readFileSync(file, 'utf8');
    throw new InvalidInputError(`${file} has ${size} bytes: expected at most ${fileBytesMax}`, { field: file });
  } catch (cause) {
    if (cause instanceof InvalidInputError || !(cause instanceof Error)) throw cause;
    throw new InvalidInputError(`${file} cannot be read: ${cause.message}`, { field: file, cause });
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
