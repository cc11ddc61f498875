import type { AlertCause } from './alert.ts';
import type { Level } from './watch.ts';

/** What a look has found of one cause and subject. */
export interface Reading {
  readonly cause: AlertCause;
  readonly subject: string;
  readonly level: Level;
  /** In words. */
  readonly detail: string;
}

/** Of a value that is bad from a limit on and good up to another. */
export function levelOf(value: number, goodUpTo: number, badFrom: number): Level {
  if (value >= badFrom) return 'bad';
  return value <= goodUpTo ? 'good' : 'between';
}
