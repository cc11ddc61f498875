import type { GuestProcess } from './guest-process.ts';
import { systemBus } from './system-bus.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** A station in the air of a machine: a radio of mac80211_hwsim, whose RSSI depends on its power alone. */
export interface Station {
  readonly interface: string;
  readonly address: string;
}

export const accessPoint: Station = { interface: 'wlan0', address: '3c:84:6a:00:00:01' };
/** A client of the access point, which hears it at -40 dBm as it sends with 10 dBm. */
export const connectedClient: Station = { interface: 'wlan1', address: '40:f3:08:aa:bb:01' };
/** Clients that look for networks; the second has made its address up. */
export const probingClients: readonly Station[] = [
  { interface: 'wlan2', address: '3c:22:fb:aa:bb:02' },
  { interface: 'wlan3', address: 'da:a1:19:aa:bb:03' },
];
/** The radio of the scanner wifi-monitor: NetworkManager has it, until it is taken. */
export const monitorInterface = 'wlan4';
/** The radio with which NetworkManager lists access points; by its scans it is a client that is heard as well. */
export const scanInterface = 'wlan5';

const channel = 6;
const hostapdConf = `interface=${accessPoint.interface}
driver=nl80211
ssid=RoadsideAP
hw_mode=g
channel=${channel}
`;
const supplicantConf = `network={
ssid="RoadsideAP"
key_mgmt=NONE
scan_freq=2437
}
`;
const networkManagerConf = `[keyfile]
unmanaged-devices=*,except:interface-name:${monitorInterface},except:interface-name:${scanInterface}
[device]
wifi.scan-rand-mac-address=no
`;
/** What runs beside the agent is on the other processor. */
const beside = 'taskset -c 1';

/** The Wi-Fi around a box: an access point, clients, and NetworkManager in the box itself. */
export class WifiAir {
  readonly #machine: VirtualMachine;
  #clients: readonly GuestProcess[] = [];

  private constructor(machine: VirtualMachine) {
    this.#machine = machine;
  }

  /** Makes the radios, the access point and NetworkManager; nobody else sends yet. */
  static async fill(machine: VirtualMachine): Promise<WifiAir> {
    const stations = [accessPoint, connectedClient, ...probingClients];
    await machine.shell(
      `
      modprobe mac80211_hwsim radios=6
      ${stations.map((each) => `ip link set ${each.interface} address ${each.address}`).join('\n')}
      printf '${hostapdConf}' > /tmp/hostapd.conf
      printf '${supplicantConf}' > /tmp/supplicant.conf
      mkdir -p /etc/NetworkManager/conf.d
      printf '${networkManagerConf}' > /etc/NetworkManager/conf.d/test.conf
      ${systemBus}
      /lib/systemd/systemd-udevd --daemon
      udevadm trigger --subsystem-match=net
      ${beside} wpa_supplicant -u -B > /dev/null 2>&1 < /dev/null
      ${beside} NetworkManager > /dev/null 2>&1 < /dev/null
      ${beside} hostapd -B /tmp/hostapd.conf
      until nmcli -t -f DEVICE,STATE device | grep -q ${scanInterface}:disconnected; do sleep 1; done`,
      { timeoutMs: 120_000 },
    );
    return new WifiAir(machine);
  }

  /** All three clients probe twice a second, and one of them connects to the access point. */
  async startClients(): Promise<void> {
    const { interface: client } = connectedClient;
    await this.#machine.shell(`
      for each in ${[connectedClient, ...probingClients].map((each) => each.interface).join(' ')}; do ip link set $each up; done
      iw dev ${client} set txpower fixed 1000`);
    const probing = [connectedClient, ...probingClients]
      .map((each) => `iw dev ${each.interface} scan trigger freq 2437 ssid Home || true`)
      .join('; ');
    this.#clients = [
      `exec ${beside} wpa_supplicant -i ${client} -c /tmp/supplicant.conf > /dev/null`,
      `while :; do ${probing}; sleep 0.5; done`,
    ].map((script) => this.#machine.start(['sh', '-c', script]));
    await Promise.all(this.#clients.map((each) => each.pid()));
  }

  async stopClients(): Promise<void> {
    for (const each of this.#clients) each.kill('SIGTERM');
    await Promise.all(this.#clients.map((each) => each.exit()));
    this.#clients = [];
  }
}
