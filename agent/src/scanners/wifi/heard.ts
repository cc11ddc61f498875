import { parseFrame } from './frame.ts';
import { parseRadiotap } from './radiotap.ts';

/** What a captured frame tells of who sent it. `problem` says what is wrong in words that never hold an address. */
export type Heard =
  /** Without an address: an access point, somebody unknown, or a frame that was heard with faults. */
  | { readonly ok: true; readonly address?: string; readonly rssiDbm?: number }
  | { readonly ok: false; readonly problem: string };

/** What is beyond is what drivers say that do not know. */
const rssiDbmMin = -127;
const rssiDbmMax = 20;

/** Reads a frame with the radiotap header before it. Never throws, whatever the octets. */
export function parseHeard(bytes: Buffer): Heard {
  const heard = parseRadiotap(bytes);
  if (!heard.ok) return heard;
  const { length, rssiDbm, isFaulty } = heard.radiotap;
  if (isFaulty) return { ok: true };
  const parsed = parseFrame(bytes.subarray(length));
  if (!parsed.ok) return parsed;
  if (parsed.sender.type !== 'client') return { ok: true };
  const isKnown = rssiDbm !== undefined && rssiDbm >= rssiDbmMin && rssiDbm <= rssiDbmMax;
  return { ok: true, address: parsed.sender.address, ...(isKnown ? { rssiDbm } : {}) };
}
