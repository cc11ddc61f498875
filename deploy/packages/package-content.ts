import type { PackageName } from './package-kind.ts';

/** What packages differ in, besides their files in the folder of their name. */
export interface PackageContent {
  readonly depends: string;
  readonly recommends?: string;
  readonly suggests?: string;
  readonly summary: string;
  readonly text: readonly string[];
  /** Of docs/. */
  readonly docs: readonly string[];
  /** Programs in /usr/bin with the sections of their manual pages; the package's own comes first. */
  readonly programs: Readonly<Record<string, 1 | 8>>;
  /** Absent: it is run by people alone. */
  readonly service?: Service;
}

export interface Service {
  /** Units that are enabled with the install, besides the one of the package's name. */
  readonly companions: readonly string[];
  /** Folder for keys and certificates, which root alone reads. */
  readonly secrets: string;
}

const runsNode = 'libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)';
const runsService = `init-system-helpers (>= 1.54), ${runsNode}`;

export const packageContents: Readonly<Record<PackageName, PackageContent>> = {
  'tdc-agent': {
    depends: `${runsService}, libudev1, systemd (>= 252)`,
    recommends: 'iw, rfkill, systemd-timesyncd | time-daemon, tcpdump',
    suggests: 'bluez, network-manager',
    summary: 'hears passing Bluetooth and Wi-Fi devices for travel times',
    text: [
      'The program on a box beside the road. It hears radios of passing devices,',
      'turns each address into a short-lived pseudonym on the spot, keeps what it',
      'heard on disk through outages, and sends it to a tdc-server.',
    ],
    docs: ['agent.md', 'configuration.md', 'field-install.md', 'hardware.md'],
    programs: { 'tdc-agent': 8 },
    service: { companions: ['tdc-enrol.service'], secrets: 'etc/tdc/agent-tls' },
  },
  'tdc-server': {
    depends: `${runsService}, systemd (>= 252)`,
    recommends: 'systemd-timesyncd | time-daemon',
    suggests: 'etcd-client',
    summary: 'travel times from detectors beside the road: server and client',
    text: [
      'The central side of tdc: takes events from the agents beside the road, keeps',
      'them in SQLite or etcd, matches them into travel times, and answers for them.',
      'The client for operators, tdc, is in this package too.',
    ],
    docs: [
      ...['operations.md', 'operator-client.md', 'configuration.md', 'console.md', 'http-api.md', 'formats.md'],
      ...['history.md', 'alerts.md'],
      'protocol.md',
    ],
    programs: { 'tdc-server': 8, tdc: 1 },
    service: { companions: [], secrets: 'etc/tdc/server-tls' },
  },
  'tdc-custodian': {
    depends: runsNode,
    summary: 'keeps the pseudonym key of a tdc network and hands it to its boxes',
    text: [
      'For the laptop of a privacy officer, which may be offline: makes the key that',
      'turns addresses into pseudonyms, and seals it to boxes that were approved.',
      'Neither the server nor who runs it can read it.',
    ],
    docs: ['operations.md', 'privacy.md'],
    programs: { 'tdc-custodian': 1 },
  },
};
