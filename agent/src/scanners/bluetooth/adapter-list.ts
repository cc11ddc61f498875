import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnavailableError } from '@tdc/shared/errors.ts';

/** Where the kernel lists its adapters. */
export const bluetoothFolder = '/sys/class/bluetooth';

/** The number of an adapter: 0 for `hci0`; undefined for another name. */
export function adapterIndex(name: string): number | undefined {
  const [, digits] = /^hci(\d{1,4})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The adapter to use: the one that is named, or else the first that is not blocked. Throws UnavailableError, which says what to do,
 * when there is none, or when it is blocked.
 */
export function adapterToUse(named: string | undefined, folder: string = bluetoothFolder): string {
  const there = adaptersIn(folder);
  if (named !== undefined) {
    if (!there.includes(named)) throw new UnavailableError(absent(named, there));
    throwIfBlocked(named, folder);
    return named;
  }
  const [first] = there;
  if (first === undefined) {
    throw new UnavailableError(
      'no Bluetooth adapter: plug one in, or see in "dmesg" why the kernel has none; the scanner takes the first that appears',
    );
  }
  const free = there.find((name) => blockOf(name, folder) === undefined);
  if (free === undefined) throwIfBlocked(first, folder);
  return free ?? first;
}

function absent(named: string, there: readonly string[]): string {
  const others = there.length === 0 ? 'there is none' : `there is ${there.join(', ')}`;
  return `no Bluetooth adapter ${named}: ${others}; leave out bluetooth.adapter to take the first there is`;
}

function throwIfBlocked(name: string, folder: string): void {
  const block = blockOf(name, folder);
  if (block === 'soft') {
    throw new UnavailableError(`${name} is blocked by rfkill: unblock it with "rfkill unblock bluetooth"`);
  }
  if (block === 'hard')
    throw new UnavailableError(`${name} is blocked by a switch of the machine: turn Bluetooth on there`);
}

function adaptersIn(folder: string): readonly string[] {
  // Connections are listed there too, as hci0:12.
  const names = entriesOf(folder).filter((name) => adapterIndex(name) !== undefined);
  return names.sort((a, b) => (adapterIndex(a) ?? 0) - (adapterIndex(b) ?? 0));
}

function blockOf(name: string, folder: string): 'soft' | 'hard' | undefined {
  for (const entry of entriesOf(join(folder, name))) {
    if (!entry.startsWith('rfkill')) continue;
    if (isSet(join(folder, name, entry, 'hard'))) return 'hard';
    if (isSet(join(folder, name, entry, 'soft'))) return 'soft';
  }
  return undefined;
}

/** The names in a folder; none when it is not there, as without Bluetooth, or not any more, as when an adapter is just unplugged. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isGone(error)) return [];
    throw new UnavailableError(`${folder} cannot be read`, { cause: error });
  }
}

function isSet(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() === '1';
  } catch (error) {
    if (isGone(error)) return false;
    throw new UnavailableError(`${file} cannot be read`, { cause: error });
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENODEV', 'ENOTDIR'].includes(String(error.code));
