import type { AgentStatus, MachineStatus, RemoteConfiguration } from '@tdc/shared/generated/tdc/v1/status.ts';
import {
  ConfigurationRefusal,
  ConnectionState,
  KeyState,
  RemoteConfigurationState,
  ScannerState,
  ClockState as WireClockState,
} from '@tdc/shared/generated/tdc/v1/status.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { ClockState } from './clock-state.ts';
import type { ConfigurationSnapshot } from './configuration/configuration-keeper.ts';
import type { BufferedCounts } from './event-buffer.ts';
import type { MachineSnapshot } from './machine/machine.ts';
import type { UplinkState } from './uplink.ts';

/** One scanner of an agent, since the process started. */
export interface ScannerSnapshot {
  readonly name: string;
  readonly state: 'starting' | 'running' | 'failed' | 'finished';
  readonly sightings: number;
  readonly malformed: number;
  /** Unix milliseconds; undefined while there was none. */
  readonly lastSightingMs: number | undefined;
  /** Without any address; empty while there was none. */
  readonly lastError: string;
}

/** What is known of the key that pseudonyms are made with. */
export interface KeySnapshot {
  /** 0 while there is no key. */
  readonly epoch: number;
  /** Why there is no key; undefined where there is one. */
  readonly lack?: string | undefined;
  /** Fingerprint of the box's own key; undefined where it has none. */
  readonly boxKeyFingerprint?: string | undefined;
  /** Fingerprint of the custodian whose letters are taken; undefined where none are. */
  readonly custodian?: string | undefined;
}

/** The whole state of an agent at one moment. Times are Unix milliseconds. */
export interface AgentSnapshot {
  readonly detectorId: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly takenAtMs: number;
  readonly clock: ClockState;
  readonly clockStep: { readonly stepMs: number; readonly atMs: number } | undefined;
  readonly events: BufferedCounts;
  readonly outboxSize: { readonly bytes: number; readonly bytesMax: number };
  readonly connection: UplinkState['type'];
  readonly lastAcknowledgedMs: number | undefined;
  readonly scanners: readonly ScannerSnapshot[];
  readonly lastError: { readonly message: string; readonly atMs: number } | undefined;
  /** Undefined of an agent that hears nothing. */
  readonly key: KeySnapshot | undefined;
  /** Undefined where no configuration is taken by letter. */
  readonly configuration: ConfigurationSnapshot | undefined;
  readonly openPassages: number;
  readonly residentMemoryBytes: number;
  readonly machine: MachineSnapshot;
}

const clockToWire = {
  synchronised: WireClockState.CLOCK_STATE_SYNCHRONISED,
  unsynchronised: WireClockState.CLOCK_STATE_UNSYNCHRONISED,
  trusted: WireClockState.CLOCK_STATE_TRUSTED,
} as const satisfies Record<ClockState, WireClockState>;

const connectionToWire = {
  idle: ConnectionState.CONNECTION_STATE_IDLE,
  connecting: ConnectionState.CONNECTION_STATE_CONNECTING,
  connected: ConnectionState.CONNECTION_STATE_CONNECTED,
  waiting: ConnectionState.CONNECTION_STATE_WAITING,
} as const satisfies Record<UplinkState['type'], ConnectionState>;

const scannerToWire = {
  starting: ScannerState.SCANNER_STATE_STARTING,
  running: ScannerState.SCANNER_STATE_RUNNING,
  failed: ScannerState.SCANNER_STATE_FAILED,
  finished: ScannerState.SCANNER_STATE_FINISHED,
} as const satisfies Record<ScannerSnapshot['state'], ScannerState>;

const configurationStateToWire = {
  probation: RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_PROBATION,
  current: RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_CURRENT,
  unusable: RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_UNUSABLE,
} as const;

const refusalToWire = {
  refused: ConfigurationRefusal.CONFIGURATION_REFUSAL_REFUSED,
  'rolled-back': ConfigurationRefusal.CONFIGURATION_REFUSAL_ROLLED_BACK,
} as const;

export function statusToWire(snapshot: AgentSnapshot): AgentStatus {
  const { events, outboxSize, lastError, clockStep, key } = snapshot;
  return {
    detectorId: snapshot.detectorId,
    version: snapshot.version,
    startedAtNs: nsFromMs(snapshot.startedAtMs),
    takenAtNs: nsFromMs(snapshot.takenAtMs),
    clock: clockToWire[snapshot.clock],
    events: {
      made: BigInt(events.made),
      acknowledged: BigInt(events.acknowledged),
      inOutbox: BigInt(events.inOutbox),
      uncommitted: BigInt(events.uncommitted),
      waitingForClock: BigInt(events.waiting),
      dropped: Object.entries(events.dropped)
        .filter(([, count]) => count > 0)
        .map(([reason, count]) => ({ reason, count: BigInt(count) })),
    },
    outboxBytes: BigInt(outboxSize.bytes),
    outboxBytesMax: BigInt(outboxSize.bytesMax),
    connection: connectionToWire[snapshot.connection],
    lastAcknowledgedNs: nsFromMs(snapshot.lastAcknowledgedMs ?? 0),
    scanners: snapshot.scanners.map((scanner) => ({
      name: scanner.name,
      state: scannerToWire[scanner.state],
      sightings: BigInt(scanner.sightings),
      malformed: BigInt(scanner.malformed),
      lastSightingNs: nsFromMs(scanner.lastSightingMs ?? 0),
      lastError: bounded(scanner.lastError),
    })),
    lastError: bounded(lastError?.message ?? ''),
    lastErrorNs: nsFromMs(lastError?.atMs ?? 0),
    keyEpoch: key?.epoch ?? 0,
    openPassages: snapshot.openPassages,
    residentMemoryBytes: BigInt(snapshot.residentMemoryBytes),
    machine: machineToWire(snapshot.machine),
    clockStep: clockStep && { stepMs: BigInt(clockStep.stepMs), atNs: nsFromMs(clockStep.atMs) },
    keyState: keyStateToWire(key),
    boxKeyFingerprint: key?.boxKeyFingerprint ?? '',
    custodianFingerprint: key?.custodian ?? '',
    configuration: configurationToWire(snapshot.configuration),
  };
}

function configurationToWire(configuration: ConfigurationSnapshot | undefined): RemoteConfiguration {
  const { author = '', inForce, refused } = configuration ?? {};
  return {
    authorFingerprint: author,
    sequence: inForce?.sequence ?? 0,
    state:
      inForce === undefined
        ? RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_UNSPECIFIED
        : configurationStateToWire[inForce.state],
    refused: refused && {
      sequence: refused.sequence,
      refusal: refusalToWire[refused.refusal],
      reason: bounded(refused.reason),
      atNs: nsFromMs(refused.atMs),
    },
  };
}

/** A collector refuses the status of which a text is longer. */
const textCharactersMax = 1000;
const bounded = (text: string): string =>
  text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax - 1)}…`;

function keyStateToWire(key: KeySnapshot | undefined): KeyState {
  if (key === undefined) return KeyState.KEY_STATE_UNSPECIFIED;
  return key.lack === undefined ? KeyState.KEY_STATE_READY : KeyState.KEY_STATE_WAITING;
}

function machineToWire({ memory, battery, disk, ...machine }: MachineSnapshot): MachineStatus {
  return {
    uptimeSeconds: machine.uptimeSeconds,
    bootId: machine.bootId,
    memoryBytes: BigInt(memory.bytes),
    memoryBytesAvailable: BigInt(memory.availableBytes),
    processorCelsius: machine.processorCelsius,
    power: machine.power,
    battery,
    disk: disk && {
      bytes: BigInt(disk.bytes),
      bytesFree: BigInt(disk.freeBytes),
      bytesWritten: disk.writtenBytes === undefined ? undefined : BigInt(disk.writtenBytes),
      lifeUsedPercent: disk.lifeUsedPercent,
    },
  };
}
