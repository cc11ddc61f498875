import { statfsSync, statSync } from 'node:fs';
import type { System } from '../system.ts';
import { numberIn } from './number-text.ts';

/** A disk; undefined: it does not say. */
export interface DiskReading {
  /** Size of the file system. */
  readonly bytes: number;
  readonly freeBytes: number;
  /** Written to its partition since the boot. */
  readonly writtenBytes: number | undefined;
  /** At most, in steps of ten; above 100 when its life is over. */
  readonly lifeUsedPercent: number | undefined;
}

const disks = '/sys/block';
/** Of the kernel's counts, whatever the disk's own sectors are (Documentation/block/stat). */
const sectorBytes = 512;
const sectorsWrittenField = 6;

/** The disk of a folder; undefined while there is no such folder. */
export function readDisk(system: System, folder: string): DiskReading | undefined {
  const at = statSync(folder, { throwIfNoEntry: false });
  if (at === undefined) return undefined;
  const { blocks, bavail, bsize } = statfsSync(folder);
  const place = partitionOf(system, deviceNumbers(at.dev));
  return {
    bytes: blocks * bsize,
    freeBytes: bavail * bsize,
    writtenBytes: place === undefined ? undefined : written(system.text(`${place.partition}/stat`)),
    lifeUsedPercent: place === undefined ? undefined : lifeUsed(system.text(`${place.disk}/device/life_time`)),
  };
}

function written(stat: string | undefined): number | undefined {
  const sectors = numberIn(stat?.split(/\s+/)[sectorsWrittenField]);
  return sectors === undefined ? undefined : sectors * sectorBytes;
}

/** `major:minor` of a device number, as glibc's gnu_dev_major and gnu_dev_minor take it apart. */
function deviceNumbers(dev: number): string {
  const number = BigInt(dev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

/** Folders of the kernel about a partition and its disk, which may be the same; undefined for what is on no disk. */
function partitionOf(
  system: System,
  numbers: string,
): { readonly disk: string; readonly partition: string } | undefined {
  for (const name of system.list(disks)) {
    const disk = `${disks}/${name}`;
    const partitions = system.list(disk).filter((each) => each.startsWith(name));
    const partition = [disk, ...partitions.map((each) => `${disk}/${each}`)].find(
      (each) => system.text(`${each}/dev`) === numbers,
    );
    if (partition !== undefined) return { disk, partition };
  }
  return undefined;
}

/**
 * eMMC's estimates of types A and B, such as `0x02 0x01`, of which the worse counts: 0x01 is 0 to 10 % of its life, 0x0A 90 to 100 %, 0x0B
 * more (JEDEC JESD84-B51, DEVICE_LIFE_TIME_EST_TYP_A and _B); 0 is not defined.
 */
function lifeUsed(text: string | undefined): number | undefined {
  const estimates = (text ?? '')
    .split(/\s+/)
    .map(Number)
    .filter((estimate) => estimate >= 1 && estimate <= 11);
  return estimates.length === 0 ? undefined : Math.max(...estimates) * 10;
}
