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
  // Alerts of TLS about the certificate that this side has shown, or has not.
  [
    /alert number (4[234568]|116)\b/,
    'etcd wants a certificate of an authority that it knows: see etcd.tls.cert and etcd.tls.key',
  ],
  [/certificate has expired|certificate is not yet valid/, 'the certificate of etcd is not valid now'],
  [/altnames/, 'the certificate of etcd is for another address: see etcd.endpoints'],
  [/unable to (verify|get)|self[- ]signed/, 'the certificate of etcd is of another authority: see etcd.tls.ca'],
  [
    /before secure TLS connection|wrong version number/,
    'what answers does not speak TLS: see etcd.endpoints, which https and etcd.tls make TLS',
  ],
  [/Failed to connect/, 'what answers hangs up at once: if it speaks TLS, etcd.endpoints need https'],
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
  return new UnavailableError(`${doing}: ${meaning} (${message.replace(/\s+/g, ' ')})`, { cause: error });
}
