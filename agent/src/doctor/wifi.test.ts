import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PreparedBox, preparedBox } from '../prepared-box.ts';
import { iwPhyText } from './iw-phy-text.ts';
import { checkWifi } from './wifi.ts';

let box: PreparedBox;
beforeEach(() => {
  box = preparedBox();
  box.put('/sys/class/net/eth0/address', 'b8:27:eb:12:34:55\n');
  routeOver('eth0');
});
afterEach(() => box[Symbol.dispose]());

function wifi(name: string, phy: string, soft = '0'): void {
  box.put(`/sys/class/net/${name}/phy80211/name`, `${phy}\n`);
  box.put(`/sys/class/net/${name}/address`, 'b8:27:eb:12:34:56\n');
  for (const [file, text] of Object.entries({ type: 'wlan', name: phy, soft, hard: '0' })) {
    box.put(`/sys/class/rfkill/rfkill-${phy}/${file}`, `${text}\n`);
  }
}
function routeOver(name: string): void {
  box.put(
    '/proc/net/route',
    `Iface\tDestination\tGateway\tFlags\n${name}\t00000000\t0100A8C0\t0003\neth0\t0000A8C0\t0\t1\n`,
  );
}
/** `iw phy` of the two radios, and nothing else of iw. */
const installIw = () =>
  box.install(
    'iw',
    `[ "$1" = phy ] || exit 2\nwhile IFS= read -r line; do printf '%s\\n' "$line"; done <<'END'\n${iwPhyText}END`,
  );
const found = async (scanners: readonly string[], monitor?: string) =>
  (await checkWifi(box.system, scanners, monitor === undefined ? {} : { monitor })).map(({ level, found: text }) => [
    level,
    text,
  ]);

describe('a box', () => {
  test('without Wi-Fi has a problem only where a scanner needs it; a cable is none', async () => {
    expect(await found(['wifi-access-points'])).toEqual([['problem', 'no Wi-Fi interface']]);
    expect(await found(['ble'])).toEqual([['ok', 'no Wi-Fi interface; no configured scanner needs it']]);
  });

  test('whose interface monitors already, or was left so by an agent that was killed, has it taken', async () => {
    installIw();
    wifi('wlan1', 'phy1');
    box.put('/sys/class/net/wlan1/operstate', 'up\n');
    box.put('/sys/class/net/wlan1/type', '1\n');
    expect(await found(['wifi-monitor'])).toContainEqual([
      'problem',
      expect.stringMatching(/^wlan1 is not taken for monitoring/),
    ]);
    box.put('/sys/class/net/wlan1/type', '803\n');
    expect(await found(['wifi-monitor'])).toContainEqual(['ok', 'wifi-monitor takes wlan1']);
  });

  test('has it told which radio can monitor: by its own modes, not by those of software beside them', async () => {
    installIw();
    wifi('wlan0', 'phy0');
    wifi('wlan1', 'phy1');
    expect(await found(['wifi-monitor'])).toEqual([
      ['ok', 'wlan0 (phy0), not switched off, cannot monitor'],
      ['ok', 'wlan1 (phy1), not switched off, can monitor'],
      ['ok', 'wifi-monitor takes wlan1'],
    ]);
    expect(await found(['wifi-monitor'], 'wlan0')).toContainEqual(['problem', 'wlan0 cannot monitor']);
    expect(await found(['wifi-monitor'], 'wlan7')).toContainEqual([
      'problem',
      'no Wi-Fi interface wlan7, there is wlan0, wlan1',
    ]);
    expect(JSON.stringify(await found(['wifi-monitor']))).not.toMatch(/b8:27/);
  });

  test('none of whose radios can monitor has a problem where that is wanted, and else none', async () => {
    installIw();
    wifi('wlan0', 'phy0');
    expect(await found(['wifi-monitor'])).toContainEqual(['problem', 'no Wi-Fi interface can monitor']);
    expect((await found(['wifi-access-points'])).map(([level]) => level)).toEqual(['ok']);
  });

  test('without iw, or with one that fails, does not know', async () => {
    wifi('wlan1', 'phy1');
    const unknown = [
      ['ok', 'wlan1 (phy1), not switched off'],
      ['problem', 'iw phy did not say whether a radio can monitor'],
    ];
    expect(await found(['wifi-monitor'])).toEqual(unknown);
    box.install('iw', 'exit 1');
    expect(await found(['wifi-monitor'])).toEqual(unknown);
  });

  test('with a radio that is switched off has a problem where it is used', async () => {
    wifi('wlan0', 'phy0', '1');
    expect(await found(['wifi-access-points'])).toEqual([['problem', 'wlan0 (phy0) is off by software']]);
    expect(await found(['ble'])).toEqual([['ok', 'wlan0 (phy0) is off by software; no configured scanner needs it']]);
  });

  test('whose way to the network is the radio that is to monitor has a problem: it is not taken', async () => {
    installIw();
    wifi('wlan1', 'phy1');
    routeOver('wlan1');
    const refused = [
      'problem',
      'wlan1 is not taken for monitoring: a network is reached over its radio (phy1), and that would be cut',
    ];
    expect(await found(['wifi-monitor'])).toContainEqual(refused);
    expect(await found(['wifi-monitor'], 'wlan1')).toContainEqual(refused);
    routeOver('eth0');
    expect((await found(['wifi-monitor'])).map(([level]) => level)).toEqual(['ok', 'ok']);
  });

  test('that is to list access points over an interface that is not there has a problem', async () => {
    wifi('wlan0', 'phy0');
    const [first] = await checkWifi(box.system, ['wifi-access-points'], { accessPoints: 'wlan3' });
    expect(first).toMatchObject({ level: 'problem', found: 'no Wi-Fi interface wlan3, there is wlan0' });
  });
});
