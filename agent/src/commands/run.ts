import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import { assembleAgent } from '../assemble.ts';
import { clockState } from '../clock-state.ts';
import type { Place, ScannerName } from '../config.ts';
import type { Context } from '../context.ts';
import { KeyKeeper } from '../key-keeper.ts';
import type { Scanner } from '../scanner.ts';
import { openStateDir } from '../state-dir.ts';

const keepKeysEveryMs = 10_000;

/** `tdc-agent run`: hears devices and sends events until it is told to stop. */
export async function run(context: Context, { detectorId, stateDir, keyFile }: Place): Promise<void> {
  const { config, signal } = context;
  using state = openStateDir(stateDir);
  using keeper = new KeyKeeper({ path: keyFile, overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
  keepKeys(context, keeper);
  const scanners = await Promise.all(config.scanners.map((name) => scannerNamed(name, detectorId, context)));
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

async function scannerNamed(name: ScannerName, detectorId: string, context: Context): Promise<Scanner> {
  const { config, clock } = context;
  if (name === 'exec' && config.execCommand !== undefined) {
    const { ExecScanner } = await import('../scanners/exec.ts');
    return new ExecScanner({ command: config.execCommand, clock });
  }
  if (name === 'ble' || name === 'classic') {
    const { BluetoothScanner } = await import('../scanners/bluetooth.ts');
    const adapter = config.bluetoothAdapter;
    return new BluetoothScanner({ kind: name, clock, ...(adapter === undefined ? {} : { adapter }) });
  }
  const { networkFile } = config.simulation;
  if (networkFile === undefined) {
    throw new InvalidInputError(
      `simulation.network_file: missing: the scanner "${name}" needs --simulation-network-file`,
      { field: 'simulation.network_file' },
    );
  }
  const { SimulatedScanner } = await import('../scanners/simulated.ts');
  const { roadOf } = await import('./road.ts');
  const { road, network } = await roadOf(networkFile, config.simulation);
  if (!network.detectors.some(({ id }) => id === detectorId)) {
    throw new InvalidInputError(`detector.id "${detectorId}": expected a detector of ${networkFile}`, {
      field: 'detector.id',
    });
  }
  return new SimulatedScanner({ road, detectorId, clock });
}
