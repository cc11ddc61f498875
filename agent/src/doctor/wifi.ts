import type { System } from '../system.ts';
import { type Finding, ok, problem, problemIf, warning } from './finding.ts';
import { radioSwitches, switchAdvice } from './rfkill.ts';
import { scannersThatNeed } from './scanner-needs.ts';

const check = 'wifi';

/** An interface of a Wi-Fi radio. */
interface WifiInterface {
  readonly name: string;
  /** Its radio, such as phy0. */
  readonly phy: string;
}

/** The Wi-Fi interfaces, whether they are switched off, and whether they can monitor. `wanted`: the one that is configured. */
export async function checkWifi(
  system: System,
  scanners: readonly string[],
  wanted?: string,
): Promise<readonly Finding[]> {
  const isNeeded = scannersThatNeed(scanners, ({ radio }) => radio === 'wifi').length > 0;
  const monitors = scannersThatNeed(scanners, (needs) => needs.monitors === true).length > 0;
  const interfaces = interfacesOf(system);
  if (interfaces.length === 0) {
    return [
      problemIf(
        isNeeded,
        check,
        'no Wi-Fi interface',
        'plug a Wi-Fi adapter in, and look for firmware errors in dmesg',
      ),
    ];
  }
  const missing =
    isNeeded && wanted !== undefined && !interfaces.some(({ name }) => name === wanted)
      ? [
          problem(
            check,
            `no Wi-Fi interface ${wanted}, there is ${interfaces.map(({ name }) => name).join(', ')}`,
            'set wifi.interface to one that is there',
          ),
        ]
      : [];
  const used = (name: string) => isNeeded && (wanted === undefined || wanted === name);
  const phys = await monitoringPhys(system);
  return [
    ...missing,
    ...interfaces.map(({ name, phy }) => interfaceFinding(system, { name, phy }, phys, used(name))),
    ...(monitors ? monitorFindings(system, interfaces, phys, wanted) : []),
  ];
}

function interfacesOf(system: System): readonly WifiInterface[] {
  return system.list('/sys/class/net').flatMap((name) => {
    const phy = system.text(`/sys/class/net/${name}/phy80211/name`);
    return phy === undefined ? [] : [{ name, phy }];
  });
}

function interfaceFinding(
  system: System,
  { name, phy }: WifiInterface,
  phys: ReadonlySet<string> | undefined,
  isUsed: boolean,
): Finding {
  const off = radioSwitches(system).find((each) => each.type === 'wlan' && each.name === phy && each.state !== 'on');
  if (off !== undefined) return problemIf(isUsed, check, `${name} (${phy}) is ${off.state}`, switchAdvice(off, 'wlan'));
  const modes = phys === undefined ? '' : phys.has(phy) ? ', can monitor' : ', cannot monitor';
  return ok(check, `${name} (${phy}), not switched off${modes}`);
}

function monitorFindings(
  system: System,
  interfaces: readonly WifiInterface[],
  phys: ReadonlySet<string> | undefined,
  wanted: string | undefined,
): readonly Finding[] {
  if (phys === undefined) {
    return [
      warning(check, 'iw phy did not say whether a radio can monitor', 'sudo apt-get install iw, and look again'),
    ];
  }
  const candidates = interfaces.filter(({ name, phy }) => phys.has(phy) && (wanted === undefined || name === wanted));
  if (candidates.length === 0) {
    const which = wanted ?? 'no Wi-Fi interface';
    return [
      problem(
        check,
        `${which} ${wanted === undefined ? 'can' : 'cannot'} monitor`,
        "plug in a USB adapter whose driver can; a Raspberry Pi's own radio cannot with its own firmware",
      ),
    ];
  }
  const uplink = uplinkInterfaces(system);
  return candidates
    .filter(({ name }) => uplink.has(name))
    .map(({ name }) =>
      warning(
        check,
        `${name} is the way to the network: while it monitors, that is cut`,
        'use another adapter for monitoring, or a cable or LTE for the network',
      ),
    );
}

/** Radios whose supported modes have `monitor` among them; undefined where `iw` does not tell. */
async function monitoringPhys(system: System): Promise<ReadonlySet<string> | undefined> {
  const text = await system.output('iw', ['phy']);
  if (text === undefined) return undefined;
  const found = new Set<string>();
  for (const [, phy = '', description = ''] of text.matchAll(/^Wiphy (\S+)\n((?:[\t ].*\n?)*)/gm)) {
    const modes = /Supported interface modes:\n((?:\t\t.*\n?)*)/.exec(description)?.[1] ?? '';
    if (/\* monitor$/m.test(modes)) found.add(phy);
  }
  return found;
}

/** Interfaces that default routes go over: /proc/net/route, proc(5). */
function uplinkInterfaces(system: System): ReadonlySet<string> {
  const lines = (system.text('/proc/net/route') ?? '').split('\n').slice(1);
  const routes = lines.map((line) => line.split(/\s+/));
  return new Set(routes.flatMap(([name, destination]) => (name && destination === '00000000' ? [name] : [])));
}
