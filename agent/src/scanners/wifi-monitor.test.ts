import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '@tdc/shared/clock.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { iwPhyText } from '../doctor/iw-phy-text.ts';
import { type PreparedBox, preparedBox } from '../prepared-box.ts';
import type { Sighting } from '../sighting.ts';
import { steadyClock } from '../steady-clock.ts';
import { SupervisedScanner } from '../supervised-scanner.ts';
import { observed } from './observed.ts';
import { WifiMonitorScanner } from './wifi-monitor.ts';

let box: PreparedBox;
/** Programs of this machine, and what each was asked, a line each. */
let calls: string;

beforeEach(() => {
  box = preparedBox();
  calls = join(box.root, 'calls');
  writeFileSync(calls, '');
  box.put('/proc/self/status', 'Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000003000\nCapAmb:\t0000000000003000\n');
  box.put('/proc/net/route', 'Iface\tDestination\neth0\t00000000\n');
  addInterface('wlan1');
  // As the kernel would: what is set is what is told.
  box.put('/mode', 'managed\n');
  box.put('/channel', '1\n');
  box.install(
    'iw',
    `echo "iw $*" >> ${calls}
     case "$*" in
       phy | "phy phy1 info") while IFS= read -r line; do printf '%s\\n' "$line"; done <<'END'
${iwPhyText}END
       ;;
       *info) read -r mode < ${box.root}/mode; read -r channel < ${box.root}/channel; printf 'Interface wlan1\\n\\ttype %s\\n\\tchannel %s (2437 MHz)\\n' "$mode" "$channel";;
       *"set type"*) echo "$5" > ${box.root}/mode;;
       *"set channel 11") ;;
       *"set channel 13") echo "command failed: Invalid argument (-22)" >&2; exit 234;;
       *"set channel"*) echo "$5" > ${box.root}/channel;;
     esac`,
  );
  box.install(
    'ip',
    `echo "ip $*" >> ${calls}
     case "$*" in *up) echo 0x1003;; *) echo 0x1002;; esac > ${box.root}/sys/class/net/wlan1/flags`,
  );
});
afterEach(() => box[Symbol.dispose]());

function addInterface(name: string, ifindex = '7'): void {
  box.put(`/sys/class/net/${name}/phy80211/name`, 'phy1\n');
  box.put(`/sys/class/net/${name}/ifindex`, `${ifindex}\n`);
  box.put(`/sys/class/net/${name}/flags`, '0x1002\n');
  box.put(`/sys/class/net/${name}/operstate`, 'down\n');
}

/** A tcpdump that is a script of Node, with `frame` to write one of a client that probes, and its address's last octet. */
function installTcpdump(script: string): void {
  box.put(
    '/tcpdump.cjs',
    `const fs = require('node:fs');
     const header = Buffer.alloc(24);
     for (const [at, word] of [0xa1b2c3d4, 0x00040002, 0, 0, 512, 127].entries()) header.writeUInt32LE(word, 4 * at);
     const begin = () => fs.writeSync(1, header);
     const frame = (octet, timeMs = Date.now()) => {
       const bytes = Buffer.from('000009002000000000' + '40000000ffffffffffff3c22fbaabb00ffffffffffff0000', 'hex');
       bytes.writeInt8(-40 - octet, 8);
       bytes.writeUInt8(octet, 9 + 15);
       const record = Buffer.alloc(16);
       [Math.floor(timeMs / 1000), (timeMs % 1000) * 1000, bytes.length, 400].forEach((word, at) => record.writeUInt32LE(word, 4 * at));
       fs.writeSync(1, Buffer.concat([record, bytes]));
     };
     ${script}`,
  );
  box.install('tcpdump', `echo "tcpdump $*" >> ${calls}\nexec ${process.execPath} ${box.root}/tcpdump.cjs`);
}
const stayOn = 'setInterval(() => {}, 1000);';

const scannerOf = (options: { readonly channels?: readonly [number, ...number[]]; readonly interface?: string } = {}) =>
  new WifiMonitorScanner({
    plan: { channels: options.channels ?? [6], dwellMs: 50 },
    clock: steadyClock(systemClock),
    system: box.system,
    ...(options.interface === undefined ? {} : { interface: options.interface }),
  });

const called = (program: string) =>
  readFileSync(calls, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${program} `));

describe('an interface', () => {
  test('is made to monitor, captured from in the order of times, and given back as it was', async () => {
    installTcpdump(
      `begin(); const now = Date.now(); frame(2, now - 200); frame(3, now - 100); frame(1, now - 300); ${stayOn}`,
    );
    const { found, observations } = await observed(scannerOf(), ({ length }) => length === 3);
    expect(found.map(({ timeMs, ...rest }) => rest)).toEqual(
      [1, 2, 3].map((octet) => ({
        kind: 'wifi',
        address: `3c:22:fb:aa:bb:0${octet}`,
        addressType: 'unknown',
        rssiDbm: -40 - octet,
      })),
    );
    for (const [i, { sightings, watermarkMs }] of observations.entries()) {
      for (const { timeMs } of sightings) expect(timeMs).toBeGreaterThanOrEqual(observations[i - 1]?.watermarkMs ?? 0);
      expect(watermarkMs).toBeGreaterThanOrEqual(observations[i - 1]?.watermarkMs ?? 0);
    }
    expect(called('ip')).toEqual(['down', 'up', 'down'].map((state) => `ip link set dev wlan1 ${state}`));
    expect(called('iw').filter((call) => / set /.test(call))).toEqual([
      'iw dev wlan1 set type monitor',
      'iw dev wlan1 set channel 6',
      'iw dev wlan1 set type managed',
    ]);
    // A capture of heads only, on a pipe, and without a word of whom to hear.
    expect(called('tcpdump')).toHaveLength(1);
    expect(called('tcpdump')[0]).toMatch(
      /^tcpdump -i wlan1 -y IEEE802_11_RADIO --immediate-mode -s 512 -U -w - \(type/,
    );
    expect(called('tcpdump')[0]).not.toMatch(/([0-9a-f]{2}:){5}/);
  });

  test('that was up is up again, and that of NetworkManager is given back to it', async () => {
    box.put('/sys/class/net/wlan1/flags', '0x1003\n');
    box.install('nmcli', `echo "nmcli $*" >> ${calls}\ncase "$*" in -g*) echo yes;; esac`);
    installTcpdump(`begin(); frame(1); ${stayOn}`);
    await observed(scannerOf(), ({ length }) => length === 1);
    expect(called('ip').at(-1)).toBe('ip link set dev wlan1 up');
    expect(called('nmcli')).toEqual([
      'nmcli -g GENERAL.NM-MANAGED device show wlan1',
      'nmcli device set wlan1 managed no',
      'nmcli device set wlan1 managed yes',
    ]);
  });

  test('that monitors already stays as it is', async () => {
    box.put('/mode', 'monitor\n');
    box.put('/sys/class/net/wlan1/flags', '0x1003\n');
    installTcpdump(`begin(); frame(1); ${stayOn}`);
    await observed(scannerOf(), ({ length }) => length === 1);
    expect(called('iw').join()).not.toMatch(/set type/);
    expect(called('ip')).toEqual(['ip link set dev wlan1 up']);
  });

  test('over which a network is reached is not touched, named or not', async () => {
    installTcpdump(stayOn);
    for (const make of [
      () => box.put('/proc/net/route', 'Iface\tDestination\neth0\t00000000\nwlan1\t0000A8C0\n'),
      () => box.put('/proc/net/ipv6_route', `20010db8${'0'.repeat(24)} 40 0 00 0 0 0 0 0 wlan1\n`),
      () => box.put('/sys/class/net/wlan1/operstate', 'up\n'),
      () => box.put('/sys/class/net/wlan1/master/ifindex', '9\n'),
    ]) {
      make();
      for (const named of [{ interface: 'wlan1' }, {}]) {
        const { error } = await observed(scannerOf(named), () => false);
        expect(String(error)).toMatch(
          /^UnavailableError: wlan1 is not taken for monitoring: a network is reached over/,
        );
      }
      box.put('/proc/net/route', 'Iface\tDestination\neth0\t00000000\n');
      box.put('/proc/net/ipv6_route', `fe80${'0'.repeat(28)} 40 0 00 0 0 0 0 0 wlan1\n`);
      box.put('/sys/class/net/wlan1/operstate', 'down\n');
    }
    expect(called('ip')).toEqual([]);
  });

  test('that is not named is taken only once the way to the network is known to be another', async () => {
    box.put('/proc/net/route', 'Iface\tDestination\n');
    installTcpdump(`begin(); frame(1); ${stayOn}`);
    const { error } = await observed(scannerOf(), () => false);
    expect(String(error)).toMatch(/wlan1 could be the way to the network: .* name the interface/);
    expect((await observed(scannerOf({ interface: 'wlan1' }), ({ length }) => length === 1)).found).toHaveLength(1);
  });

  test('that cannot be had is told, with what to do', async () => {
    installTcpdump(stayOn);
    const problem = async (name?: string) =>
      String((await observed(scannerOf(name === undefined ? {} : { interface: name }), () => false)).error);
    expect(await problem('wlan7')).toMatch(
      /no Wi-Fi interface wlan7, there is wlan1: plug it in, or set wifi.interface/,
    );
    for (const [file, text] of Object.entries({ type: 'wlan', name: 'phy1', soft: '1', hard: '0' })) {
      box.put(`/sys/class/rfkill/rfkill1/${file}`, `${text}\n`);
    }
    expect(await problem()).toMatch(/wlan1 \(phy1\) is off by software, by rfkill: sudo rfkill unblock wifi/);
    box.put('/sys/class/rfkill/rfkill1/soft', '0\n');
    box.put('/mode', 'AP\n');
    expect(await problem()).toMatch(/wlan1 is not taken for monitoring: its mode is AP, expected managed, monitor/);
    box.put('/proc/self/status', 'Uid:\t1000\t1000\nCapEff:\t0000000000003000\nCapAmb:\t0000000000000000\n');
    expect(await problem()).toMatch(/monitoring needs CAP_NET_RAW and CAP_NET_ADMIN for tcpdump and iw/);
    box.put('/proc/self/status', 'Uid:\t0\t0\t0\t0\nCapEff:\t0000000000002000\n');
    expect(await problem()).toMatch(/monitoring needs CAP_NET_ADMIN for tcpdump and iw/);
    expect(called('ip')).toEqual([]);
  });
});

describe('a capture', () => {
  test('that ends is a failure that says why, without what tcpdump said', async () => {
    const ends = async (script: string) => {
      installTcpdump(script);
      return String((await observed(scannerOf(), () => false)).error);
    };
    expect(await ends('begin(); process.kill(process.pid, "SIGKILL");')).toBe(
      'UnavailableError: tcpdump ended (SIGKILL)',
    );
    expect(await ends('console.error("3c:22:fb:aa:bb:01: The interface disappeared"); process.exit(1);')).toBe(
      'UnavailableError: tcpdump ended (code 1): the interface is gone',
    );
    expect(await ends('console.error("IEEE802_11_RADIO is not one of the DLTs supported"); process.exit(1);')).toMatch(
      /not in monitor mode: another program has taken it/,
    );
  });

  test('of an interface that goes down, or away, or comes back as another, is a failure that says so', async () => {
    installTcpdump(`begin(); ${stayOn}`);
    const during = async (change: () => void) => {
      let isOn = false;
      const running = observed(scannerOf(), () => {
        if (!isOn) change();
        isOn = true;
        return false;
      });
      return String((await running).error);
    };
    expect(await during(() => box.put('/sys/class/net/wlan1/flags', '0x1002\n'))).toMatch(/wlan1 went down: .*rfkill/);
    expect(await during(() => box.put('/sys/class/net/wlan1/ifindex', '8\n'))).toMatch(
      /wlan1 is gone: it was unplugged/,
    );
  });

  test('out of step is counted, and a failure', async () => {
    installTcpdump(`begin(); fs.writeSync(1, Buffer.alloc(64, 0xaa)); ${stayOn}`);
    const scanner = scannerOf();
    const { error } = await observed(scanner, () => false);
    expect(String(error)).toMatch(/pcap: out of step: .*: tcpdump is started again/);
    expect(scanner.malformed).toBe(1);
  });

  test('has frames that are none, too old or ahead of time counted, and goes on', async () => {
    installTcpdump(`begin(); frame(1); frame(2, Date.now() - 10000); frame(3, Date.now() + 60000);
      const broken = Buffer.alloc(16); broken.writeUInt32LE(Math.floor(Date.now() / 1000), 0); broken.writeUInt32LE(4, 8); broken.writeUInt32LE(4, 12);
      fs.writeSync(1, Buffer.concat([broken, Buffer.from('00000800', 'hex')]));
      setTimeout(() => frame(4), 300); ${stayOn}`);
    const scanner = scannerOf();
    const { found } = await observed(scanner, ({ length }) => length === 2);
    expect(found.map(({ address }) => address.slice(-1))).toEqual(['1', '4']);
    expect(scanner.malformed).toBe(3);
    expect(scanner.lastMalformed).toBe('radiotap: 4 octets, expected 8 or more');
  });

  test('is heard whole by an agent that is busy for seconds', async () => {
    installTcpdump(
      `begin(); for (let n = 0; n < 20; n++) frame(n); setTimeout(() => { for (let n = 20; n < 40; n++) frame(n); }, 200); ${stayOn}`,
    );
    const scanner = scannerOf();
    const found: Sighting[] = [];
    let isFirst = true;
    for await (const { sightings } of scanner.observe(new AbortController().signal)) {
      if (isFirst) await wait(4000);
      isFirst = false;
      found.push(...sightings);
      if (found.length === 40) break;
    }
    expect(scanner.malformed).toBe(0);
  }, 20_000);
});

test('the channels are gone through; one that is refused is told while it is, and keeps nothing from the others', async () => {
  installTcpdump(`begin(); setInterval(() => frame(1), 100);`);
  const scanner = scannerOf({ channels: [1, 13, 6] });
  const stop = new AbortController();
  const supervised = new SupervisedScanner({
    scanner,
    clock: systemClock,
    random: () => 0,
    onFailure: 'restart',
    onError: (error) => expect(error).toBeUndefined(),
  });
  const running = supervised.run(() => Promise.resolve(), stop.signal);
  await vi.waitFor(
    () => expect(called('iw').filter((call) => call.endsWith('channel 6')).length).toBeGreaterThan(3),
    20_000,
  );
  await vi.waitFor(() =>
    expect(supervised.snapshot()).toMatchObject({
      state: 'running',
      lastError: 'wlan1 does not go to channel 13: iw: command failed: Invalid argument (-22)',
    }),
  );
  stop.abort(new Error('the end'));
  await running;
  expect(readFileSync(join(box.root, 'mode'), 'utf8')).toBe('managed\n');
}, 30_000);

test('a channel that the kernel says it goes to, and does not, is told', async () => {
  installTcpdump(`begin(); setInterval(() => frame(1), 100);`);
  const scanner = scannerOf({ channels: [6, 11] });
  await observed(scanner, () => scanner.remark !== '');
  expect(scanner.remark).toBe(
    'wlan1 does not go to channel 11: another interface of its radio is in use, see "iw dev"',
  );
}, 20_000);

test('an interface that cannot be given back at the end is told', async () => {
  installTcpdump(`begin(); setInterval(() => frame(1), 100);`);
  const told: string[] = [];
  const stop = new AbortController();
  const supervised = new SupervisedScanner({
    scanner: scannerOf(),
    clock: systemClock,
    random: () => 0,
    onFailure: 'restart',
    onError: (error) => told.push(String(error)),
  });
  const running = supervised.run(() => Promise.resolve(), stop.signal);
  await vi.waitFor(() => expect(supervised.snapshot().sightings).toBeGreaterThan(0), 10_000);
  box.install('iw', 'echo "command failed: Device or resource busy (-16)" >&2; exit 240');
  stop.abort(new Error('the end'));
  await running;
  expect(told).toEqual([
    'UnavailableError: wlan1 could not be given back as managed: iw: command failed: Device or resource busy (-16)',
  ]);
  expect(existsSync(join(box.root, 'mode'))).toBe(true);
}, 20_000);
