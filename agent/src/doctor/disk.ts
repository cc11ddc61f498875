import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'disk';
const tmpfsType = 0x01_02_19_94;
/** What the outbox takes beside its pages: the write-ahead log and the reserve. */
const besideOutboxBytes = 24 * 1024 * 1024;
/** Less than this, and the first checkpoint fails. */
const leastBytes = 32 * 1024 * 1024;
/** A commit waits for the disk once a second at least: a slower disk holds everything up. */
const slowMs = 500;

export interface DiskOptions {
  readonly stateDir: string;
  readonly outboxBytesMax: number;
  readonly monotonicMs: () => number;
}

/** Whether events can be kept: the state folder takes and syncs a file, lies on a disk, and has room for the whole outbox. */
export function checkDisk(options: DiskOptions): readonly Finding[] {
  const { stateDir, monotonicMs } = options;
  // The agent makes the folder when it starts; until then the folder above stands for it.
  const folder = nearestFolder(stateDir);
  const where = folder === stateDir ? stateDir : `${folder}, where ${stateDir} will be`;
  const written = writeAndSync(folder, monotonicMs);
  if ('failure' in written) {
    return [
      problem(
        check,
        `${where} takes no file: ${written.failure}`,
        `make it writable for the user of the agent, or give another state_dir`,
      ),
    ];
  }
  const { syncMs } = written;
  const took = `takes and syncs a file, in ${Math.ceil(syncMs)} ms`;
  const speed =
    syncMs > slowMs
      ? warning(check, `${where} ${took}`, 'a worn SD card is as slow as this before it fails: replace it')
      : ok(check, `${where} ${took}`);
  return [speed, ...placeFindings(folder, options)];
}

function placeFindings(folder: string, { stateDir, outboxBytesMax }: DiskOptions): readonly Finding[] {
  const { type, bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const outbox = statSync(join(stateDir, 'outbox.sqlite'), { throwIfNoEntry: false })?.size ?? 0;
  const neededBytes = Math.max(0, outboxBytesMax + besideOutboxBytes - outbox);
  const free = `${mib(freeBytes)} free, a full outbox takes ${mib(neededBytes)} more`;
  const advice = 'free space, or lower outbox.bytes_max';
  const space =
    freeBytes < leastBytes
      ? problem(check, free, advice)
      : freeBytes < neededBytes
        ? warning(check, free, advice)
        : ok(check, free);
  if (type !== tmpfsType) return [space];
  return [
    space,
    warning(check, `${folder} is in memory: a power cut loses what was not sent`, 'give a state_dir on a disk'),
  ];
}

function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function writeAndSync(
  folder: string,
  monotonicMs: () => number,
): { readonly syncMs: number } | { readonly failure: string } {
  const file = join(folder, `.tdc-doctor-${process.pid}`);
  const startMs = monotonicMs();
  try {
    const handle = openSync(file, 'wx', 0o600);
    try {
      writeSync(handle, 'tdc-agent doctor\n');
      fsyncSync(handle);
    } finally {
      closeSync(handle);
      rmSync(file);
    }
    return { syncMs: monotonicMs() - startMs };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { failure: String(error.code) };
  }
}

const mib = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MiB`;
