import type { GetStatisticsRequest, GetStatisticsResponse } from '@tdc/shared/generated/tdc/v1/history.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { DayWindow } from '../history/day-window.ts';
import type { HistoryContext } from './history-context.ts';
import { type DayRange, linkOf, parsePeriod, parseWeeks, parseWindow, periodNamesOf } from './history-fields.ts';
import { statisticsToWire, windowToWire } from './history-wire.ts';
import { type LinkEnds, parseLinkEnds } from './link-ends.ts';

export interface StatisticsQuery {
  readonly ends: LinkEnds;
  readonly range: DayRange;
  readonly window: DayWindow;
}

export function getStatistics(
  context: HistoryContext,
  request: GetStatisticsRequest,
  signal: AbortSignal,
): Promise<GetStatisticsResponse> {
  const { period } = request;
  const ends = parseLinkEnds('link', request.link);
  const window = parseWindow(request.window);
  const range = period === undefined ? parseWeeks(context, 0, '') : parsePeriod(periodNamesOf('period'), period);
  return statisticsOf(context, { ends, range, window }, signal);
}

/** Throws NotFoundError where there is no such link. */
export async function statisticsOf(
  context: HistoryContext,
  { ends, range, window }: StatisticsQuery,
  signal: AbortSignal,
): Promise<GetStatisticsResponse> {
  const { history, repository } = context;
  const link = await linkOf(context, ends, signal);
  const days = await history.days(link, range.fromDay, range.toDay, signal);
  return {
    timeZone: history.calendar.timeZone,
    window: windowToWire(window),
    statistics: statisticsToWire(link, window, range, days),
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  };
}
