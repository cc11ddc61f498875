import type { System } from '../system.ts';
import { type Battery, type BatteryReading, readBattery } from './battery.ts';
import { type DiskReading, readDisk } from './disk.ts';
import { numberIn } from './number-text.ts';
import { type PowerReading, readPower } from './power.ts';

/** The machine that an agent runs on, at one moment. What it does not tell is undefined. */
export interface MachineSnapshot {
  readonly uptimeSeconds: number;
  /** Identity of this boot; empty where the kernel gives none. */
  readonly bootId: string;
  readonly memory: { readonly bytes: number; readonly availableBytes: number };
  /** Of the hottest processor. */
  readonly processorCelsius: number | undefined;
  readonly power: PowerReading | undefined;
  readonly battery: BatteryReading | undefined;
  readonly disk: DiskReading | undefined;
}

export interface MachineOptions {
  readonly system: System;
  /** Folder on the disk that is looked at. */
  readonly stateDir: string;
  /** Absent: none is measured. */
  readonly battery?: Battery;
}

/** Looks at the machine: a few small files of the kernel, some milliseconds. Nothing that is missing or unreadable is an error. */
export function readMachine({ system, stateDir, battery }: MachineOptions): MachineSnapshot {
  return {
    uptimeSeconds: numberIn(system.text('/proc/uptime')?.split(' ')[0]) ?? 0,
    bootId: system.text('/proc/sys/kernel/random/boot_id') ?? '',
    memory: memoryOf(system.text('/proc/meminfo') ?? ''),
    processorCelsius: hottestProcessor(system),
    power: readPower(system),
    battery: battery === undefined ? undefined : readBattery(system, battery),
    disk: readDisk(system, stateDir),
  };
}

function memoryOf(meminfo: string): MachineSnapshot['memory'] {
  const bytesOf = (name: string) => 1024 * Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0);
  return { bytes: bytesOf('MemTotal'), availableBytes: bytesOf('MemAvailable') };
}

const zones = '/sys/class/thermal';
/** `cpu-thermal` on a Raspberry Pi, `x86_pkg_temp` and `coretemp` on PCs, `soc-thermal` on other boards. */
const processorZone = /cpu|core|soc|pkg/i;

/** The kernel gives thousandths of a degree. */
function hottestProcessor(system: System): number | undefined {
  const celsius = system
    .list(zones)
    .filter((zone) => processorZone.test(system.text(`${zones}/${zone}/type`) ?? ''))
    .flatMap((zone) => numberIn(system.text(`${zones}/${zone}/temp`)) ?? []);
  return celsius.length === 0 ? undefined : Math.max(...celsius) / 1000;
}
