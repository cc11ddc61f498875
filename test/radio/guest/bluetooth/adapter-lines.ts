import type { Device } from './air.ts';

/** What the test asks of an adapter, one line of JSON each. */
export type AdapterRequest =
  /** These are in the air from now on, and no others. */
  | { readonly do: 'devices'; readonly devices: readonly Device[] }
  /** Packets that the controller hands to the kernel as they are: the type's octet, and the rest, in hex. */
  | { readonly do: 'packets'; readonly packets: readonly string[] }
  | { readonly do: 'count' };

/** What an adapter tells, one line of JSON each. Times are Unix milliseconds of the guest's clock. */
export type AdapterReport =
  /** The adapter's name where the way to the kernel tells it. */
  | { readonly type: 'ready'; readonly name?: string | undefined }
  | { readonly type: 'devices'; readonly atMs: number }
  | { readonly type: 'packets'; readonly count: number }
  | { readonly type: 'count'; readonly advertisements: number; readonly answers: number; readonly inquiries: number };
