import { globSync } from 'node:fs';

/** What stands between programs and the clock of the machine. */
export function faketimeLibrary(): string {
  const [library] = globSync('/usr/lib/{*/,}faketime/libfaketime.so.1');
  if (library === undefined) throw new Error('libfaketime is missing: npm test installs it');
  return library;
}
