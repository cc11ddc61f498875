import { join } from 'node:path';
import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import { KeyChain, type KeyChainState } from '@tdc/shared/key-chain.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import { agentTime, assembleAgent } from '../assemble.ts';
import type { Context } from '../context.ts';
import { createKeyFile, readKeyFile } from '../key-file.ts';
import { writeRecording } from '../recording.ts';
import { SimulatedScanner } from '../scanners/simulated.ts';
import { simulatedRecording } from '../simulation/record.ts';
import type { Road } from '../simulation/road.ts';
import { openStateDir } from '../state-dir.ts';
import type { Outcome } from './outcome.ts';
import { roadOf } from './road.ts';

export interface SimulateArguments {
  readonly network: string;
  /** How much traffic of before now comes first, as fast as the agents take it. */
  readonly pastMs: number;
  /** Whether to end once the past is sent, instead of going on in step with the clock. */
  readonly endsWhenDrained: boolean;
}

/** The past is what is at least this old: from here on the simulation keeps step with the clock, and waits for nothing. */
const presentMs = 60_000;

/** `tdc-agent simulate`: a complete agent for every detector of a network, all of whom see the same made-up traffic. */
export async function simulate(context: Context, args: SimulateArguments): Promise<Outcome> {
  const { config, clock, signal } = context;
  const { road, network } = await roadOf(args.network, config.simulation);
  const nowMs = clock.nowMs();
  const stateDir = config.given.stateDir ?? join(config.stateHome, 'simulation');
  const key = madeUpKey(context, config.given.keyFile ?? join(stateDir, 'key.json'));
  const failed = new AbortController();
  const working = AbortSignal.any([signal, failed.signal]);
  const agents = network.detectors.map(({ id }) =>
    simulateDetector({ ...context, signal: working }, { detectorId: id, road, key, nowMs, stateDir, ...args }).catch(
      (error) => {
        // One complete network or none: the other agents stop in order, and the failure is told.
        failed.abort();
        throw error;
      },
    ),
  );
  const results = await Promise.allSettled(agents);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return signal.aborted && args.endsWhenDrained ? 'interrupted' : 'finished';
}

interface SimulatedDetector extends SimulateArguments {
  readonly detectorId: string;
  /** Each detector's agent has a folder of its own in it. */
  readonly stateDir: string;
  readonly road: Road;
  readonly key: KeyChainState;
  readonly nowMs: number;
}

async function simulateDetector(
  context: Context,
  { detectorId, road, key, nowMs, stateDir, pastMs, endsWhenDrained }: SimulatedDetector,
): Promise<void> {
  const { config, clock, signal } = context;
  using state = openStateDir(join(stateDir, detectorId));
  using keys = new KeyChain(key, { overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
  const scanner = new SimulatedScanner({
    road,
    detectorId,
    ...(pastMs > 0 ? { fromMs: nowMs - pastMs } : {}),
    ...(endsWhenDrained ? { toMs: nowMs } : {}),
    clock,
  });
  await using agent = assembleAgent(context, {
    detectorId,
    state,
    time: agentTime(context),
    hearing: {
      scanners: [scanner],
      keys,
      onScannerFailure: 'restart',
      waitsForRoom: (watermarkMs) => watermarkMs < clock.nowMs() - presentMs,
      byOwnClock: false,
    },
    sends: true,
  });
  await agent.run(endsWhenDrained ? 'drained' : 'stopped', signal);
}

/** The key of made-up traffic is worth nothing, and is made where it is missing, once for all the detectors. */
function madeUpKey({ config, clock, log }: Context, file: string): KeyChainState {
  try {
    return readKeyFile(file);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
  const { name, timeZone } = config.network;
  const key = generateKey({ network: name, timeZone, nowMs: clock.nowMs() });
  try {
    createKeyFile(file, key);
    log.info({ file }, 'made a key for made-up traffic');
    return key;
  } catch (error) {
    // Another simulation was quicker.
    if (error instanceof PreconditionError) return readKeyFile(file);
    throw error;
  }
}

export interface RecordArguments {
  readonly network: string;
  readonly file: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** `tdc-agent simulate --record`: what the detectors would hear, in a file and with their made-up addresses. */
export async function recordSimulation(
  context: Context,
  { network, file, fromMs, toMs }: RecordArguments,
): Promise<Outcome> {
  const { config, signal, stderr } = context;
  const { road } = await roadOf(network, config.simulation);
  stderr.write(`tdc-agent: ${file} will hold addresses as they are heard, all of them made up\n`);
  const lines = await writeRecording(file, simulatedRecording(road, fromMs, toMs), signal);
  context.stdout.write(`${JSON.stringify({ file, lines })}\n`);
  return 'finished';
}
