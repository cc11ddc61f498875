/** What an alert can be about. */
export const alertCauses = [
  'detector_silent',
  'clock_off',
  'outbox_growing',
  'drops',
  'match_rate_low',
  'travel_time_high',
  'travel_time_unusual',
] as const;
export type AlertCause = (typeof alertCauses)[number];

export const alertStates = ['open', 'acknowledged', 'closed'] as const;
export type AlertState = (typeof alertStates)[number];

/** Who has seen to it. */
export interface Acknowledgement {
  /** Name of the operator. */
  readonly by: string;
  readonly atMs: number;
  /** What the operator says of it; may be empty. */
  readonly note: string;
  /** The request that did it: coming again it changes nothing. */
  readonly requestId: string;
}

/** Something that somebody should see to. At most one of a cause and subject is not closed. */
export interface Alert {
  /** A ULID of when it was opened: alerts sort by it. */
  readonly id: string;
  readonly cause: AlertCause;
  /** A detector, `D1`, or a link, `D1:D2`. */
  readonly subject: string;
  readonly openedAtMs: number;
  /** What was found, in words. */
  readonly detail: string;
  readonly acknowledgement?: Acknowledgement;
  /** Absent while it is open. */
  readonly closed?: { readonly atMs: number; readonly detail: string };
  /** From 1; rises with every change. */
  readonly version: number;
}

export const stateOf = ({ closed, acknowledgement }: Alert): AlertState => {
  if (closed !== undefined) return 'closed';
  return acknowledgement === undefined ? 'open' : 'acknowledged';
};

/** How notices reach people. */
export const noticeChannels = ['mail', 'webhook'] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

/** That an alert was opened or closed, to be told by one channel; it stays until it has been told. */
export interface Notice {
  /** The same for the same thing: `<alert id>-opened-webhook`. */
  readonly id: string;
  readonly channel: NoticeChannel;
  readonly event: 'opened' | 'closed';
  /** As it was then. */
  readonly alert: Alert;
  readonly madeAtMs: number;
}

export const noticeOf = (alert: Alert, event: Notice['event'], channel: NoticeChannel, madeAtMs: number): Notice => ({
  id: `${alert.id}-${event}-${channel}`,
  ...{ channel, event, alert, madeAtMs },
});

/** Of whatever is watched: a cause and a subject. */
export const watchKey = ({ cause, subject }: Pick<Alert, 'cause' | 'subject'>): string => `${cause} ${subject}`;
