import type { DeviceClass } from '@tdc/shared/device-class.ts';
import type { DetectionEvent, Kind } from '@tdc/shared/event.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import type { Detector, Link, Route } from '@tdc/shared/network.ts';
import type { AccessTokenStore } from './access-token-store.ts';
import type { AlertStore } from './alert-store.ts';
import type { BoxMailStore } from './box-mail-store.ts';
import type { EnrolmentStore } from './enrolment-store.ts';
import type { Estimate } from './estimation/estimate.ts';

/**
 * Place of an event in the order of one detector: by id, whose first part is the reference time, then by device.
 * It is the tail of the event's key.
 */
export interface EventPosition {
  readonly id: string;
  readonly deviceId: string;
}

/** What a read may miss. */
export interface ReadOptions {
  /**
   * `committed`: nothing that was committed before; throws UnavailableError where that cannot be had. Otherwise a backend that has lost its
   * majority answers with what it has: see Repository.staleSinceMs.
   */
  readonly reads?: 'committed';
}

/** A read of one detector's events in one direction. */
export interface EventScan extends ReadOptions {
  readonly detectorId: string;
  /** Reference time, Unix milliseconds, inclusive. */
  readonly fromMs: number;
  /** Reference time, Unix milliseconds, exclusive. */
  readonly toMs: number;
  readonly order: 'oldest-first' | 'newest-first';
  /** Continue behind this position. */
  readonly after?: EventPosition;
  /** Events to return at most, 1 to 1000. */
  readonly limit: number;
  /** Only these kinds; empty for all. */
  readonly kinds: readonly Kind[];
  /** Only these device classes; absent or empty for all, events without one among them. */
  readonly deviceClasses?: readonly DeviceClass[];
  /** Only this pseudonym, as current or as previous. */
  readonly deviceId?: string;
}

export interface EventScanResult {
  readonly events: readonly DetectionEvent[];
  /** Where to continue; absent when nothing is left. May be given with fewer events than `limit`, even with none. */
  readonly next?: EventPosition;
}

/** Events in the order of their commits. */
export interface CommittedEvents {
  readonly events: readonly DetectionEvent[];
  /** Where to follow on: the identity of the store, a dash, and a number that rises with commits. */
  readonly cursor: string;
}

/** The earliest of some cursors of one store. */
export function earliestCursor(cursors: readonly [string, ...string[]]): string {
  const numberOf = (cursor: string) => BigInt(/-(\d+)$/.exec(cursor)?.[1] ?? 0);
  return cursors.reduce((a, b) => (numberOf(b) < numberOf(a) ? b : a));
}

/** Seconds of a bucket, the unit in which old events are removed. */
export const bucketSeconds = 100;

/** Port: events by detector and time. */
export interface EventStore {
  /**
   * Commits events; all are durable when it resolves. Idempotent: the same event again changes nothing. An event of the same key
   * (detector, id, device) with other content comes from no agent; which of the two stays is not said. Throws PreconditionError, having stored none, when a detector is not in the network: nothing could
   * reach or remove its events. Throws UnavailableError when the backend does not take them; some may then be stored, and the
   * caller sends all again.
   */
  append(events: readonly DetectionEvent[], signal: AbortSignal): Promise<void>;
  /**
   * One detector's events by position, touching only the buckets of the time range and examining a bounded number of
   * events. An unknown detector has none.
   */
  scan(scan: EventScan, signal: AbortSignal): Promise<EventScanResult>;
  /**
   * Every event committed after the cursor (from now on, without one), appends in the order of their commits, each event once; the first item comes
   * at once and may be empty: what is committed after it is not missed. A slow consumer is waited for without memory growing.
   * Throws OutOfRangeError for a cursor that history no longer reaches, InvalidInputError for one that is none. The events of
   * a detector that was removed are no part of history.
   */
  follow(cursor: string | undefined, signal: AbortSignal): AsyncIterable<CommittedEvents>;
  /**
   * Removes a detector's events in all buckets that end at or before the time (Unix milliseconds). Idempotent. Resolves
   * to how many there were, or undefined where the backend does not count.
   */
  removeBefore(detectorId: string, timeMs: number, signal: AbortSignal): Promise<number | undefined>;
}

/** Port: detectors and links. */
export interface NetworkStore {
  /** By id, rising. */
  detectors(signal: AbortSignal): Promise<readonly Detector[]>;
  /** Adds or replaces. */
  putDetector(detector: Detector, signal: AbortSignal): Promise<void>;
  /**
   * Removes the detector, its status, its events and its box's mail. Throws NotFoundError when there is none, PreconditionError while a link
   * leads from or to it.
   */
  deleteDetector(detectorId: string, signal: AbortSignal): Promise<void>;
  /** By first, then last detector, rising. */
  links(signal: AbortSignal): Promise<readonly Link[]>;
  /** Adds or replaces. Throws PreconditionError when a detector of it is unknown. */
  putLink(link: Link, signal: AbortSignal): Promise<void>;
  /** Throws NotFoundError when there is none, PreconditionError while a route leads along it. */
  deleteLink(fromDetectorId: string, toDetectorId: string, signal: AbortSignal): Promise<void>;
}

/** Port: routes that have a name. All links that they lead along are in the network. */
export interface RouteStore {
  /** By id, rising. */
  list(signal: AbortSignal): Promise<readonly Route[]>;
  /** Adds or replaces. Throws PreconditionError when two of its detectors that follow each other are not linked. */
  put(route: Route, signal: AbortSignal): Promise<void>;
  /** Throws NotFoundError when there is none. */
  remove(routeId: string, signal: AbortSignal): Promise<void>;
}

export interface ReportedStatus {
  readonly status: AgentStatus;
  /** By the server's clock, Unix milliseconds. */
  readonly reportedAtMs: number;
}

/** Port: the last status of each detector's agent. */
export interface StatusStore {
  /** Replaces the status of the detector it names. Throws PreconditionError when that is unknown. */
  put(status: ReportedStatus, signal: AbortSignal): Promise<void>;
  /** That of one detector's agent; undefined where there is none. */
  get(detectorId: string, signal: AbortSignal): Promise<ReportedStatus | undefined>;
  /** By detector id, rising. */
  list(signal: AbortSignal): Promise<readonly ReportedStatus[]>;
}

/** The right to work on something, alone. */
export interface Claim {
  /** What is worked on. */
  readonly name: string;
  /** Rises with every claim of any name: whoever claims later has a higher one. */
  readonly fence: bigint;
}

/** A worker that is there. It keeps itself alive until it is lost or disposed of, which gives back its claims. */
export interface WorkerSession extends AsyncDisposable {
  /** Aborts when it is no longer sure that the others see this worker: its claims are void from then on. */
  readonly lost: AbortSignal;
  /** Claims what nobody has; undefined while another worker has it. Idempotent. Throws when the session is lost. */
  claim(name: string, signal: AbortSignal): Promise<Claim | undefined>;
  /** Gives a claim back. Idempotent. */
  release(claim: Claim, signal: AbortSignal): Promise<void>;
}

/** What a worker has noted under its claim, for whoever goes on with the work. */
export interface Checkpoint {
  readonly fence: bigint;
  readonly value: string;
}

/** Port: who works on what. A worker that has crashed has lost its claims within ten seconds. */
export interface ClaimStore {
  /** Comes in as a worker; the id tells it from the others. */
  join(workerId: string, signal: AbortSignal): Promise<WorkerSession>;
  /** Ids of the workers that are there, rising. */
  workers(signal: AbortSignal): Promise<readonly string[]>;
  /** What is claimed: worker by name. */
  claims(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Notes how far the work has come. Throws ClaimLostError, having changed nothing, when the claim does not hold any more. */
  save(claim: Claim, value: string, signal: AbortSignal): Promise<void>;
  /** The last note under a name, whoever left it. */
  load(name: string, signal: AbortSignal): Promise<Checkpoint | undefined>;
}

/** An estimate as it was published. */
export interface PublishedEstimate {
  readonly fromDetectorId: string;
  readonly toDetectorId: string;
  /** The minute, Unix milliseconds. */
  readonly timeMs: number;
  /** From 1; rises when late events change what was published of a minute. */
  readonly revision: number;
  readonly estimate: Estimate;
}

/** A read of one link's estimates in one direction. */
export interface EstimateScan extends ReadOptions {
  readonly fromDetectorId: string;
  readonly toDetectorId: string;
  /** Unix milliseconds, inclusive. */
  readonly fromMs: number;
  /** Unix milliseconds, exclusive. */
  readonly toMs: number;
  readonly order: 'oldest-first' | 'newest-first';
  /** Minutes to return at most, 1 to 1000. */
  readonly limit: number;
  /** The last revision of each minute, or all of them, rising. */
  readonly revisions: 'last' | 'all';
}

export interface EstimateScanResult {
  readonly estimates: readonly PublishedEstimate[];
  /** Whether there may be more behind the last minute returned. */
  readonly more: boolean;
}

/** Port: the published travel times. They hold nothing of any device. */
export interface EstimateStore {
  /**
   * Publishes estimates of links that end at the detector that the claim names. Idempotent. `newest` are those of the last minute that
   * has been published, whether among the others or not. Throws ClaimLostError when the claim does not hold any more, and
   * PreconditionError when something else is published of a link, minute and revision: that stays. Of many minutes some may then be
   * published.
   */
  publish(
    claim: Claim,
    estimates: readonly PublishedEstimate[],
    newest: readonly PublishedEstimate[],
    signal: AbortSignal,
  ): Promise<void>;
  /** One link's estimates by minute. */
  scan(scan: EstimateScan, signal: AbortSignal): Promise<EstimateScanResult>;
  /** The last minute of each link, in its last revision, by last, then by first detector, rising. */
  newest(signal: AbortSignal): Promise<readonly PublishedEstimate[]>;
  /** Removes those of links to a detector that are of before a time, Unix milliseconds. Idempotent. */
  removeBefore(toDetectorId: string, timeMs: number, signal: AbortSignal): Promise<void>;
}

/** Everything that the services keep. They keep nothing else. */
export interface Repository extends AsyncDisposable {
  readonly events: EventStore;
  readonly network: NetworkStore;
  readonly routes: RouteStore;
  readonly statuses: StatusStore;
  readonly claims: ClaimStore;
  readonly estimates: EstimateStore;
  readonly accessTokens: AccessTokenStore;
  readonly enrolments: EnrolmentStore;
  readonly boxMail: BoxMailStore;
  readonly alerts: AlertStore;
  /**
   * Since when reads of events, network and statuses may miss what was committed (Unix milliseconds): a backend of several servers
   * that has lost its majority answers with what it has. Undefined while reads are current.
   */
  staleSinceMs(): number | undefined;
  /** Resolves when the backend can read and write; throws UnavailableError when it cannot. */
  ping(signal: AbortSignal): Promise<void>;
}
