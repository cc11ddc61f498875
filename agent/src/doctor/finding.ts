/** What a check of the box came to. A `problem` keeps the configured agent from its work; a `warning` makes it worse, or will. */
export type FindingLevel = 'ok' | 'warning' | 'problem';

/** One thing that was looked at. No text in it ever holds an address of a device or of an adapter. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  readonly level: FindingLevel;
  /** What was found. */
  readonly found: string;
  /** What to do about it, in one line; empty where there is nothing to do. */
  readonly advice: string;
}

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found, advice: '' });

export const warning = (check: string, found: string, advice: string): Finding => ({
  check,
  level: 'warning',
  found,
  advice,
});

export const problem = (check: string, found: string, advice: string): Finding => ({
  check,
  level: 'problem',
  found,
  advice,
});

/** A problem where something is needed; else a fact. */
export const problemIf = (isNeeded: boolean, check: string, found: string, advice: string): Finding =>
  isNeeded ? problem(check, found, advice) : ok(check, `${found}; no configured scanner needs it`);
