import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@tdc/shared/clock.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type PreparedBox, preparedBox } from '../prepared-box.ts';
import { steadyClock } from '../steady-clock.ts';
import { observed } from './observed.ts';
import { accessPointScanner } from './wifi-access-points.ts';

let box: PreparedBox;
beforeEach(() => {
  box = preparedBox();
});
afterEach(() => box[Symbol.dispose]());

const list = String.raw`no:Roadside:3C\:84\:6A\:00\:00\:01:Infra:6:2437 MHz:75:WPA2:(none):psk
yes::DA\:A1\:19\:00\:00\:02:Infra:36:5180 MHz:30::(none):(none)
no:Secret\:name:3C\:84\:6A\:00\:00\:03:Infra:6:2437 MHz:60:WPA2:(none):psk`;

/** An nmcli that gives the list, notes what it was asked and with what environment, and does what else is said. */
const installNmcli = (script = '') =>
  box.install(
    'nmcli',
    `echo "$* / $TDC_SECRET" >> ${box.root}/calls
     ${script}
     case "$*" in *list*) while IFS= read -r line; do printf '%s\\n' "$line"; done <<'END'
${list}
END
     esac`,
  );
const calls = () => readFileSync(join(box.root, 'calls'), 'utf8').trim().split('\n');

const scannerOf = (name?: string) =>
  accessPointScanner({
    scanSeconds: 1,
    clock: steadyClock(systemClock),
    searchPath: join(box.root, 'bin'),
    ...(name === undefined ? {} : { interface: name }),
  });

test('each list gives its access points, without their names, and a line that does not fit is counted', async () => {
  process.env.TDC_SECRET = 'secret';
  installNmcli();
  const scanner = scannerOf('wlan0');
  const { found, error } = await observed(scanner, ({ length }) => length === 4);
  delete process.env.TDC_SECRET;
  expect(error).toBeUndefined();
  const expected = [
    { kind: 'wifi', address: '3c:84:6a:00:00:01', addressType: 'unknown', rssiDbm: -55 },
    { kind: 'wifi', address: 'da:a1:19:00:00:02', addressType: 'unknown', rssiDbm: -82 },
  ];
  expect(found.map(({ timeMs, ...rest }) => rest)).toEqual([...expected, ...expected]);
  expect(found[2]?.timeMs ?? 0).toBeGreaterThanOrEqual((found[0]?.timeMs ?? 0) + 1000);
  expect(scanner.malformed).toBeGreaterThanOrEqual(2);
  expect(scanner.lastMalformed).toBe('access point: mode: expected one that NetworkManager has');
  expect(calls().slice(0, 3)).toEqual([
    '--terse --fields active,ssid,bssid,mode,chan,freq,signal,security,wpa-flags,rsn-flags device wifi list ifname wlan0 / ',
    'device wifi rescan ifname wlan0 / ',
    '--terse --fields active,ssid,bssid,mode,chan,freq,signal,security,wpa-flags,rsn-flags device wifi list ifname wlan0 / ',
  ]);
}, 20_000);

test('a NetworkManager that does not run, or an nmcli that is not there, is a failure that says what to do', async () => {
  installNmcli('echo "Error: SecretName" >&2; exit 8');
  expect(String((await observed(scannerOf(), () => false)).error)).toBe(
    'UnavailableError: NetworkManager does not run: sudo systemctl enable --now NetworkManager',
  );
  const none = accessPointScanner({
    scanSeconds: 1,
    clock: steadyClock(systemClock),
    searchPath: join(box.root, 'none'),
  });
  expect(String((await observed(none, () => false)).error)).toMatch(/nmcli is not in PATH/);
}, 20_000);

test('a NetworkManager that does not scan when asked is told, and its lists are taken', async () => {
  installNmcli('case "$*" in *rescan*) echo "not authorized" >&2; exit 1;; esac');
  const scanner = scannerOf();
  const { found } = await observed(scanner, ({ length }) => length === 10);
  expect(found).toHaveLength(10);
  expect(scanner.remark).toMatch(/^NetworkManager does not scan when asked/);
}, 20_000);

test('an nmcli that hangs ends with the scanner', async () => {
  installNmcli(
    `case "$*" in *rescan*) echo $$ > ${box.root}/pid; exec ${process.execPath} -e 'setInterval(() => {}, 1000)';; esac`,
  );
  await observed(scannerOf(), () => existsSync(join(box.root, 'pid')));
  const pid = Number(readFileSync(join(box.root, 'pid'), 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/), 10_000);
}, 20_000);
