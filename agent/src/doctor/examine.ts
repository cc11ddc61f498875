import { join } from 'node:path';
import type { Clock } from '@tdc/shared/clock.ts';
import { type AgentConfig, placeOf } from '../config.ts';
import type { System } from '../system.ts';
import { checkBluetooth } from './bluetooth.ts';
import { checkCapabilities } from './capabilities.ts';
import { checkCertificate } from './certificate.ts';
import { checkClock } from './clock.ts';
import { checkCollector } from './collector.ts';
import { checkDisk } from './disk.ts';
import { type Finding, ok, problem } from './finding.ts';
import { checkKey } from './key.ts';
import { checkPrograms } from './programs.ts';
import { checkRunningAgent } from './running-agent.ts';
import { checkWifi } from './wifi.ts';

export interface Examination {
  readonly system: System;
  readonly config: AgentConfig;
  readonly clock: Clock;
}

/** Looks at everything that the configured agent needs, in an order that reads from the box to the centre. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const { system, config, clock } = examination;
  const { scanners, bluetoothAdapter, wifi } = config;
  const wanted = {
    ...(wifi.interface === undefined ? {} : { monitor: wifi.interface }),
    ...(wifi.accessPointsInterface === undefined ? {} : { accessPoints: wifi.accessPointsInterface }),
  };
  return [
    ...checkConfigured(config),
    ...checkBluetooth(system, scanners, bluetoothAdapter),
    ...(await checkWifi(system, scanners, wanted)),
    ...checkCapabilities(system, scanners),
    ...(await checkPrograms(system, scanners, config.execCommand?.[0])),
    ...(await checkClock(system, { nowMs: clock.nowMs(), trust: config.clock.trust })),
    ...(await checkPlace(config, clock)),
    ...(config.identityFile === undefined ? [] : checkCertificate(config.identityFile, clock.nowMs())),
    ...(await checkCollector(config)),
  ];
}

function checkConfigured({ scanners, given }: AgentConfig): readonly Finding[] {
  const detector =
    given.detectorId === undefined
      ? problem('detector', 'no detector.id', 'give --detector-id, TDC_DETECTOR_ID or detector: { id: ... }')
      : ok('detector', given.detectorId);
  const heard =
    scanners.length === 0
      ? problem(
          'scanners',
          'no scanner is configured: nothing is heard',
          'name them with scanners, such as scanners: [ble, classic]',
        )
      : ok('scanners', scanners.join(', '));
  return [detector, heard];
}

/** What is in the folders of a detector; nothing while it is not said which one it is. */
async function checkPlace(config: AgentConfig, clock: Clock): Promise<readonly Finding[]> {
  if (config.given.detectorId === undefined) return [];
  const { stateDir, keyFile } = placeOf(config);
  return [
    ...checkDisk({
      stateDir,
      outboxBytesMax: config.outbox.bytesMax,
      monotonicMs: () => clock.monotonicMs(),
    }),
    ...checkKey({ file: keyFile, boxKeyFile: join(stateDir, 'box-key.json'), key: config.key, nowMs: clock.nowMs() }),
    ...(await checkRunningAgent(stateDir)),
  ];
}
