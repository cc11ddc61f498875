import { UnavailableError } from '@tdc/shared/errors.ts';
import Sqlite from 'better-sqlite3';

/** Codes that say what the program did wrong, as opposed to what the disk or another process does. */
const ownFault = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|MISUSE|ERROR|TOOBIG)/;
const damage = /^SQLITE_(CORRUPT|NOTADB|FORMAT)/;

/**
 * What an error of SQLite means to a caller: the disk is full, broken or busy, the file is damaged or closed, all of which is
 * UnavailableError; anything else is passed on as it is.
 */
export function faultOf(error: unknown, file: string, doing: string): unknown {
  if (error instanceof TypeError && error.message === 'The database connection is not open') {
    return new UnavailableError(`${doing} in ${file}: it is closed`, { cause: error });
  }
  if (!(error instanceof Sqlite.SqliteError) || ownFault.test(error.code)) return error;
  const what = damage.test(error.code) ? 'the file is damaged, or is no SQLite database' : error.message;
  return new UnavailableError(`${doing} in ${file}: ${what} (${error.code})`, { cause: error });
}

/** Does something with the database, turning its errors into ours. */
export function guarded<T>(file: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw faultOf(error, file, doing);
  }
}
