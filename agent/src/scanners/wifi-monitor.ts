import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import { programsHaveCapability } from '../machine/capabilities.ts';
import type { Observation, Scanner } from '../scanner.ts';
import type { Sighting } from '../sighting.ts';
import type { SteadyClock } from '../steady-clock.ts';
import type { System } from '../system.ts';
import { type ChildEnd, endChild, newsOf } from './child-news.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { parseHeard } from './wifi/heard.ts';
import { type ChannelPlan, hopChannels } from './wifi/hop-channels.ts';
import { chooseMonitor } from './wifi/monitor-choice.ts';
import { MonitorInterface } from './wifi/monitor-interface.ts';
import { PcapStream } from './wifi/pcap-stream.ts';

export interface WifiMonitorOptions {
  /** Such as `wlan1`; absent: the first that can, see `chooseMonitor`. */
  readonly interface?: string;
  readonly plan: ChannelPlan;
  readonly clock: SteadyClock;
  readonly system: System;
}

/** Octets of a frame that are captured: a radiotap header of any driver, and the header of the frame. */
const frameBytesMax = 512;
/** What access points send most of is not even brought out of the kernel. */
const filter =
  '(type mgt and not subtype beacon and not subtype probe-resp and not subtype assoc-resp and not subtype reassoc-resp) or (type data and dir tods)';
/** A capture that has not begun after so many ticks never will. */
const startTicksMax = 60;
/** tcpdump that has been told to end is ended after so long. */
const endMsMax = 1000;
/** How far the kernel's time of a frame may be from the clock: what is read late, and what is in a step of the clock. */
const behindMsMax = 60_000;
const aheadMsMax = 5000;
const capabilities = ['CAP_NET_RAW', 'CAP_NET_ADMIN'] as const;

/**
 * Scanner of Wi-Fi clients: a radio in monitor mode, whose frames tcpdump writes into a pipe. Every end of it gives the interface back. What fails
 * is for its supervisor to start again.
 */
export class WifiMonitorScanner implements Scanner {
  readonly name = 'wifi-monitor';
  /** A radio that is back is heard within this, and the few seconds that a start takes. */
  readonly retryMsMax = 8000;
  readonly #options: WifiMonitorOptions;
  #interface: MonitorInterface | undefined;
  #malformed = 0;
  #lastMalformed = '';
  #remark = '';

  constructor(options: WifiMonitorOptions) {
    this.#options = options;
  }

  get malformed(): number {
    return this.#malformed;
  }

  get lastMalformed(): string {
    return this.#lastMalformed;
  }

  get remark(): string {
    return this.#remark;
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    const { plan, clock, system } = this.#options;
    this.#remark = '';
    mustBeAllowed(system);
    const monitor = await this.#choose();
    const over = new AbortController();
    let hopping: Promise<void> | undefined;
    try {
      const hindrance = await monitor.take();
      const setChannel = (channel: number) => monitor.setChannel(channel);
      const onProblem = (problem = hindrance ?? '') => {
        this.#remark = problem;
      };
      onProblem();
      hopping = hopChannels({ ...plan, clock, setChannel, onProblem }, AbortSignal.any([signal, over.signal]));
      yield* this.#capture(monitor, signal);
    } finally {
      over.abort();
      await hopping;
      await giveBack(monitor, signal);
    }
  }

  async #choose(): Promise<MonitorInterface> {
    const { interface: wanted, system } = this.#options;
    const choice = await chooseMonitor(system, wanted);
    if (!choice.ok) throw new UnavailableError(`${choice.problem}: ${choice.advice}`);
    const { name } = choice.chosen;
    if (this.#interface?.name !== name) this.#interface = new MonitorInterface(name, system);
    return this.#interface;
  }

  async *#capture(monitor: MonitorInterface, signal: AbortSignal): AsyncGenerator<Observation> {
    const { clock, system } = this.#options;
    const buffer = new ReorderBuffer<Sighting>();
    const stream = new PcapStream(frameBytesMax);
    const { child, out, said } = startTcpdump(monitor.name, system);
    let ticks = 0;
    try {
      for await (const news of newsOf(child, out, clock, signal)) {
        if (news.type === 'bytes') {
          if (this.#read(news.chunk, stream, buffer)) yield observationOf(buffer);
          continue;
        }
        mustBeThere(monitor);
        if (news.type === 'over') throw failureOf(news.end, said());
        ticks += 1;
        if (!stream.hasBegun && ticks > startTicksMax) throw new UnavailableError('tcpdump does not begin to capture');
        if (!stream.hasBegun) continue;
        buffer.tick(clock.nowMs());
        yield observationOf(buffer);
      }
    } finally {
      out.destroy();
      await endChild(child, () => child.kill('SIGTERM'), endMsMax);
    }
  }

  /** Whether the piece completes any frame. */
  #read(chunk: Buffer, stream: PcapStream, buffer: ReorderBuffer<Sighting>): boolean {
    const { clock } = this.#options;
    let isAny = false;
    try {
      for (const frame of stream.of(chunk)) {
        // The kernel has its times from the system's clock.
        const ageMs = clock.systemMs() - frame.timeMs;
        const timeMs = clock.nowMs() - ageMs;
        if (ageMs > behindMsMax || ageMs < -aheadMsMax || timeMs < clock.at(0)) {
          this.#count('pcap: a time that is far from the clock');
          continue;
        }
        isAny = true;
        this.#take(timeMs, frame.bytes, buffer);
        // Frames of nobody tell the time too.
        buffer.reach(timeMs);
      }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      this.#count(error.message);
      throw new UnavailableError(`${error.message}: tcpdump is started again`, { cause: error });
    }
    return isAny;
  }

  #take(timeMs: number, bytes: Buffer, buffer: ReorderBuffer<Sighting>): void {
    const heard = parseHeard(bytes);
    if (!heard.ok) this.#count(heard.problem);
    else if (heard.address !== undefined) {
      const { address, rssiDbm } = heard;
      const rssi = rssiDbm === undefined ? {} : { rssiDbm };
      const isInTime = buffer.add({ timeMs, kind: 'wifi', address, addressType: 'unknown', ...rssi });
      if (!isInTime) this.#count('a frame more than two seconds out of order');
    }
  }

  #count(problem: string): void {
    this.#malformed += 1;
    this.#lastMalformed = problem;
  }
}

const observationOf = (buffer: ReorderBuffer<Sighting>): Observation => ({
  sightings: buffer.takeSettled(),
  watermarkMs: buffer.floorMs,
});

function mustBeAllowed(system: System): void {
  const status = system.text('/proc/self/status') ?? '';
  const missing = capabilities.filter((capability) => !programsHaveCapability(status, capability));
  if (missing.length === 0) return;
  throw new UnavailableError(
    `monitoring needs ${missing.join(' and ')} for tcpdump and iw: give the agent AmbientCapabilities=${capabilities.join(' ')} in its systemd unit`,
  );
}

/** A failure to give it back is told when nothing else is: at the end. Before, it is taken again anyway, and why it was lost is what counts. */
async function giveBack(monitor: MonitorInterface, signal: AbortSignal): Promise<void> {
  const problem = await monitor.giveBack();
  if (problem !== undefined && signal.aborted) throw new UnavailableError(problem);
}

function mustBeThere(monitor: MonitorInterface): void {
  const { name, presence } = monitor;
  if (presence === 'up') return;
  throw new UnavailableError(
    presence === 'gone'
      ? `${name} is gone: it was unplugged or removed; it is taken again when it is back`
      : `${name} went down: it was switched off, blocked (see "rfkill list"), or taken by another program`,
  );
}

interface Tcpdump {
  readonly child: ChildProcess;
  readonly out: Readable;
  /** The beginning of what it has said of itself. */
  readonly said: () => string;
}

const saidLengthMax = 4000;

function startTcpdump(name: string, system: System): Tcpdump {
  const program = system.program('tcpdump');
  if (program === undefined) throw new UnavailableError('tcpdump is not in PATH: sudo apt-get install tcpdump');
  const args = ['-i', name, '-y', 'IEEE802_11_RADIO', '--immediate-mode', '-s', `${frameBytesMax}`, '-U', '-w', '-'];
  const child = spawn(program, [...args, filter], { stdio: ['ignore', 'pipe', 'pipe'], env: { LC_ALL: 'C' } });
  let text = '';
  child.stderr.on('data', (bytes: Buffer) => {
    text = (text + bytes.toString('latin1')).slice(0, saidLengthMax);
  });
  return { child, out: child.stdout, said: () => text };
}

/** What tcpdump says is matched, and not told on: nobody knows what a later version puts into it. */
const causes: readonly (readonly [RegExp, string])[] = [
  [/permission|not permitted/i, 'it may not capture: give the agent CAP_NET_RAW for the programs that it starts'],
  [/no such device|disappeared/i, 'the interface is gone'],
  [/went down|is not up|network is down/i, 'the interface went down'],
  [/not one of the DLTs|not supported/i, 'the interface is not in monitor mode: another program has taken it'],
];

function failureOf(end: ChildEnd, said: string): UnavailableError {
  if ('failure' in end) return new UnavailableError('tcpdump cannot be started', { cause: end.failure });
  const cause = causes.find(([pattern]) => pattern.test(said))?.[1];
  return new UnavailableError(`tcpdump ended (${end.how})${cause === undefined ? '' : `: ${cause}`}`);
}
