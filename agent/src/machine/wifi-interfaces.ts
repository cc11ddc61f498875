import type { System } from '../system.ts';

/** An interface of a Wi-Fi radio. */
export interface WifiInterface {
  readonly name: string;
  /** Its radio, such as phy0. */
  readonly phy: string;
}

/** What the kernel takes for a name and no program takes for an option. */
export const interfaceNamePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;

export function wifiInterfaces(system: System): readonly WifiInterface[] {
  return system.list('/sys/class/net').flatMap((name) => {
    const phy = system.text(`/sys/class/net/${name}/phy80211/name`);
    return phy === undefined ? [] : [{ name, phy }];
  });
}

/** Radios whose supported modes have `monitor` among them, of all or of one; undefined where `iw` does not tell. */
export async function monitoringPhys(system: System, phy?: string): Promise<ReadonlySet<string> | undefined> {
  const text = await system.output('iw', phy === undefined ? ['phy'] : ['phy', phy, 'info']);
  if (text === undefined) return undefined;
  const found = new Set<string>();
  for (const [, name = '', description = ''] of text.matchAll(/^Wiphy (\S+)\n((?:[\t ].*\n?)*)/gm)) {
    const modes = /Supported interface modes:\n((?:\t\t.*\n?)*)/.exec(description)?.[1] ?? '';
    if (/\* monitor$/m.test(modes)) found.add(name);
  }
  return found;
}

/** ARPHRD_IEEE80211_RADIOTAP, linux/if_arp.h: what the kernel hands over are frames with radiotap headers, and no network's. */
const monitorType = '803';

/** Whether a network is reached over the interface: it is connected, or is an access point; a route goes over it; or it is a part of a bridge. */
export function carriesNetwork(system: System, name: string): boolean {
  const stateOf = (file: string) => system.text(`/sys/class/net/${name}/${file}`);
  return (
    // The state of an interface that monitors says nothing: `up` when it was connected to networks before, `unknown` else.
    (stateOf('operstate') === 'up' && stateOf('type') !== monitorType) ||
    routesOf(system).some((route) => route.name === name) ||
    system.list(`/sys/class/net/${name}/master`).length > 0
  );
}

/** Whether the way to the rest of the world is known, and goes over none of these. */
export const hasWayBeside = (system: System, names: readonly string[]): boolean =>
  routesOf(system).some(({ name, isDefault }) => isDefault && !names.includes(name));

interface Route {
  readonly name: string;
  readonly isDefault: boolean;
}

/** /proc/net/route and /proc/net/ipv6_route, proc(5); without those that every interface has by itself. */
function routesOf(system: System): readonly Route[] {
  const lines = (path: string) => (system.text(path) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  const ofIpv4 = lines('/proc/net/route')
    .slice(1)
    // 169.254.0.0/16 is what an interface gives itself.
    .flatMap(([name, destination]) =>
      name && destination !== undefined && destination !== '0000FEA9'
        ? [{ name, isDefault: destination === '00000000' }]
        : [],
    );
  const ofIpv6 = lines('/proc/net/ipv6_route').flatMap((fields) => {
    const [destination = '', prefix] = fields;
    const name = fields[9];
    if (name === undefined || name === 'lo' || /^(fe[89ab]|ff)/.test(destination)) return [];
    return [{ name, isDefault: prefix === '00' }];
  });
  return [...ofIpv4, ...ofIpv6];
}
