/**
 * Scores our estimator and the published ones on simulated traffic with known truth, and prints one table. It needs a scorer that
 * stands outside of the project: a script with the commands `sightings`, `network` and `score`, and a folder of scenarios.
 *
 *     node test/accuracy/compare.ts --scorer accuracy.py --scenarios scenarios --penetration 0.05 --draw 0
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { estimatorNames } from '@tdc/shared/network.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    scorer: { type: 'string' },
    scenarios: { type: 'string' },
    penetration: { type: 'string', multiple: true, default: ['0.05'] },
    draw: { type: 'string', multiple: true, default: ['0'] },
  },
});
const { scorer, scenarios } = values;
if (scorer === undefined || scenarios === undefined) {
  console.error('compare: expected --scorer FILE and --scenarios FOLDER');
  process.exit(2);
}

async function write(args: readonly string[], file: string): Promise<void> {
  const child = execFile('python3', args, { maxBuffer: 2 ** 30 });
  const out = createWriteStream(file);
  child.stdout?.pipe(out);
  await once(out, 'close');
}

interface Score {
  readonly mape: number;
  readonly p95: number;
  readonly bias: number;
  readonly coverage: number;
  readonly delay_min: number | null;
  readonly missed: number;
  readonly inside: number | null;
}

const folder = await mkdtemp(join(tmpdir(), 'tdc-accuracy-'));
try {
  console.log(
    '| scenario | share | draw | rotating | estimator | MAPE | p95 | bias | coverage | delay | missed | inside |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const scenario of (await readdir(scenarios)).sort()) {
    const truth = join(scenarios, scenario);
    const network = join(folder, 'network.json');
    await write([scorer, 'network', truth], network);
    for (const penetration of values.penetration) {
      for (const draw of values.draw) {
        const [sightings, events] = [join(folder, 'sightings.csv'), join(folder, 'events.ndjson')];
        await write([scorer, 'sightings', truth, '--penetration', penetration, '--draw', draw], sightings);
        const replay = ['replay', sightings, '--network', network, '--out', events];
        await run(process.execPath, [join(root, 'agent/bin/tdc-agent.js'), ...replay]);
        for (const rotating of [true, false]) {
          for (const estimator of estimatorNames) {
            const out = join(folder, 'estimates.csv');
            const estimate = ['estimate', events, '--network', network, '--out', out, '--estimator', estimator];
            if (!rotating) estimate.push('--no-rotating');
            await run(process.execPath, [join(root, 'server/bin/tdc-server.js'), ...estimate]);
            const score: Score = JSON.parse((await run('python3', [scorer, 'score', truth, out])).stdout);
            const { mape, p95, bias, coverage, delay_min: delay, missed, inside } = score;
            const cells = [
              scenario,
              penetration,
              draw,
              rotating ? 'on' : 'off',
              estimator,
              mape,
              p95,
              bias,
              coverage,
              delay,
              missed,
              inside,
            ];
            console.log(`| ${cells.join(' | ')} |`);
          }
        }
      }
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
