import { Namespaces } from './namespaces.ts';

/** Where something runs: its address, and what to put before its command so that it runs there. */
export interface RunPlace {
  readonly host: string;
  readonly command: readonly string[];
}

/** The place of a name in the network; loopback without one. */
export function placeIn(lan: Namespaces | undefined, name: string): RunPlace {
  if (lan === undefined) return { host: '127.0.0.1', command: [] };
  return { host: lan.addressOf(name), command: lan.command(name) };
}

export const mayMakeNamespaces = process.platform === 'linux' && process.getuid?.() === 0;

/** Namespaces where this process may make them; else none, which it says. */
export function namespacesIfAllowed(names: readonly string[]): Namespaces | undefined {
  if (mayMakeNamespaces) return Namespaces.create(names);
  console.log('not root on Linux: everything runs on loopback, and nothing is cut off');
  return undefined;
}
