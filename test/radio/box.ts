import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { statusJson } from '@tdc/shared/status-json.ts';
import { ask, putDetectors, queryAt } from '../src/harness/rpc.ts';
import { type RunningServer, startServer } from '../src/harness/server.ts';
import { TcpProxy } from '../src/harness/tcp-proxy.ts';
import { temporaryDirectory } from '../src/harness/temporary-directory.ts';
import { until } from '../src/harness/until.ts';
import type { GuestProcess } from './guest-process.ts';
import { networkKey } from './network-key.ts';
import type { CommandResult, VirtualMachine } from './virtual-machine.ts';

export type BoxStatus = ReturnType<typeof statusJson>;
export type ScannerStatus = BoxStatus['scanners'][number];

/**
 * On one processor of the emulated two: threads of one process on both make V8 crash now and then, as code that one has just written is run
 * by the other from before it was. The radios' programs are on the other.
 */
const onAgentProcessor = ['taskset', '-c', '0', 'node'] as const;
const tdcAgent = '/project/agent/bin/tdc-agent.js';
export const stateDir = '/data/agent';
const detectorId = 'D1';
/** As docs/agent.md advises for a box. */
const env = {
  NODE_COMPILE_CACHE: '/data/cache',
  NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=96',
  MALLOC_ARENA_MAX: '2',
};

export interface BoxOptions {
  readonly machine: VirtualMachine;
  readonly server: RunningServer;
  readonly scanners: string;
  readonly flags?: readonly string[];
}

/** A server outside of the machine. What the box sends to it can be kept from it, while the test goes on to ask it. */
export interface Collector extends RunningServer {
  /** Is away for the box: cuts its connections and refuses new ones. */
  leave(): void;
  comeBack(): void;
}

/** A collector that knows the detector, which the box reaches through its network. Disposing ends it. */
export async function startCollector(): Promise<Collector> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryDirectory());
  const server = stack.use(await startServer(folder.path));
  await putDetectors(server.collector, [detectorId]);
  const proxy = stack.use(await TcpProxy.start(server.collector));
  const all = stack.move();
  return {
    ...server,
    collector: proxy.address,
    leave: () => proxy.leave(),
    comeBack: () => {
      proxy.target = server.collector;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The agent of a detector, in a machine with radios, sending to a server outside of it. Disposing ends it at once. */
export class Box implements AsyncDisposable {
  readonly #machine: VirtualMachine;
  readonly #server: RunningServer;
  #scanners: string;
  #flags: readonly string[];
  #agent: GuestProcess;
  /** When the agent before this one was started: what that one said last is no report of this one. */
  #startedBefore: string | null | undefined;

  private constructor(options: BoxOptions) {
    this.#machine = options.machine;
    this.#server = options.server;
    this.#scanners = options.scanners;
    this.#flags = options.flags ?? [];
    this.#agent = this.#start();
  }

  /** Gives the box the network's key, if it has none yet, and starts its agent. */
  static async start(options: BoxOptions): Promise<Box> {
    const place = ['--state-dir', stateDir, '--detector-id', detectorId];
    const importing = options.machine.start([...onAgentProcessor, tdcAgent, 'key', 'import', ...place], { env });
    importing.write(networkKey.text);
    importing.endInput();
    // The first start in a machine is the slowest: nothing is compiled yet.
    await importing.exit(240_000);
    const box = new Box(options);
    await box.#agent.pid();
    return box;
  }

  get agent(): GuestProcess {
    return this.#agent;
  }

  /** Ends the agent as an operator does; resolves to the last that it has said of itself. */
  async stop(): Promise<BoxStatus | undefined> {
    this.#agent.kill('SIGTERM');
    await this.#agent.exitsWith(0);
    return this.reported();
  }

  /** Starts the agent again, on the same state, after its end; with other scanners and flags where they are given. */
  async startAgain({ scanners, flags }: Partial<Pick<BoxOptions, 'scanners' | 'flags'>> = {}): Promise<void> {
    this.#startedBefore = (await this.reported())?.started_at;
    this.#scanners = scanners ?? this.#scanners;
    this.#flags = flags ?? this.#flags;
    this.#agent = this.#start();
    await this.#agent.pid();
  }

  /** Runs another command of the agent's program beside the agent, to its end. */
  command(args: readonly string[]): Promise<CommandResult> {
    return this.#machine.run([...this.#machine.tools.node, tdcAgent, ...args], { env, timeoutMs: 120_000 });
  }

  /** Waits until all scanners run. */
  scannersRun(): Promise<BoxStatus> {
    return this.reports(
      'running scanners',
      ({ scanners }) => scanners.every(({ state }) => state === 'running'),
      240_000,
    );
  }

  /** What the agent last said of itself to the collector; undefined while it has said nothing. */
  async reported(): Promise<BoxStatus | undefined> {
    using query = queryAt(this.#server.query);
    const { detectors } = await ask(query.client, query.client.listDetectors, {});
    const status: AgentStatus | undefined = detectors.find(({ detector }) => detector?.id === detectorId)?.status;
    const report = status === undefined ? undefined : statusJson(status);
    return report?.started_at === this.#startedBefore ? undefined : report;
  }

  /** Waits for a report that is as wanted. */
  async reports(what: string, isWanted: (status: BoxStatus) => boolean, timeoutMs = 60_000): Promise<BoxStatus> {
    let last: BoxStatus | undefined;
    return until(
      what,
      async () => {
        if (this.#agent.ended !== undefined) throw new Error(`no ${what}: ${this.#agent.describe()}`);
        last = await this.reported();
        return last !== undefined && isWanted(last) ? last : undefined;
      },
      { timeoutMs, pollMs: 250 },
    ).catch((error: Error) => {
      throw new Error(`${error.message}; the last report: ${JSON.stringify(last)}\n${this.#agent.describe()}`);
    });
  }

  /** Waits until the scanner has heard something that is younger than this moment of the guest's clock, in Unix milliseconds. */
  async hears(name: string, afterMs: number, timeoutMs: number): Promise<BoxStatus> {
    return this.reports(
      `sightings of ${name} after ${new Date(afterMs).toISOString()}`,
      (status) => Date.parse(scannerOf(status, name).last_sighting_at ?? '') > afterMs,
      timeoutMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent[Symbol.asyncDispose]();
  }

  #start(): GuestProcess {
    const { collector } = this.#server;
    const port = collector.slice(collector.lastIndexOf(':') + 1);
    return this.#machine.start(
      [
        ...[...onAgentProcessor, tdcAgent, 'run'],
        ...['--detector-id', detectorId, '--state-dir', stateDir, '--scanners', this.#scanners],
        ...['--collector-address', `${this.#machine.hostAddress}:${port}`, '--allow-plaintext'],
        ...['--clock-trust', '--status-interval-seconds', '1', '--uplink-backoff-ms-max', '2000'],
        ...this.#flags,
      ],
      { env },
    );
  }
}

export function scannerOf(status: BoxStatus, name: string): ScannerStatus {
  const scanner = status.scanners.find((each) => each.name === name);
  if (scanner === undefined) throw new Error(`no scanner ${name} in ${JSON.stringify(status)}`);
  return scanner;
}
