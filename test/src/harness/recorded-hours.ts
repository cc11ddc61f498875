import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './program.ts';

export interface RecordedHours {
  readonly directory: string;
  readonly fromMs: number;
  readonly hours: number;
  readonly vehiclesPerHour: number;
}

/** What detector D1 of a road hears in these hours, in a file of the directory. */
export async function recordHours({ directory, fromMs, hours, vehiclesPerHour }: RecordedHours): Promise<string> {
  const network = join(directory, 'network.json');
  const recording = join(directory, `${hours}-hours.csv.gz`);
  writeFileSync(network, JSON.stringify({ detectors: [{ id: 'D1', x: 0, y: 0 }] }));
  const traffic = ['--network', network, '--vehicles-per-hour', `${vehiclesPerHour}`];
  const times = ['--from', new Date(fromMs).toISOString(), '--duration', `${hours}h`];
  const recorded = await runProgram('tdc-agent', ['simulate', ...traffic, ...times, '--record', recording], {
    directory,
  });
  if (recorded.code !== 0) throw new Error(recorded.describe());
  return recording;
}
