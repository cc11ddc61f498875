import { join } from 'node:path';
import { listenForNotifications, type NotifyListener } from '@tdc/shared/notify-listener.ts';
import { expect, test } from 'vitest';
import { makeKeyFile } from './harness/agent.ts';
import { Program } from './harness/program.ts';
import { serverArgs } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until } from './harness/until.ts';

/** A third of it is how often the programs tell that they work. */
const watchdogMs = 600;
const silentMs = 2 * watchdogMs;

const pingsOf = ({ messages }: NotifyListener) => messages.filter((lines) => lines.includes('WATCHDOG=1'));
const isTold = ({ messages }: NotifyListener, line: string | RegExp) =>
  messages.flat().some((each) => (typeof line === 'string' ? each === line : line.test(each))) || undefined;

async function pingsAgain(listener: NotifyListener): Promise<void> {
  const { length } = pingsOf(listener);
  await until('pings', () => (pingsOf(listener).length >= length + 3 ? true : undefined));
}

/** Resolves when nothing has been told for longer than the watchdog waits. */
async function fallsSilent(listener: NotifyListener): Promise<void> {
  let told = -1;
  let sinceMs = 0;
  await until('silence', () => {
    if (listener.messages.length !== told) [told, sinceMs] = [listener.messages.length, performance.now()];
    return performance.now() - sinceMs > silentMs || undefined;
  });
}

/** What both programs do for a service manager, from their start to their end. */
async function servesUnder(listener: NotifyListener, program: Program, status: RegExp): Promise<void> {
  await until('READY=1', () => isTold(listener, 'READY=1'));
  await until('the status', () => isTold(listener, status));
  await pingsAgain(listener);
  program.kill('SIGSTOP');
  await fallsSilent(listener);
  program.kill('SIGCONT');
  await pingsAgain(listener);
  program.kill('SIGTERM');
  await program.exitsWith(0);
  await until('STOPPING=1', () => isTold(listener, 'STOPPING=1'));
  expect(listener.messages.flat().filter((line) => line === 'READY=1')).toHaveLength(1);
}

const environment = ({ socket }: NotifyListener) => ({
  NOTIFY_SOCKET: socket,
  WATCHDOG_USEC: `${1000 * watchdogMs}`,
});

test('an agent tells its service manager how it is for as long as it works, and nothing while it is stopped', async () => {
  await using directory = await temporaryDirectory();
  await using listener = await listenForNotifications(directory.path);
  const keyFile = await makeKeyFile(directory.path, Date.now());
  const args = [
    ...['run', '--detector-id', 'D1', '--state-dir', join(directory.path, 'state'), '--key-file', keyFile],
    ...['--scanners', 'exec', '--exec-command', 'sleep 1000', '--collector-address', '127.0.0.1:1'],
  ];
  await using agent = new Program('tdc-agent', args, { directory: directory.path, env: environment(listener) });
  await servesUnder(listener, agent, /^STATUS=exec running; (connecting|waiting); 0 events wait$/);
});

test('a server does the same', async () => {
  await using directory = await temporaryDirectory();
  await using listener = await listenForNotifications(directory.path);
  const args = serverArgs(directory.path);
  await using server = new Program('tdc-server', args, { directory: directory.path, env: environment(listener) });
  await servesUnder(listener, server, /^STATUS=serving$/);
});
