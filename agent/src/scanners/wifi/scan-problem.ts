import { radioSwitches, switchAdvice } from '../../machine/rfkill.ts';
import { wifiInterfaces } from '../../machine/wifi-interfaces.ts';
import type { System } from '../../system.ts';

/** Exit codes of nmcli(1). */
const notRunning = 8;
const noSuchDevice = 10;

/** Why nmcli failed, in words that say what to do, and nothing of what it printed. `name`: the interface, or nothing. */
export function scanProblem(error: unknown, name: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'nmcli is not in PATH: sudo apt-get install network-manager';
  if (code === notRunning) return 'NetworkManager does not run: sudo systemctl enable --now NetworkManager';
  if (code === noSuchDevice) return `NetworkManager has no Wi-Fi interface ${name}: plug it in, or see "nmcli device"`;
  return `nmcli failed (${typeof code === 'number' || typeof code === 'string' ? code : 'no code'})`;
}

/** Why a list was empty; undefined when there simply is no access point. */
export async function unheardProblem(system: System, name: string): Promise<string | undefined> {
  const there = wifiInterfaces(system).filter((each) => name === '' || each.name === name);
  if (there.length === 0) return `no Wi-Fi interface${name === '' ? '' : ` ${name}`}: plug a Wi-Fi adapter in`;
  const off = radioSwitches(system).filter(({ type, state }) => type === 'wlan' && state !== 'on');
  const offOf = (phy: string) => off.find((each) => each.name === phy);
  const [first] = there;
  const switchOfFirst = first === undefined ? undefined : offOf(first.phy);
  if (switchOfFirst !== undefined && there.every(({ phy }) => offOf(phy) !== undefined)) {
    return `${first?.name} is ${switchOfFirst.state}, by rfkill: ${switchAdvice(switchOfFirst, 'wifi')}`;
  }
  const states = await system.output('nmcli', ['-t', '-f', 'DEVICE,STATE', 'device']);
  const lines = new Set((states ?? '').split('\n'));
  if (there.every((each) => lines.has(`${each.name}:unmanaged`))) {
    const names = there.map((each) => each.name).join(', ');
    return `NetworkManager does not manage ${names}: sudo nmcli device set ${there[0]?.name} managed yes`;
  }
  return undefined;
}
