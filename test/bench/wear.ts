/** What a box writes to its disk for an event, all of it: database, log, journal of the file system. Needs root. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Measurement } from './report.ts';
import { serve } from './serve.ts';
import { inTemporaryFolder } from './temporary-folder.ts';
import type { Wear, WearJob } from './wear-on-disk.ts';

const eventsPerMinute = [10, 100, 1000];
const warmMs = 60_000;
const measuredMs = 300_000;
const diskMib = 256;
const worker = join(import.meta.dirname, 'wear-on-disk.ts');
/** ext4 as on a box, but for what it would still write about itself in its first minutes; on disks of its own. */
const onDiskOfItsOwn =
  'mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$1" && mount -o loop,noatime "$1" "$2" && exec "$3" "$4" "$5"';

/** All rates at the same time, each with its disks: what is written does not depend on how fast the machine is. */
export function benchWear(progress: (text: string) => void): Promise<Measurement[]> {
  return inTemporaryFolder(async (folder) => {
    const measurements: Measurement[] = [];
    progress(`${eventsPerMinute.join(', ')} events a minute, for ${(warmMs + measuredMs) / 60_000} minutes`);
    await serve(folder, [], async ({ collector }) => {
      const each = eventsPerMinute.map(async (rate) => {
        const job = { eventsPerMinute: rate, warmMs, measuredMs, collector };
        const [agent, bare] = await Promise.all([
          wear(folder, { ...job, of: 'agent' }),
          wear(folder, { ...job, of: 'bare' }),
        ]);
        return lineOf(rate, agent, bare);
      });
      measurements.push(...(await Promise.all(each)));
    });
    return measurements;
  });
}

function lineOf(rate: number, agent: Wear, bare: Wear): Measurement {
  const [value, against] = [agent, bare].map(({ bytes, events }) => bytes / events / 1000) as [number, number];
  return {
    what: `written to the agent's disk for an event, ${rate} events a minute (${Math.round((value * rate * 1440) / 1000)} MB a day)`,
    value,
    unit: 'kB',
    against: { what: 'bare better-sqlite3 as it comes, an insert and a delete an event', value: against },
    ratio: value / against,
  };
}

async function wear(folder: string, job: WearJob): Promise<Wear> {
  const place = join(folder, `${job.of}-${job.eventsPerMinute}`);
  const [image, disk] = [join(place, 'image'), join(place, 'disk')];
  await mkdir(disk, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, diskMib * 1024 * 1024);
  const args = ['-m', 'sh', '-ec', onDiskOfItsOwn, 'sh', image, disk, process.execPath, worker];
  const child = spawn('unshare', [...args, JSON.stringify({ ...job, disk })], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${job.of} at ${job.eventsPerMinute} events a minute ended with ${code}`);
  return JSON.parse(said);
}
