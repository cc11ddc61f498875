import { radioSwitches, switchAdvice } from '../../machine/rfkill.ts';
import {
  carriesNetwork,
  hasWayBeside,
  monitoringPhys,
  type WifiInterface,
  wifiInterfaces,
} from '../../machine/wifi-interfaces.ts';
import type { System } from '../../system.ts';

/** Which interface is to monitor, or why none can, and what to do about it. */
export type MonitorChoice =
  | { readonly ok: true; readonly chosen: WifiInterface }
  | { readonly ok: false; readonly reason: MonitorProblem; readonly problem: string; readonly advice: string };
export type MonitorProblem = 'absent' | 'unknown' | 'cannot' | 'network' | 'off';

/**
 * The interface that is named; or else the first whose radio can monitor, carries no network, and is not needed to reach one: that is known once the
 * way to the network goes over another. One that carries a network is never taken: the box could not be reached any more.
 */
export async function chooseMonitor(system: System, wanted: string | undefined): Promise<MonitorChoice> {
  const all = wifiInterfaces(system);
  const named = all.filter(({ name }) => wanted === undefined || name === wanted);
  if (named.length === 0) return absent(wanted, all);
  const phys = await monitoringPhys(system, wanted === undefined ? undefined : named[0]?.phy);
  if (phys === undefined) {
    const advice = 'sudo apt-get install iw, and see what "iw phy" says';
    return no('unknown', 'iw phy did not say whether a radio can monitor', advice);
  }
  const able = named.filter(({ phy }) => phys.has(phy));
  if (able.length === 0) return unable(wanted);
  // All interfaces of a radio are on one channel.
  const namesOf = ({ phy }: WifiInterface) => all.filter((each) => each.phy === phy).map(({ name }) => name);
  const free = able.filter((each) => !namesOf(each).some((name) => carriesNetwork(system, name)));
  const [busy] = able;
  if (free.length === 0 && busy !== undefined) return onTheWay(busy);
  const on = free.filter(({ phy }) => switchedOff(system, phy) === undefined);
  const [chosen] = on;
  if (chosen === undefined) return off(system, free);
  if (wanted === undefined && !hasWayBeside(system, namesOf(chosen))) {
    return no(
      'network',
      `${chosen.name} could be the way to the network: there is no route over another interface yet`,
      'wait for the network, or name the interface that is to monitor in wifi.interface',
    );
  }
  return { ok: true, chosen };
}

const no = (reason: MonitorProblem, problem: string, advice: string): MonitorChoice => ({
  ok: false,
  reason,
  problem,
  advice,
});

function absent(wanted: string | undefined, all: readonly WifiInterface[]): MonitorChoice {
  if (wanted === undefined || all.length === 0) {
    const which = wanted === undefined ? '' : ` ${wanted}, and no other`;
    const advice = 'plug a Wi-Fi adapter in, and look for firmware errors in dmesg';
    return no('absent', `no Wi-Fi interface${which}`, advice);
  }
  const there = all.map(({ name }) => name).join(', ');
  const advice = 'plug it in, or set wifi.interface to one that is there';
  return no('absent', `no Wi-Fi interface ${wanted}, there is ${there}`, advice);
}

const unable = (wanted: string | undefined): MonitorChoice =>
  no(
    'cannot',
    wanted === undefined ? 'no Wi-Fi interface can monitor' : `${wanted} cannot monitor`,
    "plug in a USB adapter whose driver can; a Raspberry Pi's own radio cannot with its own firmware",
  );

const onTheWay = ({ name, phy }: WifiInterface): MonitorChoice =>
  no(
    'network',
    `${name} is not taken for monitoring: a network is reached over its radio (${phy}), and that would be cut`,
    'use another adapter for monitoring, or a cable or LTE for the network',
  );

const switchedOff = (system: System, phy: string) =>
  radioSwitches(system).find(({ type, name, state }) => type === 'wlan' && name === phy && state !== 'on');

function off(system: System, free: readonly WifiInterface[]): MonitorChoice {
  const [first] = free;
  const found = first === undefined ? undefined : switchedOff(system, first.phy);
  if (first === undefined || found === undefined) return unable(undefined);
  return no('off', `${first.name} (${first.phy}) is ${found.state}, by rfkill`, switchAdvice(found, 'wifi'));
}
