import { eventIdMaker } from '@tdc/shared/event-id.ts';
import type { KeyChain } from '@tdc/shared/key-chain.ts';
import { Agent, type Hearing } from './agent.ts';
import { clockQualityOf, clockState } from './clock-state.ts';
import { connectTo } from './collector-client.ts';
import type { Context } from './context.ts';
import { readMachine } from './machine/machine.ts';
import { PassageBuilder } from './passage-builder.ts';
import type { StateDir } from './state-dir.ts';
import { systemAt } from './system.ts';

export interface AssembleOptions {
  readonly detectorId: string;
  readonly state: StateDir;
  /** Absent: nothing is heard, only sent. */
  readonly hearing?: Pick<Hearing, 'scanners' | 'onScannerFailure'> & {
    readonly keys: KeyChain;
    readonly waitsForRoom?: Hearing['waitsForRoom'];
    /** Whether the sightings' times come from the clock of this machine, and not from a recording or a simulation. */
    readonly byOwnClock: boolean;
  };
  /** Whether events are sent, or only stored. */
  readonly sends: boolean;
}

/** Makes the agent of one detector as it is configured. */
export function assembleAgent({ config, clock, log, version }: Context, options: AssembleOptions): Agent {
  const { detectorId, state, hearing, sends } = options;
  const system = systemAt({ root: '/', searchPath: '' });
  const clockNow = () => clockState({ trust: config.clockTrust });
  return new Agent({
    detectorId,
    version,
    clock,
    random: Math.random,
    log,
    state,
    clockState: clockNow,
    machine: () =>
      readMachine({
        system,
        stateDir: state.paths.folder,
        ...(config.battery === undefined ? {} : { battery: config.battery }),
      }),
    outbox: config.outbox,
    statusIntervalMs: config.statusIntervalMs,
    ...(sends ? { uplink: { ...connectTo(config), backoff: config.uplinkBackoff } } : {}),
    ...(hearing === undefined
      ? {}
      : {
          hearing: {
            scanners: hearing.scanners,
            passages: new PassageBuilder({
              detectorId,
              keys: hearing.keys,
              eventId: eventIdMaker(),
              passage: config.passage,
            }),
            clockQuality: () => (hearing.byOwnClock ? clockQualityOf(clockNow()) : 'synchronised'),
            keyEpoch: () => hearing.keys.epoch,
            onScannerFailure: hearing.onScannerFailure,
            waitsForRoom: hearing.waitsForRoom ?? (() => false),
          },
        }),
  });
}
