import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidInputError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import Sqlite, { type Database } from 'better-sqlite3';

/** What the system allows for the name of a socket, less a byte: Linux 107, macOS 103. */
const socketPathBytesMax = 103;

/** The files of an agent. */
export interface StatePaths {
  readonly folder: string;
  readonly outbox: string;
  readonly boxKey: string;
  /** The configuration that came by letter. */
  readonly configuration: string;
  readonly socket: string;
  readonly lock: string;
}

/** The file of what came by letter. */
export const configurationFileIn = (stateDir: string): string => join(resolve(stateDir), 'configuration.json');

/** Throws InvalidInputError when the folder's name is too long for the socket in it. */
export function statePaths(stateDir: string): StatePaths {
  const folder = resolve(stateDir);
  const socket = join(folder, 'agent.sock');
  const bytes = Buffer.byteLength(socket);
  if (bytes > socketPathBytesMax) {
    throw new InvalidInputError(
      `state_dir: ${socket} has ${bytes} bytes: expected at most ${socketPathBytesMax}, the limit of the system for a socket`,
      { field: 'state_dir' },
    );
  }
  return {
    folder,
    outbox: join(folder, 'outbox.sqlite'),
    boxKey: join(folder, 'box-key.json'),
    configuration: configurationFileIn(folder),
    socket,
    lock: join(folder, 'agent.lock'),
  };
}

/** A state folder that no other agent uses. */
export interface StateDir extends Disposable {
  readonly paths: StatePaths;
  /** Why the folder could not be locked: its disk takes no files. The agent works all the same. */
  readonly unlocked: UnavailableError | undefined;
}

/**
 * Makes the folder, for its owner alone, and takes it. Throws PreconditionError while another agent has it,
 * UnavailableError when it cannot be made.
 */
export function openStateDir(stateDir: string): StateDir {
  const paths = statePaths(stateDir);
  try {
    mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UnavailableError(`cannot make the state folder ${paths.folder}: ${messageOf(error)}`, { cause: error });
  }
  const { lock, unlocked } = takeLock(paths);
  return { paths, unlocked, [Symbol.dispose]: () => lock?.close() };
}

/**
 * The lock is a transaction held for as long as the agent runs, on an empty database: the system frees it when the process
 * ends, however it ends.
 */
function takeLock({ folder, lock: file }: StatePaths): { lock?: Database; unlocked: UnavailableError | undefined } {
  let lock: Database | undefined;
  try {
    chmodSync(folder, 0o700);
    lock = new Sqlite(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return { lock, unlocked: undefined };
  } catch (error) {
    lock?.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new PreconditionError(`${folder} is in use by another tdc-agent: stop it, or give another --state-dir`);
    }
    if (error instanceof Sqlite.SqliteError || (error instanceof Error && 'syscall' in error)) {
      return { unlocked: new UnavailableError(`cannot lock ${folder}: ${messageOf(error)}`, { cause: error }) };
    }
    throw error;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
