import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = join(import.meta.dirname, '../../server/bin/tdc-server.js');

export interface Served {
  readonly collector: string;
  readonly query: string;
  readonly http: string;
  /** Of the server's process. */
  readonly pid: number;
}

/** Runs with a server in a process of its own, over `tdc.sqlite` in the folder, on ports of its choice. */
export async function serve(
  folder: string,
  flags: readonly string[],
  run: (addresses: Served) => Promise<void>,
): Promise<void> {
  const ports = ['--collector-port', '0', '--query-port', '0', '--health-port', '0', '--http-port', '0'];
  const args = [program, 'serve', '--sqlite-file', join(folder, 'tdc.sqlite'), ...ports, ...flags];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  try {
    await run({ ...(await addresses(server.stdout)), pid: server.pid ?? 0 });
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

async function addresses(output: NodeJS.ReadableStream): Promise<Omit<Served, 'pid'>> {
  const lines = createInterface({ input: output });
  for await (const line of lines) {
    const { msg, collector, query, http }: Partial<Record<string, string>> = JSON.parse(line);
    if (msg === 'serving' && collector !== undefined && query !== undefined && http !== undefined) {
      output.resume();
      return { collector, query, http };
    }
  }
  throw new Error('tdc-server ended before it served');
}
