import type { ServiceError } from '@grpc/grpc-js';
import type { BackoffPolicy } from '@tdc/shared/backoff.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import type { TdcError } from '@tdc/shared/errors.ts';
import type { CollectorServiceClient } from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { ConfigurationSnapshot } from './configuration/configuration-keeper.ts';
import type { MachineSnapshot } from './machine/machine.ts';
import type { PassageBuilder } from './passage-builder.ts';
import type { Scanner } from './scanner.ts';
import type { SightingTimes } from './sighting-times.ts';
import type { StateDir } from './state-dir.ts';
import type { KeySnapshot } from './status.ts';
import type { UplinkChannel } from './uplink.ts';

/** What the agent logs to: pino's shape. No field and no message holds an address. */
export interface AgentLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where an agent's events come from. */
export interface Hearing {
  readonly scanners: readonly Scanner[];
  readonly passages: PassageBuilder;
  /** What the times of the sightings mean. */
  readonly times: SightingTimes;
  readonly key: () => KeySnapshot;
  /** Resolves once there is a key: nothing is heard before. Absent: there is one. */
  readonly keyReady?: Promise<void>;
  /** What a scanner's failure leads to. */
  readonly onScannerFailure: 'restart' | 'throw';
  /** Whether a scanner whose time is this is to wait while the outbox is nearly full, rather than have the oldest dropped. */
  readonly waitsForRoom: (watermarkMs: number) => boolean;
}

export interface AgentOptions {
  readonly detectorId: string;
  readonly version: string;
  /** Never steps: what its times mean is known by the watch. */
  readonly clock: Clock;
  readonly watch: ClockWatch;
  readonly random: () => number;
  readonly log: AgentLog;
  readonly state: StateDir;
  /** Looks at the machine that it runs on. */
  readonly machine: () => MachineSnapshot;
  readonly outbox: { readonly bytesMax: number; readonly flushRows: number; readonly flushMs: number };
  /** Absent: nothing is heard, only sent. */
  readonly hearing?: Hearing;
  /** Absent: nothing is sent. */
  readonly uplink?: {
    readonly connect: () => CollectorServiceClient;
    readonly toError: (error: ServiceError) => TdcError;
    readonly backoff: BackoffPolicy;
    /** Exchanges letters with each status; resolves to what went wrong, where that is new. */
    readonly exchangeMail?: (channel: UplinkChannel, signal: AbortSignal) => Promise<string | undefined>;
    /** The collector has acknowledged a status. */
    readonly onReported?: () => void;
  };
  readonly statusIntervalMs: number;
  /** What is told of configurations by letter; absent: none is taken. */
  readonly configuration?: () => ConfigurationSnapshot;
}
