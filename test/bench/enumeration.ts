/** How fast who has the key of a day finds the addresses behind its pseudonyms: a bound from below, as graphics cards are faster. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { keyBytes } from '@tdc/shared/key-chain.ts';
import { tagOf } from '@tdc/shared/pseudonym.ts';
import type { Measurement } from './report.ts';

const tries = 200_000;
const messageBytes = 64;
/** The addresses of one maker's number, and all that are allocated (Ali and Dyo, 2020). */
const spaces = [
  ['the 2^24 addresses of one maker', 2 ** 24],
  ['the 2^39 addresses that are allocated', 2 ** 39],
] as const;

export async function benchEnumeration(progress: (text: string) => void): Promise<Measurement[]> {
  const [native, own] = [await nativeRate(), ownRate()];
  progress(`${Math.round(native)} addresses a second`);
  return [
    {
      what: "addresses tried under a known key, a core, with OpenSSL's HMAC-SHA-256",
      value: native,
      unit: 'addresses/s',
      against: { what: "the agent's own pseudonyms", value: own },
      ratio: native / own,
    },
    ...spaces.map(([what, size]) => ({ what: `a core tries ${what}`, value: size / native, unit: 's' })),
  ];
}

/** Calls in a second of processor time: other load on the machine does not count. */
function ownRate(): number {
  const key = new Uint8Array(keyBytes).fill(7);
  const run = (count: number) => {
    for (let i = 0; i < count; i++) {
      const octets = i.toString(16).padStart(6, '0');
      tagOf(key, 'city', 'classic', `00:1b:dc:${octets.slice(0, 2)}:${octets.slice(2, 4)}:${octets.slice(4)}`, 32);
    }
  };
  run(tries / 10);
  const before = process.cpuUsage();
  run(tries);
  const { user, system } = process.cpuUsage(before);
  return tries / ((user + system) / 1e6);
}

/** The same by processor time, as OpenSSL measures itself; what is hashed for an address is not longer. */
async function nativeRate(): Promise<number> {
  const args = ['speed', '-mr', '-seconds', '2', '-bytes', `${messageBytes}`, '-hmac', 'sha256'];
  const { stdout } = await promisify(execFile)('openssl', args);
  const bytesPerSecond = Number(/^\+F:\d+:hmac\(sha256\):([\d.]+)$/m.exec(stdout)?.[1]);
  return bytesPerSecond / messageBytes;
}
