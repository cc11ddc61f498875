import { isIP } from 'node:net';

/** Whether only this machine can be reached, or can reach it, under the name or address of a host. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** The host of `host:port`. */
export const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
