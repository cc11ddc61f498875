import { fileURLToPath } from 'node:url';
import type { Scanner } from '../scanner.ts';
import type { SteadyClock } from '../steady-clock.ts';
import { RadioProcessScanner } from './radio/radio-process-scanner.ts';

export interface AccessPointOptions {
  /** Such as `wlan0`; absent: all that NetworkManager has. */
  readonly interface?: string;
  /** Between two scans. */
  readonly scanSeconds: number;
  readonly clock: SteadyClock;
  /** Folders that nmcli is looked for in, separated by colons. */
  readonly searchPath: string;
}

const listScript = fileURLToPath(new URL('./wifi/access-points-process.ts', import.meta.url));

/** Scanner of access points, the phones and cars that are one among them, through NetworkManager. */
export function accessPointScanner(options: AccessPointOptions): Scanner {
  const { interface: name = '', scanSeconds, clock, searchPath } = options;
  return new RadioProcessScanner({
    name: 'wifi-access-points',
    kind: 'wifi',
    clock,
    program: () => ({
      script: listScript,
      args: [name, `${scanSeconds}`, searchPath],
      env: { PATH: searchPath, MALLOC_ARENA_MAX: '1' },
      leadsGroup: true,
    }),
  });
}
