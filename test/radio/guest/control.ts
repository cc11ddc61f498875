/** Runs in the guest: starts the processes that a test asks for over a serial port, and tells what becomes of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, openSync } from 'node:fs';
import { release, uptime } from 'node:os';
import { type ControlReport, type ControlRequest, lineOf, linesOf } from './control-lines.ts';

// A port of this kind is opened once at a time: reading and writing share it.
const port = openSync(process.argv[2] ?? '', 'r+');
const input = createReadStream('', { fd: port, autoClose: false, highWaterMark: 65_536 });
const output = createWriteStream('', { fd: port, autoClose: false });
const children = new Map<number, ChildProcess>();

const report = (message: ControlReport): boolean => output.write(lineOf(message));

function start({ process: number, command, cwd, env }: ControlRequest & { readonly do: 'start' }): void {
  const [program = '', ...args] = command;
  // A group of its own: a signal reaches what the process started too.
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, detached: true });
  children.set(number, child);
  for (const type of ['stdout', 'stderr'] as const) {
    child[type].on('data', (bytes: Buffer) => {
      if (report({ type, process: number, base64: bytes.toString('base64') })) return;
      child[type].pause();
      output.once('drain', () => child[type].resume());
    });
  }
  // Who ended without reading its input is judged by its exit code.
  child.stdin.on('error', () => {});
  child.once('spawn', () => report({ type: 'started', process: number, pid: child.pid ?? 0 }));
  child.once('error', (error) => report({ type: 'failed', process: number, message: error.message }));
  child.once('exit', (code, signal) =>
    endOutput(child, () => report({ type: 'ended', process: number, code, signal })),
  );
}

/** What has ended may leave its output open in what it started: a second is given to the rest of it. */
function endOutput(child: ChildProcess, then: () => void): void {
  const late = setTimeout(() => {
    child.off('close', closed);
    then();
  }, 1000);
  const closed = () => {
    clearTimeout(late);
    then();
  };
  child.once('close', closed);
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (error) {
    // All of the group ended by itself meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

report({ type: 'ready', kernel: release(), upSeconds: uptime() });
for await (const line of linesOf(input)) {
  const request = JSON.parse(line) as ControlRequest;
  const child = children.get(request.process);
  if (request.do === 'start') start(request);
  else if (child === undefined) throw new Error(`no process ${request.process} to ${request.do}`);
  else if (request.do === 'input') child.stdin?.write(request.text);
  else if (request.do === 'end-input') child.stdin?.end();
  else signal(child, request.signal);
}
