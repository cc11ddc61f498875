import { InvalidInputError } from '@tdc/shared/errors.ts';
import { searchPathOf } from '../config.ts';
import type { ScannerName } from '../config-options.ts';
import type { Context } from '../context.ts';
import type { Scanner } from '../scanner.ts';
import type { SteadyClock } from '../steady-clock.ts';
import { systemAt } from '../system.ts';

export interface ScanningContext extends Pick<Context, 'config'> {
  readonly clock: SteadyClock;
}

/**
 * The scanners that are configured, each ready to be run once. Throws InvalidInputError for settings that a scanner needs and has not. Only the
 * simulated road needs to know the detector.
 */
export function scannersOf(context: ScanningContext, detectorId: string | undefined): Promise<readonly Scanner[]> {
  return Promise.all(context.config.scanners.map((name) => scannerNamed(name, detectorId, context)));
}

async function scannerNamed(
  name: ScannerName,
  detectorId: string | undefined,
  context: ScanningContext,
): Promise<Scanner> {
  const { config, clock } = context;
  if (name === 'exec' && config.execCommand !== undefined) {
    const { ExecScanner } = await import('../scanners/exec.ts');
    return new ExecScanner({ command: config.execCommand, clock });
  }
  if (name === 'ble' || name === 'classic') {
    const { bluetoothScanner } = await import('../scanners/bluetooth.ts');
    const adapter = config.bluetoothAdapter;
    return bluetoothScanner({ kind: name, clock, ...(adapter === undefined ? {} : { adapter }) });
  }
  if (name === 'wifi-monitor') {
    const { WifiMonitorScanner } = await import('../scanners/wifi-monitor.ts');
    const { interface: wanted, channels, dwellMs } = config.wifi;
    const system = systemAt({ root: '/', searchPath: searchPathOf() });
    const plan = { channels, dwellMs };
    return new WifiMonitorScanner({ plan, clock, system, ...(wanted === undefined ? {} : { interface: wanted }) });
  }
  if (name === 'wifi-access-points') {
    const { accessPointScanner } = await import('../scanners/wifi-access-points.ts');
    const { accessPointsInterface: wanted, scanSeconds } = config.wifi;
    const searchPath = searchPathOf();
    return accessPointScanner({
      scanSeconds,
      clock,
      searchPath,
      ...(wanted === undefined ? {} : { interface: wanted }),
    });
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
  if (detectorId === undefined || !network.detectors.some(({ id }) => id === detectorId)) {
    const given = detectorId === undefined ? 'is missing' : JSON.stringify(detectorId);
    throw new InvalidInputError(`detector.id ${given}: expected a detector of ${networkFile}`, {
      field: 'detector.id',
    });
  }
  return new SimulatedScanner({ road, detectorId, clock });
}
