import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Architecture } from '../../deploy/packages/package-kind.ts';
import { within } from '../src/harness/until.ts';
import { type ControlReport, type ControlRequest, lineOf, linesOf } from './guest/control-lines.ts';
import { type GuestTools, guestImage, type ImageRecipe, radioRecipe } from './guest-image.ts';
import { GuestProcess } from './guest-process.ts';
import { bluetoothSocketOf, consoleOf, controlSocketOf, diskOf, hostAddress, qemuCommand, systemOf } from './qemu.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

export interface MachineOptions {
  /** amd64 by default. */
  readonly architecture?: Architecture;
  readonly memoryMib?: number;
  /** Size of the disk of its own, in MiB. */
  readonly diskMib?: number;
  /** What it boots: that of the radio tests by default. */
  readonly recipe?: ImageRecipe;
  /** Folder that it can read: the project by default. */
  readonly shared?: string;
  /** What its clock says when it boots first, such as `1970-01-01T00:00:00`. */
  readonly clock?: string;
}

export interface BootOptions {
  readonly clock?: string | undefined;
  readonly timeoutMs?: number;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly qemu: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly server: Server;
  control: Socket | undefined;
}

/**
 * A box by the road: a Linux machine with a disk of its own and a folder that it reads, which its image mounts where it likes. Commands run in
 * it as root. Its power can be cut at any moment; it then boots again on the same disk.
 */
export class VirtualMachine implements AsyncDisposable {
  /** Where the box reaches servers on the loopback of this machine. */
  readonly hostAddress = hostAddress;
  readonly architecture: Architecture;
  readonly #folder: string;
  readonly #recipe: ImageRecipe;
  readonly #shared: string;
  readonly #memoryMib: number;
  readonly #processes = new Map<number, GuestProcess>();
  #running: Running | undefined;
  #boots = 0;
  #processNumber = 0;

  private constructor(folder: string, options: MachineOptions) {
    this.#folder = folder;
    this.architecture = options.architecture ?? 'amd64';
    this.#recipe = options.recipe ?? radioRecipe;
    this.#shared = options.shared ?? project;
    this.#memoryMib = options.memoryMib ?? 1024;
  }

  /** Makes a machine with an empty disk and boots it. Throws when it is not ready in time, with the end of what it said. */
  static async boot(options: MachineOptions = {}): Promise<VirtualMachine> {
    // Short, as the name of a socket may have only 107 bytes.
    const folder = mkdtempSync(join(tmpdir(), 'tdc-vm-'));
    const machine = new VirtualMachine(folder, options);
    try {
      makeDisk(diskOf(folder), options.diskMib ?? 512);
      await machine.boot({ clock: options.clock });
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Boots it, again after a power cut. */
  async boot({ clock, timeoutMs = 240_000 }: BootOptions = {}): Promise<void> {
    if (this.#running !== undefined) throw new Error('the machine is running already');
    const image = await guestImage(this.#recipe, this.architecture);
    const { keepsSystem } = this.#recipe;
    if (keepsSystem && this.#boots === 0) await copySparse(image.root, systemOf(this.#folder));
    this.#boots += 1;
    const controlSocket = controlSocketOf(this.#folder);
    rmSync(controlSocket, { force: true });
    const server = createServer().listen(controlSocket);
    await once(server, 'listening');
    const command = qemuCommand({
      architecture: this.architecture,
      image,
      keepsSystem,
      shared: this.#shared,
      folder: this.#folder,
      memoryMib: this.#memoryMib,
      clock,
    });
    const running = startQemu(command, consoleOf(this.#folder, this.#boots), server);
    this.#running = running;
    const ready = this.#ready(running);
    const ended = running.ended.then(() => {
      throw new Error(`the machine ended: ${this.console()}`);
    });
    try {
      await within(timeoutMs, 'the machine to be ready', Promise.race([ready, ended]));
    } catch (error) {
      const said = this.console();
      await this.cutPower();
      throw new Error(`the machine does not boot; it said last:\n${said}`, { cause: error });
    }
    ended.catch(() => this.#lose());
  }

  /** Ends it as a power cut does: at once, with nothing written that was not on the disk. */
  async cutPower(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.qemu.kill('SIGKILL');
    await running.ended;
    running.control?.destroy();
    running.server.close();
    this.#lose();
  }

  /** Starts a process that goes on in the background. */
  start(command: readonly string[], { cwd = '/', env = {} }: CommandOptions = {}): GuestProcess {
    this.#processNumber += 1;
    const process = new GuestProcess(this.#processNumber, command, (request) => this.#send(request));
    this.#processes.set(this.#processNumber, process);
    this.#send({ do: 'start', process: this.#processNumber, command, cwd, env });
    return process;
  }

  /** Runs a command to its end, whatever that is. */
  async run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    await using process = this.start(command, options);
    process.endInput();
    const exit = await process.exit(options.timeoutMs ?? 60_000);
    await process.pid();
    return { ...exit, stdout: process.stdout, stderr: process.stderr };
  }

  /** Runs lines of shell, which end at the first that fails, and gives what they print; throws when they do not end well. */
  async shell(script: string, options: CommandOptions = {}): Promise<string> {
    const result = await this.run(['sh', '-euc', script], options);
    if (result.code !== 0) throw new Error(`${script}\nended with ${JSON.stringify(result)}`);
    return result.stdout;
  }

  /** The guest's clock, in Unix milliseconds. */
  async nowMs(): Promise<number> {
    return Number(await this.shell('date +%s%3N'));
  }

  /** Seconds since it booted in which one of its processors had work and this machine none of its own for it: of the one that waited longest. */
  stolenSeconds(): number {
    const threads = `/proc/${this.#running?.qemu.pid}/task`;
    const waitedNs = readdirSync(threads).map((thread) =>
      Number(readFileSync(join(threads, thread, 'schedstat'), 'utf8').split(' ')[1]),
    );
    return Math.max(...waitedNs) / 1e9;
  }

  get tools(): GuestTools {
    return this.#recipe.tools;
  }

  /** Where a Bluetooth controller finds the serial port that it is plugged into, on a machine that has one. */
  get bluetoothSocket(): string {
    return bluetoothSocketOf(this.#folder);
  }

  /** The end of what the machine said on its console since it booted. */
  console(): string {
    const file = consoleOf(this.#folder, this.#boots);
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-4000) : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cutPower();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Resolves when the control program has said that it is ready; goes on to take what it reports. */
  #ready(running: Running): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    running.server.once('connection', (socket: Socket) => {
      running.control = socket;
      // The end of the machine is told by the machine itself.
      socket.on('error', () => {});
      this.#takeReports(socket, resolve).catch((error) => {
        if (this.#running === running) reject(error);
      });
    });
    return promise;
  }

  async #takeReports(socket: Socket, ready: () => void): Promise<void> {
    for await (const line of linesOf(socket)) {
      const report = JSON.parse(line) as ControlReport;
      if (report.type === 'ready') ready();
      else this.#processes.get(report.process)?.take(report);
    }
  }

  #send(request: ControlRequest): void {
    const control = this.#running?.control;
    if (control === undefined) throw new Error(`the machine is off: it cannot ${request.do}`);
    control.write(lineOf(request));
  }

  #lose(): void {
    for (const process of this.#processes.values()) process.lose();
    this.#processes.clear();
  }
}

async function copySparse(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['--sparse=always', from, to]);
}

function makeDisk(file: string, diskMib: number): void {
  writeFileSync(file, '');
  truncateSync(file, diskMib * 1024 * 1024);
  const made = spawnSync('mkfs.ext4', ['-q', file], {
    encoding: 'utf8',
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  if (made.status !== 0) throw new Error(`mkfs.ext4 failed: ${made.error?.message ?? made.stderr}`);
}

function startQemu([program, ...args]: readonly [string, ...string[]], console: string, server: Server): Running {
  const log = openSync(console, 'w');
  const qemu = spawn(program, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    qemu.once('close', () => resolve());
    qemu.once('error', () => resolve());
  });
  return { qemu, ended, server, control: undefined };
}
