import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Clock } from './clock.ts';
import type { Environment } from './config.ts';
import { InvalidInputError } from './errors.ts';

/** The service manager that has started this process: systemd, or one that does as sd_notify(3) says. */
export interface ServiceManager {
  readonly socket: string;
  /** The process is ended when it was not heard for so long. Absent: nobody watches. */
  readonly watchdogMs?: number;
}

interface NotifyLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface NotifyOptions {
  /** Absent: nobody wants to be told anything. */
  readonly manager: ServiceManager | undefined;
  readonly clock: Clock;
  readonly log: NotifyLog;
  /** What has stopped moving, in words; undefined while everything moves. */
  readonly hangs: () => string | undefined;
  /** How the service is, in a line without any address. */
  readonly status: () => string;
}

const program = 'systemd-notify';
const searchPath = '/usr/bin:/bin';
const sendMsMax = 10_000;
/** Of the time that the watchdog allows: a ping may get lost. */
const pingPart = 1 / 3;
const statusEveryMs = 30_000;

/** What systemd says in the environment of a service. Throws InvalidInputError for a watchdog's time that is none. */
export function serviceManagerOf(env: Environment, pid: number): ServiceManager | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: microseconds, WATCHDOG_PID: watchedPid } = env;
  if (!socket) return undefined;
  // Meant for the process that has started this one.
  if (!microseconds || (watchedPid && watchedPid !== String(pid))) return { socket };
  if (!/^[1-9]\d{0,15}$/.test(microseconds)) {
    throw new InvalidInputError(`WATCHDOG_USEC ${JSON.stringify(microseconds)}: expected a number of microseconds`, {
      field: 'WATCHDOG_USEC',
    });
  }
  return { socket, watchdogMs: Number(microseconds) / 1000 };
}

/**
 * Tells the service manager that the service is ready, then again and again how it is, and in the end, when aborted or disposed of, that it
 * stops. The watchdog hears of it only while everything moves. What cannot be told is logged, and told the next time.
 */
export function keepNotified(options: NotifyOptions, signal: AbortSignal): AsyncDisposable {
  const over = new AbortController();
  const { manager } = options;
  const told =
    manager === undefined ? undefined : notifyUntil(manager, options, AbortSignal.any([signal, over.signal]));
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await told;
    },
  };
}

async function notifyUntil(
  manager: ServiceManager,
  { clock, log, hangs, status }: NotifyOptions,
  signal: AbortSignal,
): Promise<void> {
  const intervalMs = manager.watchdogMs === undefined ? statusEveryMs : manager.watchdogMs * pingPart;
  const tell = async (message: readonly string[]): Promise<boolean> => {
    try {
      await send(manager, message);
      return true;
    } catch (error) {
      log.warn({ err: error }, `${program} failed: the service manager is not told`);
      return false;
    }
  };
  let isReady = false;
  while (!signal.aborted) {
    const hanging = hangs();
    if (hanging !== undefined) log.error({}, `${hanging}: does not move any more; the watchdog is not told to wait`);
    const state = hanging === undefined ? ['WATCHDOG=1', `STATUS=${status()}`] : [`STATUS=hangs: ${hanging}`];
    isReady = (await tell([...(isReady ? [] : ['READY=1']), ...state])) || isReady;
    await clock.sleep(intervalMs, signal).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  }
  await tell(['STOPPING=1']);
}

/** Node has no datagrams of Unix sockets. The program waits until its message has been read, as a sender that is gone is not known any more. */
async function send({ socket }: ServiceManager, message: readonly string[]): Promise<void> {
  const args = message.map((each) => each.replace(/\s+/g, ' '));
  await promisify(execFile)(program, args, {
    env: { PATH: searchPath, NOTIFY_SOCKET: socket },
    timeout: sendMsMax,
    killSignal: 'SIGKILL',
  });
}
