import { radioSwitches, switchAdvice } from '../machine/rfkill.ts';
import { monitoringPhys, type WifiInterface, wifiInterfaces } from '../machine/wifi-interfaces.ts';
import { chooseMonitor } from '../scanners/wifi/monitor-choice.ts';
import type { System } from '../system.ts';
import { type Finding, ok, problem, problemIf } from './finding.ts';
import { scannersThatNeed } from './scanner-needs.ts';

const check = 'wifi';

/** The interfaces that are configured, where they are. */
export interface WantedInterfaces {
  readonly monitor?: string;
  readonly accessPoints?: string;
}

/** The Wi-Fi interfaces, whether they are switched off, and which one would monitor. */
export async function checkWifi(
  system: System,
  scanners: readonly string[],
  wanted: WantedInterfaces = {},
): Promise<readonly Finding[]> {
  const isNeeded = scannersThatNeed(scanners, ({ radio }) => radio === 'wifi').length > 0;
  const monitors = scannersThatNeed(scanners, (needs) => needs.monitors === true).length > 0;
  const lists = scanners.includes('wifi-access-points');
  const interfaces = wifiInterfaces(system);
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
  const used = (name: string) =>
    (monitors && (wanted.monitor ?? name) === name) || (lists && (wanted.accessPoints ?? name) === name);
  const phys = await monitoringPhys(system);
  return [
    ...(lists ? missing(interfaces, wanted.accessPoints) : []),
    ...interfaces.map((each) => interfaceFinding(system, each, phys, used(each.name))),
    ...(monitors ? await monitorFindings(system, wanted.monitor) : []),
  ];
}

function missing(interfaces: readonly WifiInterface[], wanted: string | undefined): readonly Finding[] {
  if (wanted === undefined || interfaces.some(({ name }) => name === wanted)) return [];
  return [
    problem(
      check,
      `no Wi-Fi interface ${wanted}, there is ${interfaces.map(({ name }) => name).join(', ')}`,
      'set wifi.access_points_interface to one that is there',
    ),
  ];
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

async function monitorFindings(system: System, wanted: string | undefined): Promise<readonly Finding[]> {
  const choice = await chooseMonitor(system, wanted);
  if (choice.ok) return [ok(check, `wifi-monitor takes ${choice.chosen.name}`)];
  // A switch is told of with its interface.
  return choice.reason === 'off' ? [] : [problem(check, choice.problem, choice.advice)];
}
