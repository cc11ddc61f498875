import type { NoticeChannel } from '../alerts/alert.ts';
import type { NoticeOutcome } from '../alerts/notice-counts.ts';
import type { SpanCounts } from '../tracing/tracing.ts';
import type { EstimatorFigures } from './estimator-figures.ts';

/** What the thread of the estimator tells the one that has started it. */
export type ThreadMessage =
  | { readonly type: 'log'; readonly line: string }
  | {
      readonly type: 'notices';
      readonly channel: NoticeChannel;
      readonly outcome: NoticeOutcome;
      readonly count: number;
    }
  /** It moves, as it says every second, with its figures and what has become of its spans of traces, where there are any. */
  | { readonly type: 'alive'; readonly figures: EstimatorFigures; readonly spans?: SpanCounts };
