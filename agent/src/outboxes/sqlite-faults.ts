import { UnavailableError } from '@tdc/shared/errors.ts';
import Sqlite from 'better-sqlite3';

/** Codes that say what the program did wrong, as opposed to what the disk or the file does. */
const ownFault = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|MISUSE|ERROR|TOOBIG)/;
const damage = /^SQLITE_(CORRUPT|NOTADB|FORMAT)/;

const codeOf = (error: unknown): string => {
  if (error instanceof Sqlite.SqliteError) return error.code;
  return error instanceof UnavailableError ? codeOf(error.cause) : '';
};

/** Whether the file is damaged, or is no database. */
export const isDamage = (error: unknown): error is Error => damage.test(codeOf(error));

/** Whether the disk has no room. The connection stays good: the transaction was undone. */
export const isFull = (error: unknown): boolean => codeOf(error).startsWith('SQLITE_FULL');

/**
 * What an error of SQLite or of the file system means to a caller: UnavailableError where the disk or the file is at
 * fault, else the error itself.
 */
export function faultOf(error: unknown, file: string, doing: string): unknown {
  if (!(error instanceof Error) || !isOfDisk(error)) return error;
  return new UnavailableError(`${doing} in ${file}: ${error.message}`, { cause: error });
}

function isOfDisk(error: Error): boolean {
  if (error instanceof Sqlite.SqliteError) return !ownFault.test(error.code);
  return 'syscall' in error;
}
