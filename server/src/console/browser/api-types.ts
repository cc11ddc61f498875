/** What the HTTP API answers, as far as the console shows it. That this is so is checked against the schemas, in ../api-types.test.ts. */

export type EstimateStatus = 'live' | 'sparse' | 'stale' | 'no_data' | 'detector_down';

export interface TravelTime {
  readonly mean_seconds: number | null;
  readonly lower_seconds: number | null;
  readonly upper_seconds: number | null;
  readonly fast_seconds: number | null;
  readonly slow_seconds: number | null;
  readonly departure_seconds: number | null;
  readonly free_flow_seconds: number | null;
  readonly delay_seconds: number | null;
}

export interface Estimate extends TravelTime {
  readonly from_detector_id: string;
  readonly to_detector_id: string;
  readonly time: string;
  readonly revision: number;
  readonly status: EstimateStatus;
  readonly samples: number;
  readonly age_seconds: number | null;
  readonly clock_offset_seconds: number | null;
}

export interface RouteTime extends TravelTime {
  readonly arrival: string;
  readonly status: EstimateStatus;
  readonly age_seconds: number | null;
  readonly reasons: readonly string[];
  readonly estimates: readonly Estimate[];
}

export interface NamedRoute extends Omit<RouteTime, 'estimates'> {
  readonly route_id: string;
  readonly name: string;
  readonly detector_ids: readonly string[];
}

export type DetectorHealth = 'never' | 'silent' | 'failing' | 'warning' | 'ok';

export interface Detector {
  readonly detector_id: string;
  readonly name: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly x_m: number | null;
  readonly y_m: number | null;
  readonly state: DetectorHealth;
  readonly reasons: readonly string[];
  readonly reported_at: string | null;
}

export interface Scanner {
  readonly name: string;
  readonly state: string;
  readonly sightings: number;
  readonly malformed: number;
  readonly last_sighting_at: string | null;
  readonly last_error: string;
}

export interface AgentStatus {
  readonly version: string;
  readonly started_at: string | null;
  readonly taken_at: string | null;
  readonly clock: string;
  readonly clock_step: { readonly step_seconds: number; readonly at: string | null } | null;
  readonly connection: string;
  readonly last_acknowledged_at: string | null;
  readonly events: {
    readonly made: number;
    readonly acknowledged: number;
    readonly in_outbox: number;
    readonly waiting_for_clock: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly outbox_bytes: number;
  readonly outbox_bytes_max: number;
  readonly scanners: readonly Scanner[];
  readonly last_error: string;
  readonly last_error_at: string | null;
  readonly key_state: string;
  readonly resident_memory_bytes: number;
}

export interface DetectorWithStatus extends Detector {
  readonly status: AgentStatus | null;
}

export interface Link {
  readonly from_detector_id: string;
  readonly to_detector_id: string;
  readonly max_seconds: number;
  readonly length_m: number | null;
  readonly free_flow_seconds: number | null;
}

export interface Match {
  readonly departed: string;
  readonly arrived: string;
  readonly travel_seconds: number;
  readonly reason: 'used' | 'together' | 'unlikely' | 'outlier';
}

export type EstimatorName = 'grid-filter' | 'transguide' | 'dion-rakha' | 'mad' | 'iqr-median';

/** What another estimator would have said. */
export interface PeerCourse {
  readonly estimator: EstimatorName;
  readonly minutes: readonly { readonly time: string; readonly mean_seconds: number | null }[];
}

export type AlertCause =
  | 'detector_silent'
  | 'clock_off'
  | 'outbox_growing'
  | 'drops'
  | 'match_rate_low'
  | 'travel_time_high'
  | 'travel_time_unusual';

export interface Alert {
  /** A ULID of when it was opened: alerts sort by it. */
  readonly id: string;
  readonly cause: AlertCause;
  readonly subject: string;
  readonly state: 'open' | 'acknowledged' | 'closed';
  readonly opened_at: string;
  readonly detail: string;
  readonly acknowledged_by: string | null;
  readonly acknowledged_at: string | null;
  readonly note: string | null;
  readonly closed_at: string | null;
  readonly closed_detail: string | null;
}

export interface Heartbeat {
  readonly time: string | null;
  readonly stale_since: string | null;
  readonly problem: string | null;
  readonly events_per_minute: number | null;
}

export interface Session {
  readonly access: 'open' | 'signed-in' | 'needed';
  readonly name: string | null;
  readonly role: string | null;
  readonly may_acknowledge: boolean;
}
