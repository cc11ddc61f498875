import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { episode, jamPeriodMs } from '@tdc/agent/simulation/jam.ts';
import { parse, stringify } from 'yaml';
import { Program, runProgram } from './program.ts';
import { QuickClock } from './quick-clock.ts';
import { type RunningServer, startServerBehind } from './server.ts';
import { until } from './until.ts';

const seed = 1;
/** Sooner than by default, and late enough for a machine that is busy. */
const silentMinutes = '2';
/** Those who are in the jam by then are still on their way. */
const jammedForMs = 60_000;

interface NetworkFile {
  readonly detectors: readonly object[];
  readonly links: readonly object[];
}

type NetworkFiles = Readonly<Record<'main' | 'side' | 'whole', string>>;

/** A side road of its own, whose boxes can be stopped while the others go on. */
const sideRoad: NetworkFile = {
  detectors: [
    { id: 'S1', name: 'Old mill', x: 3600, y: -2600 },
    { id: 'S2', name: 'Quarry', x: 5200, y: -2600 },
  ],
  links: [
    { from: 'S1', to: 'S2', max_seconds: 1800, length_m: 1620 },
    { from: 'S2', to: 'S1', max_seconds: 1800, length_m: 1620 },
  ],
};

/** A server and two simulated roads whose time goes quickly, when a jam on the first is just forming. */
export class QuickRoad implements AsyncDisposable {
  readonly clock: QuickClock;
  readonly #directory: string;
  readonly #networks: NetworkFiles;
  #server: RunningServer | undefined;
  #main: Program | undefined;
  #side: Program | undefined;

  private constructor(directory: string, clock: QuickClock, networks: NetworkFiles) {
    this.#directory = directory;
    this.clock = clock;
    this.#networks = networks;
  }

  /** The same in every run: the jam is that of the traffic's seed. */
  static async start(directory: string, networkText: string, factor: number): Promise<QuickRoad> {
    const main: NetworkFile = parse(networkText);
    const whole = {
      ...main,
      detectors: [...main.detectors, ...sideRoad.detectors],
      links: [...main.links, ...sideRoad.links],
    };
    const write = async (name: string, network: NetworkFile) => {
      const file = join(directory, `${name}.yaml`);
      await writeFile(file, stringify(network));
      return file;
    };
    const networks = {
      main: await write('main', main),
      side: await write('side', sideRoad),
      whole: await write('whole', whole),
    };
    const { fromMs } = episode(seed, Math.floor(Date.now() / jamPeriodMs));
    const road = new QuickRoad(directory, new QuickClock(fromMs + jammedForMs, factor), networks);
    try {
      await road.#begin();
      return road;
    } catch (error) {
      await road[Symbol.asyncDispose]();
      throw error;
    }
  }

  get server(): RunningServer {
    if (this.#server === undefined) throw new Error('the server is not running');
    return this.#server;
  }

  get url(): string {
    return `http://${this.server.http}`;
  }

  async stopSideRoad(): Promise<void> {
    this.#side?.kill('SIGTERM');
    await this.#side?.exit();
  }

  async stopServer(): Promise<void> {
    this.server.program.kill('SIGTERM');
    await this.server.program.exit();
  }

  /** At the same addresses. */
  async startServerAgain(): Promise<void> {
    const portOf = (address: string) => address.slice(address.lastIndexOf(':') + 1);
    const { http, collector, query } = this.server;
    this.#server = await startServerBehind(
      ...[this.clock.command('steady'), this.#directory],
      ...['--http-port', portOf(http), '--collector-port', portOf(collector), '--query-port', portOf(query)],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of [this.#main, this.#side, this.#server]) await each?.[Symbol.asyncDispose]();
  }

  async #begin(): Promise<void> {
    const directory = this.#directory;
    const flags = ['--alerts-silent-minutes', silentMinutes];
    this.#server = await startServerBehind(this.clock.command('steady'), directory, ...flags);
    const { collector, query } = this.#server;
    const apply = ['network', 'apply', this.#networks.whole, '--collector', collector, '--query', query];
    const applied = await runProgram('tdc', apply, { directory });
    if (applied.code !== 0) throw new Error(applied.describe());
    this.#main = this.#simulate('main', '40m');
    this.#side = this.#simulate('side', '20m');
    const areAllThere = async () => {
      const answer = await fetch(`${this.url}/api/v1/estimates`);
      const { estimates } = (await answer.json()) as { estimates: readonly { mean_seconds: number | null }[] };
      return estimates.filter(({ mean_seconds }) => mean_seconds !== null).length === 12 ? true : undefined;
    };
    await until('estimates of all links', areAllThere, { timeoutMs: 100_000, pollMs: 100 });
  }

  #simulate(name: 'main' | 'side', past: string): Program {
    const args = [
      ...['simulate', '--network', this.#networks[name], '--past', past, '--seed', String(seed)],
      ...['--state-dir', join(this.#directory, name), '--collector-address', this.server.collector],
      // Often, so that one that a busy machine delays is no silence yet.
      ...['--clock-trust', '--log-level', 'warn', '--status-interval-seconds', '10'],
    ];
    return new Program('tdc-agent', args, { directory: this.#directory, command: this.clock.command('quick') });
  }
}
