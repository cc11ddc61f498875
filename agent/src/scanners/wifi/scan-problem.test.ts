import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PreparedBox, preparedBox } from '../../prepared-box.ts';
import { scanProblem, unheardProblem } from './scan-problem.ts';

let box: PreparedBox;
beforeEach(() => {
  box = preparedBox();
});
afterEach(() => box[Symbol.dispose]());

const failed = (code: number | string) => Object.assign(new Error('Command failed: nmcli SecretName'), { code });

test.each([
  ['ENOENT', 'nmcli is not in PATH: sudo apt-get install network-manager'],
  [8, 'NetworkManager does not run: sudo systemctl enable --now NetworkManager'],
  [10, 'NetworkManager has no Wi-Fi interface wlan3: plug it in, or see "nmcli device"'],
  [4, 'nmcli failed (4)'],
  ['ERR_CHILD_PROCESS_STDIO_MAXBUFFER', 'nmcli failed (ERR_CHILD_PROCESS_STDIO_MAXBUFFER)'],
])('nmcli that fails with %s is told in words of ours', (code, problem) => {
  expect(scanProblem(failed(code), 'wlan3')).toBe(problem);
});

test('an empty list has a reason, or there is nothing to be heard', async () => {
  const problem = (name = '') => unheardProblem(box.system, name);
  expect(await problem('wlan3')).toBe('no Wi-Fi interface wlan3: plug a Wi-Fi adapter in');
  for (const [name, phy] of [
    ['wlan0', 'phy0'],
    ['wlan1', 'phy1'],
  ]) {
    box.put(`/sys/class/net/${name}/phy80211/name`, `${phy}\n`);
    for (const [file, text] of Object.entries({ type: 'wlan', name: `${phy}`, soft: '0', hard: '0' })) {
      box.put(`/sys/class/rfkill/rfkill-${phy}/${file}`, `${text}\n`);
    }
  }
  const states = (wlan0: string) =>
    box.install('nmcli', `printf 'wlan0:${wlan0}\\nwlan1:unmanaged\\neth0:connected\\n'`);
  states('disconnected');
  expect(await problem()).toBeUndefined();
  expect(await problem('wlan1')).toBe('NetworkManager does not manage wlan1: sudo nmcli device set wlan1 managed yes');
  states('unmanaged');
  expect(await problem()).toMatch(/^NetworkManager does not manage wlan0, wlan1: /);
  box.put('/sys/class/rfkill/rfkill-phy0/soft', '1\n');
  expect(await problem('wlan0')).toBe('wlan0 is off by software, by rfkill: sudo rfkill unblock wifi');
});
