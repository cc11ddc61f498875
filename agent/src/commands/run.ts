import { UnavailableError } from '@tdc/shared/errors.ts';
import { assembleAgent } from '../assemble.ts';
import { clockState } from '../clock-state.ts';
import type { Place } from '../config.ts';
import type { Context } from '../context.ts';
import { KeyKeeper } from '../key-keeper.ts';
import { openStateDir } from '../state-dir.ts';
import { scannersOf } from './scanners-of.ts';

const keepKeysEveryMs = 10_000;

/** `tdc-agent run`: hears devices and sends events until it is told to stop. */
export async function run(context: Context, { detectorId, stateDir, keyFile }: Place): Promise<void> {
  const { config, signal } = context;
  using state = openStateDir(stateDir);
  using keeper = new KeyKeeper({ path: keyFile, overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
  keepKeys(context, keeper);
  const scanners = await scannersOf(context, detectorId);
  await using agent = assembleAgent(context, {
    detectorId,
    state,
    hearing: { scanners, keys: keeper.chain, onScannerFailure: 'restart', byOwnClock: true },
    sends: true,
  });
  const timer = setInterval(() => keepKeys(context, keeper), keepKeysEveryMs);
  try {
    context.log.info({ detectorId, stateDir: state.paths.folder, pid: process.pid }, 'running');
    await agent.run('stopped', signal);
    context.log.info({ detectorId }, 'stopped');
  } finally {
    clearInterval(timer);
  }
}

/** Brings the keys to the present; a disk that refuses is told, and tried again. */
function keepKeys({ config, clock, log }: Context, keeper: KeyKeeper): void {
  const synchronised = clockState({ trust: config.clockTrust }) !== 'unsynchronised';
  try {
    const kept = keeper.keep(clock.nowMs(), synchronised);
    if (kept === 'written') log.info({ keyEpoch: keeper.chain.epoch }, 'the key of a new epoch replaces the last');
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    log.error({}, error.message);
  }
}
