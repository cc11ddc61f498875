import { randomUUID } from 'node:crypto';
import { Agent } from './agent.ts';
import type { AgentOptions, Hearing } from './agent-options.ts';
import type { BoxMail } from './box-mail.ts';
import { ClockWatch, type ClockWatchOptions } from './clock-watch.ts';
import { connectTo } from './collector-client.ts';
import { type AgentConfig, searchPathOf } from './config.ts';
import type { ConfigurationKeeper } from './configuration/configuration-keeper.ts';
import type { Context } from './context.ts';
import type { KeyMail } from './key-mail.ts';
import { readMachine } from './machine/machine.ts';
import { PassageBuilder } from './passage-builder.ts';
import type { PseudonymKeys } from './pseudonyms.ts';
import { givenTimes } from './sighting-times.ts';
import type { StateDir } from './state-dir.ts';
import { type SteadyClock, steadyClock } from './steady-clock.ts';
import { SystemVoucher } from './synchronisation.ts';
import { systemAt } from './system.ts';

/** The keys of a network: a KeyChain, or a KeyKeeper that may still wait for one. */
interface HearingKeys extends PseudonymKeys {
  readonly epoch: number;
  readonly lack?: string | undefined;
  readonly ready?: Promise<void>;
}

export interface AssembleOptions {
  readonly detectorId: string;
  readonly state: StateDir;
  /** The agent's time, and who knows what it means. */
  readonly time: AgentTime;
  /** Absent: nothing is heard, only sent. */
  readonly hearing?: AssembledHearing;
  /** Whether events are sent, or only stored. */
  readonly sends: boolean;
  readonly mail?: AssembledMail;
  /** The collector has acknowledged a status. */
  readonly onReported?: () => void;
}

/** What comes by letter, and how. */
export interface AssembledMail {
  readonly box: BoxMail;
  readonly keys?: KeyMail;
  readonly configurations?: ConfigurationKeeper;
}

interface AssembledHearing extends Pick<Hearing, 'scanners' | 'onScannerFailure'> {
  readonly keys: HearingKeys;
  readonly waitsForRoom?: Hearing['waitsForRoom'];
  /** Whether the sightings' times come from the agent's clock, and not from a recording or a simulation. */
  readonly byOwnClock: boolean;
}

export interface AgentTime {
  readonly clock: SteadyClock;
  readonly watch: ClockWatch;
}

/** The clock that an agent lives by, and the watch that knows what its times mean. */
export function agentTime(
  { config, clock: systemClock }: Pick<Context, 'config' | 'clock'>,
  onChange: ClockWatchOptions['onChange'] = () => {},
): AgentTime {
  const system = systemAt({ root: '/', searchPath: searchPathOf() });
  const clock = steadyClock(systemClock);
  const watch = new ClockWatch({
    clock,
    voucher: new SystemVoucher(system, () => clock.monotonicMs()),
    trust: config.clock.trust,
    waitMsMax: config.clock.waitMsMax,
    // Where the kernel does not say which boot this is, what waits can be corrected in this process alone.
    bootId: system.text('/proc/sys/kernel/random/boot_id') ?? randomUUID(),
    onChange,
  });
  return { clock, watch };
}

/** Makes the agent of one detector as it is configured. */
export function assembleAgent({ config, log, version }: Context, options: AssembleOptions): Agent {
  const { detectorId, state, time, hearing, sends, mail, onReported } = options;
  const system = systemAt({ root: '/', searchPath: '' });
  return new Agent({
    detectorId,
    version,
    ...time,
    random: Math.random,
    log,
    state,
    machine: () =>
      readMachine({
        system,
        stateDir: state.paths.folder,
        ...(config.battery === undefined ? {} : { battery: config.battery }),
      }),
    outbox: config.outbox,
    statusIntervalMs: config.statusIntervalMs,
    ...(sends
      ? {
          uplink: {
            ...connectTo(config),
            backoff: config.uplinkBackoff,
            ...(mail && { exchangeMail: (channel, signal) => mail.box.exchange(channel, signal) }),
            ...(onReported && { onReported }),
          },
        }
      : {}),
    ...(hearing === undefined ? {} : { hearing: hearingOf(config, detectorId, hearing, time, mail?.keys) }),
    ...configurationOf(mail?.configurations),
  });
}

const configurationOf = (configurations: ConfigurationKeeper | undefined): Pick<AgentOptions, 'configuration'> =>
  configurations === undefined ? {} : { configuration: () => configurations.snapshot() };

function hearingOf(
  config: AgentConfig,
  detectorId: string,
  { scanners, keys, onScannerFailure, waitsForRoom = () => false, byOwnClock }: AssembledHearing,
  { watch }: AgentTime,
  keyMail: KeyMail | undefined,
): Hearing {
  const times = byOwnClock ? watch : givenTimes();
  return {
    scanners,
    times,
    passages: new PassageBuilder({
      detectorId,
      keys: { tagsAt: (timeMs) => keys.tagsAt(times.unixMs(timeMs)) },
      passage: config.passage,
    }),
    key: () => ({
      epoch: keys.epoch,
      lack: keys.lack,
      boxKeyFingerprint: keyMail?.fingerprint,
      custodian: keyMail?.custodian,
    }),
    ...(keys.ready && { keyReady: keys.ready }),
    onScannerFailure,
    waitsForRoom,
  };
}
