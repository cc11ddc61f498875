/** What a scanner cannot do without. */
export interface ScannerNeeds {
  readonly radio?: 'bluetooth' | 'wifi';
  readonly capabilities: readonly string[];
  /** What it does better with. */
  readonly wishes?: readonly string[];
  /** Programs in the search path. */
  readonly programs: readonly string[];
  /** Whether the radio must be able to hear what is sent to others. */
  readonly monitors?: true;
}

/**
 * Bluetooth: raw HCI sockets need CAP_NET_RAW; an adapter that is down is powered up with CAP_NET_ADMIN. Wi-Fi: capturing needs CAP_NET_RAW, and
 * changing mode and channel CAP_NET_ADMIN. NetworkManager does its work under rights of its own.
 */
const bluetooth: ScannerNeeds = {
  radio: 'bluetooth',
  capabilities: ['CAP_NET_RAW'],
  wishes: ['CAP_NET_ADMIN'],
  programs: [],
};
const needs = new Map<string, ScannerNeeds>([
  ['ble', bluetooth],
  ['classic', bluetooth],
  [
    'wifi-monitor',
    {
      radio: 'wifi',
      capabilities: ['CAP_NET_RAW', 'CAP_NET_ADMIN'],
      programs: ['tcpdump', 'iw', 'ip'],
      monitors: true,
    },
  ],
  ['wifi-access-points', { radio: 'wifi', capabilities: [], programs: ['nmcli'] }],
]);

const nothing: ScannerNeeds = { capabilities: [], programs: [] };

export const needsOf = (scanner: string): ScannerNeeds => needs.get(scanner) ?? nothing;

/** The scanners that a thing is needed for. */
export const scannersThatNeed = (
  scanners: readonly string[],
  isNeeded: (needs: ScannerNeeds) => boolean,
): readonly string[] => scanners.filter((scanner) => isNeeded(needsOf(scanner)));
