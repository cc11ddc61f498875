import { OutOfRangeError, TdcError, UnavailableError } from '@tdc/shared/errors.ts';

/** What etcd's words mean to an operator; the first that fits is told. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /space exceeded/,
    'etcd is out of space (alarm NOSPACE): compact and defragment it, or raise its quota, then disarm the alarm',
  ],
  [/no leader|leader changed|not leader/i, 'etcd has no leader: its members have lost each other or their majority'],
  [/request timed out|deadline|DEADLINE/i, 'etcd does not answer in time'],
  [/too many requests/, 'etcd is overloaded'],
  [/permission denied/, 'etcd does not let this user do it'],
  [/invalid auth token|authentication failed|user name is empty/, 'etcd refuses the user name or the password'],
  [/circuit|ECONNREFUSED|UNAVAILABLE|No connection|unavailable|disconnected/i, 'no member of etcd can be reached'],
];

/** What a failed call means: trouble that may pass, except for a revision that history no longer reaches. */
export function faultOf(error: unknown, doing: string): TdcError {
  if (error instanceof TdcError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('has been compacted')) {
    return new OutOfRangeError(`${doing}: the history of etcd no longer reaches that far`, { cause: error });
  }
  const meaning = meanings.find(([words]) => words.test(message))?.[1] ?? 'etcd failed';
  return new UnavailableError(`${doing}: ${meaning} (${message})`, { cause: error });
}
