import type { Messages } from './messages/english.ts';

/** What an agent says of itself in words of the contract, and the text for each. */
const keys = {
  clock: { synchronised: 'clockSynchronised', unsynchronised: 'clockUnsynchronised', trusted: 'clockTrusted' },
  connection: {
    idle: 'connectionIdle',
    connecting: 'connectionConnecting',
    connected: 'connectionConnected',
    waiting: 'connectionWaiting',
  },
  radio: { starting: 'radioStarting', running: 'radioRunning', failed: 'radioFailed', finished: 'radioFinished' },
  key: { present: 'keyPresent', waiting: 'keyWaiting' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, keyof Messages>>>>;

/** One that is not known here, of a newer agent, as it came. */
export function statusWord(text: Messages, of: keyof typeof keys, word: string): string {
  const known: Readonly<Record<string, keyof Messages>> = keys[of];
  const key = Object.hasOwn(known, word) ? known[word] : undefined;
  const found = key === undefined ? undefined : text[key];
  return typeof found === 'string' ? found : word;
}
