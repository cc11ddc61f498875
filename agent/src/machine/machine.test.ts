import { statfsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { preparedBox } from '../prepared-box.ts';
import { systemAt } from '../system.ts';
import { readMachine } from './machine.ts';

/** `major:minor` as stat(1) splits it, for numbers that are small. */
function deviceOf(folder: string): string {
  const { dev } = statSync(folder);
  return `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
}

test('a Raspberry Pi tells all of itself', () => {
  using box = preparedBox();
  box.put('/proc/uptime', '90061.25 350000.00\n');
  box.put('/proc/sys/kernel/random/boot_id', '0b0a7f3c-5b11-4a53-9d1e-1f00c0ffee00\n');
  box.put('/proc/meminfo', 'MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     600 kB\n');
  box.put('/sys/class/thermal/thermal_zone0/type', 'cpu-thermal\n');
  box.put('/sys/class/thermal/thermal_zone0/temp', '61322\n');
  box.put('/sys/class/thermal/thermal_zone1/type', 'battery\n');
  box.put('/sys/class/thermal/thermal_zone1/temp', '99000\n');
  // 0x50005: under-voltage and throttled, now and before.
  box.put('/sys/bus/platform/drivers/raspberrypi-firmware/soc:firmware/get_throttled', '50005\n');
  box.put('/sys/class/hwmon/hwmon1/in1_input', '12340\n');
  const stateDir = box.root;
  const { blocks, bsize } = statfsSync(stateDir);
  box.put('/sys/block/mmcblk0/dev', '179:0\n');
  box.put('/sys/block/mmcblk0/device/life_time', '0x02 0x03\n');
  box.put('/sys/block/mmcblk0/mmcblk0p2/dev', `${deviceOf(stateDir)}\n`);
  box.put('/sys/block/mmcblk0/mmcblk0p2/stat', ' 10 0 80 5 20 0 2048 9 0 7 14 0 0 0 0 0 0\n');

  const battery = { voltageFile: '/sys/class/hwmon/hwmon1/in1_input', voltsPerUnit: 0.001, lowVolts: 11.7 };
  expect(readMachine({ system: box.system, stateDir, battery })).toEqual({
    uptimeSeconds: 90_061.25,
    bootId: '0b0a7f3c-5b11-4a53-9d1e-1f00c0ffee00',
    memory: { bytes: 1_024_000, availableBytes: 614_400 },
    processorCelsius: 61.322,
    power: { underVoltage: true, underVoltageSinceBoot: true, throttled: true, throttledSinceBoot: true },
    battery: { volts: 12.34, lowVolts: 11.7, error: '' },
    disk: {
      bytes: blocks * bsize,
      freeBytes: expect.any(Number),
      writtenBytes: 2048 * 512,
      lifeUsedPercent: 30,
    },
  });
});

test.each([
  ['0', [false, false, false, false]],
  ['0x10000', [false, true, false, false]],
  ['80008', [false, false, true, true]],
  ['20000', [false, false, false, true]],
])('the firmware of a Raspberry Pi says %s', (bits, expected) => {
  using box = preparedBox();
  box.put('/sys/bus/platform/drivers/raspberrypi-firmware/soc:firmware/get_throttled', `${bits}\n`);
  const { power } = readMachine({ system: box.system, stateDir: box.root });
  expect([power?.underVoltage, power?.underVoltageSinceBoot, power?.throttled, power?.throttledSinceBoot]).toEqual(
    expected,
  );
});

test("a Raspberry Pi with Debian's kernel tells of its voltage alone", () => {
  using box = preparedBox();
  box.put('/sys/class/hwmon/hwmon0/name', 'cpu_thermal\n');
  box.put('/sys/class/hwmon/hwmon2/name', 'rpi_volt\n');
  box.put('/sys/class/hwmon/hwmon2/in0_lcrit_alarm', '1\n');
  expect(readMachine({ system: box.system, stateDir: box.root }).power).toEqual({
    underVoltage: true,
    underVoltageSinceBoot: undefined,
    throttled: undefined,
    throttledSinceBoot: undefined,
  });
});

test('a machine that tells nothing is no error', () => {
  using box = preparedBox();
  expect(readMachine({ system: box.system, stateDir: `${box.root}/none` })).toEqual({
    uptimeSeconds: 0,
    bootId: '',
    memory: { bytes: 0, availableBytes: 0 },
    processorCelsius: undefined,
    power: undefined,
    battery: undefined,
    disk: undefined,
  });
});

test.each([
  [undefined, 'cannot be read (ENOENT)'],
  ['', '"": expected a number'],
  ['twelve volts and a half or so', '"twelve volts and a h": expected a number'],
])('a battery that cannot be read, of a file with %j, is told as such', (text, error) => {
  using box = preparedBox();
  if (text !== undefined) box.put('/run/volts', text);
  const battery = { voltageFile: '/run/volts', voltsPerUnit: 1, lowVolts: 11.7 };
  expect(readMachine({ system: box.system, stateDir: box.root, battery }).battery).toEqual({
    volts: undefined,
    lowVolts: 11.7,
    error: `battery.voltage_file /run/volts: ${error}`,
  });
});

test('an eMMC whose life is over says more than 100 %, one that defines nothing says nothing', () => {
  using box = preparedBox();
  box.put('/sys/block/mmcblk0/dev', deviceOf(box.root));
  box.put('/sys/block/mmcblk0/device/life_time', '0x0b 0x01');
  expect(readMachine({ system: box.system, stateDir: box.root }).disk?.lifeUsedPercent).toBe(110);
  box.put('/sys/block/mmcblk0/device/life_time', '0x00 0x00');
  expect(readMachine({ system: box.system, stateDir: box.root }).disk?.lifeUsedPercent).toBeUndefined();
});

test('this machine tells since when it is up, its memory and its disk', () => {
  const machine = readMachine({ system: systemAt({ root: '/', searchPath: '' }), stateDir: process.cwd() });
  expect(machine.uptimeSeconds).toBeGreaterThan(0);
  expect(machine.bootId).toMatch(/^[0-9a-f-]{36}$/);
  expect(machine.memory.bytes).toBeGreaterThan(machine.memory.availableBytes);
  expect(machine.memory.availableBytes).toBeGreaterThan(0);
  expect(machine.disk?.bytes).toBeGreaterThan(machine.disk?.freeBytes ?? Number.POSITIVE_INFINITY);
});
