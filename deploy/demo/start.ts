/**
 * The demonstration behind `npm start`: a server, a simulated road of agents that talk to it over gRPC, and a view of what
 * arrives. Everything is made anew in a temporary folder and removed at the end. `--collector-port`, `--query-port`,
 * `--health-port` and `--http-port` move it beside another server; `--past 2h` says how much past traffic comes first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { watchRoad } from './view.ts';

const root = join(import.meta.dirname, '../..');
const network = join(import.meta.dirname, 'road.yaml');
const stopWaitMs = 15_000;

const { values: options } = parseArgs({
  options: {
    'collector-port': { type: 'string', default: '9000' },
    'query-port': { type: 'string', default: '8000' },
    'health-port': { type: 'string', default: '5000' },
    'http-port': { type: 'string', default: '8080' },
    past: { type: 'string', default: '2h' },
  },
});
const collector = `127.0.0.1:${options['collector-port']}`;
const query = `127.0.0.1:${options['query-port']}`;
const http = `127.0.0.1:${options['http-port']}`;

const children: ChildProcess[] = [];
const stop = new AbortController();
const dataDir = mkdtempSync(join(tmpdir(), 'tdc-demo-'));

function start(program: string, args: readonly string[]): ChildProcess {
  // A group of its own, so that Ctrl-C reaches this script alone and the programs are stopped in order.
  const child = spawn(process.execPath, [join(root, program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stderr?.on('data', (text: Buffer) => lastWords.set(child, text.toString().trim()));
  children.push(child);
  return child;
}

const lastWords = new WeakMap<ChildProcess, string>();

/** Ends the demonstration when a program that should go on has ended. */
function mustGoOn(name: string, child: ChildProcess): void {
  child.once('exit', (code, signal) => {
    if (!stop.signal.aborted)
      stop.abort(new Error(`${name} ended (${signal ?? code}): ${lastWords.get(child) ?? 'it said nothing'}`));
  });
}

async function startServer(): Promise<void> {
  const server = start('server/bin/tdc-server.js', [
    'serve',
    ...['--sqlite-file', join(dataDir, 'server.sqlite')],
    ...['--collector-port', options['collector-port'], '--query-port', options['query-port']],
    ...['--health-port', options['health-port'], '--http-port', options['http-port']],
  ]);
  mustGoOn('tdc-server', server);
  if (server.stdout === null) throw new Error('tdc-server has no output to read');
  const lines = createInterface({ input: server.stdout });
  for await (const line of lines) {
    if (line.includes('"serving"')) {
      server.stdout.resume();
      return;
    }
  }
  await once(stop.signal, 'abort');
  throw stop.signal.reason;
}

async function applyNetwork(): Promise<void> {
  const child = start('server/bin/tdc.js', ['--collector', collector, '--query', query, 'network', 'apply', network]);
  child.stdout?.resume();
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`tdc network apply failed: ${lastWords.get(child) ?? code}`);
}

function startRoad(): void {
  const road = start('agent/bin/tdc-agent.js', [
    ...['simulate', '--network', network, '--past', options.past, '--state-dir', join(dataDir, 'agents')],
    ...['--collector-address', collector, '--clock-trust', '--status-interval-seconds', '5', '--log-level', 'warn'],
  ]);
  road.stdout?.resume();
  mustGoOn('tdc-agent', road);
}

async function stopAll(): Promise<void> {
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), stopWaitMs);
    await ended;
    clearTimeout(force);
  }
  rmSync(dataDir, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

let failure: unknown;
try {
  console.log('Starting a server and a simulated road of six detectors. Ctrl-C ends both.');
  await startServer();
  await applyNetwork();
  startRoad();
  await watchRoad({ query, http, past: options.past, signal: stop.signal, output: process.stdout });
  failure =
    stop.signal.reason instanceof Error && stop.signal.reason.name !== 'AbortError' ? stop.signal.reason : undefined;
} catch (error) {
  failure = error;
} finally {
  console.log('\nStopping.');
  await stopAll();
}
if (failure !== undefined) {
  console.error(`npm start: ${failure instanceof Error ? failure.message : String(failure)}`);
  process.exitCode = 1;
}
