/** Events a second through gRPC into the SQLite repository, against bare better-sqlite3 inserts of the same rows. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { insertBare } from './bare-insert.ts';
import { agentBatches, eventCount } from './ingest-load.ts';
import { type Measurement, median } from './report.ts';
import { serve } from './serve.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const transactionRows = 1000;
const rounds = 5;
/** A port on which nobody is. */
const untakenTraces = ['--tracing-endpoint', 'http://127.0.0.1:9/v1/traces'];

export async function benchIngest(progress: (text: string) => void): Promise<Measurement[]> {
  const events = agentBatches(Date.now()).flat();
  const bare: number[] = [];
  const served: number[] = [];
  const traced: number[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    bare.push(eventCount / (await insertBare(events, transactionRows)));
    served.push(eventCount / (await sendAll([])));
    traced.push(eventCount / (await sendAll(untakenTraces)));
  }
  const [value, against] = [median(served), median(bare)];
  return [
    {
      what: 'events through gRPC into SQLite, one collector, 20 agents with batches of 256',
      value,
      unit: 'events/s',
      against: {
        what: `bare better-sqlite3 inserts of the same rows in the same order, ${transactionRows} a transaction`,
        value: against,
      },
      ratio: value / against,
      aim: '0.6 or more, never under 0.4',
    },
    {
      what: 'the same with traces of everything, which nobody takes',
      value: median(traced),
      unit: 'events/s',
      against: { what: 'without traces', value },
      ratio: median(traced) / value,
      aim: '0.9 or more',
    },
  ];
}

/** Seconds from the first batch sent to the last acknowledged; server and senders are processes of their own. */
async function sendAll(flags: readonly string[]): Promise<number> {
  let seconds = Number.NaN;
  await inTemporaryFolder((folder) =>
    serve(folder, flags, async ({ collector }) => {
      const senders = fork(join(import.meta.dirname, 'ingest-senders.ts'), [collector], { execArgv: [] });
      const [[said]] = await Promise.all([once(senders, 'message'), once(senders, 'exit')]);
      seconds = Number(said);
    }),
  );
  return seconds;
}
