/** A line of nmcli as node-wifi has read it. Its types are what it says, not what is there. */
export interface ListedNetwork {
  readonly bssid?: unknown;
  readonly mode?: unknown;
  readonly channel?: unknown;
  readonly frequency?: unknown;
  readonly quality?: unknown;
}

/** `problem` says what is wrong in words that never hold an address or a name. */
export type AccessPointParsed =
  /** Without an address: it is none, but two devices that talk to each other. */
  | { readonly ok: true; readonly address?: string; readonly rssiDbm?: number }
  | { readonly ok: false; readonly problem: string };

const addressPattern = /^[0-9A-F]{2}(?::[0-9A-F]{2}){5}$/;
const modes = ['Infra', 'Ad-Hoc', 'Mesh', 'N/A'];
const channelMax = 233;
const frequencyMhzMin = 2400;
const frequencyMhzMax = 7200;

/**
 * node-wifi cuts nmcli's lines at every colon, and takes the first thing that looks like an address, of a network's name too: who chooses a name
 * can move the fields. All of them must be what they are to be; then a name has not moved them, as the rest of an address that stands where a
 * frequency is to be is no frequency.
 */
export function parseAccessPoint({ bssid, mode, channel, frequency, quality }: ListedNetwork): AccessPointParsed {
  if (typeof mode !== 'string' || !modes.includes(mode)) return bad('mode: expected one that NetworkManager has');
  if (!isWhole(channel, 1, channelMax)) return bad(`channel: expected 1 to ${channelMax}`);
  if (!isWhole(frequency, frequencyMhzMin, frequencyMhzMax)) {
    return bad(`frequency: expected ${frequencyMhzMin} to ${frequencyMhzMax} MHz`);
  }
  if (!isWhole(quality, 0, 100)) return bad('signal: expected 0 to 100 %');
  if (typeof bssid !== 'string' || !addressPattern.test(bssid)) return bad('address: expected six octets');
  if (mode !== 'Infra' && mode !== 'Mesh') return { ok: true };
  return { ok: true, address: bssid.toLowerCase(), rssiDbm: rssiDbmOf(quality) };
}

/**
 * NetworkManager makes 0 to 100 % of -100 to -40 dBm, and 100 % of all that is stronger (nm_wifi_utils_level_to_quality); node-wifi's own number
 * takes another scale.
 */
const rssiDbmOf = (quality: number): number => Math.round(-100 + 0.6 * quality);

const isWhole = (value: unknown, min: number, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;

const bad = (problem: string): AccessPointParsed => ({ ok: false, problem: `access point: ${problem}` });
