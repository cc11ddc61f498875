/**
 * `npm run bench`: measures what docs/benchmarks.md claims, and prints its table. Names run only those benchmarks, and are the
 * one way to run those that take long; `--write` puts the table into the document.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCpu, benchIdleMemory } from './agent.ts';
import { benchConsole, benchConsoleHour } from './console.ts';
import { benchEnumeration } from './enumeration.ts';
import { benchEstimation } from './estimation.ts';
import { benchEtcdIngest } from './etcd-ingest.ts';
import { benchEtcdLatency } from './etcd-latency.ts';
import { benchEtcdHour, benchHour } from './hour-of-ten-million.ts';
import { benchHttpApi } from './http-api.ts';
import { benchIngest } from './ingest.ts';
import { benchOutbox } from './outbox.ts';
import { type Measurement, markdownTable } from './report.ts';
import { benchWear } from './wear.ts';

const benchmarks = new Map<string, (progress: (text: string) => void) => Promise<Measurement[]>>([
  ['ingest', benchIngest],
  ['outbox', benchOutbox],
  ['etcd', benchEtcdIngest],
  ['etcd-latency', benchEtcdLatency],
  ['hour', benchHour],
  ['etcd-hour', benchEtcdHour],
  ['http', benchHttpApi],
  ['estimation', benchEstimation],
  ['wear', benchWear],
  ['memory', benchIdleMemory],
  ['cpu', benchCpu],
  ['enumeration', benchEnumeration],
  ['console', benchConsole],
  ['console-hour', benchConsoleHour],
]);
/** Those that take long run by their names alone. */
const long = new Set(['console-hour']);
const document = join(import.meta.dirname, '../../docs/benchmarks.md');

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !benchmarks.has(name));
if (unknown.length > 0) {
  console.error(`bench: no benchmark ${unknown.join(', ')}: expected some of ${[...benchmarks.keys()].join(', ')}`);
  process.exit(2);
}
const measurements: Measurement[] = [];
for (const [name, run] of benchmarks) {
  if (positionals.length === 0 ? long.has(name) : !positionals.includes(name)) continue;
  console.error(`${name} ...`);
  measurements.push(...(await run((text) => console.error(`${name}: ${text}`))));
}
const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
const report = `${markdownTable(measurements)}\n\nMachine: ${machine}.`;
console.log(report);
if (values.write) {
  const begin = '<!-- npm run bench -- --write -->';
  const [head = ''] = readFileSync(document, 'utf8').split(begin);
  writeFileSync(document, `${head}${begin}\n\n${report}\n`);
}
