import type { GetUsualRequest, GetUsualResponse } from '@tdc/shared/generated/tdc/v1/history.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import { wholeWeek } from '../history/day-window.ts';
import { usualWeekOf } from '../history/usual.ts';
import type { HistoryContext } from './history-context.ts';
import { linkOf, parseWeeks } from './history-fields.ts';
import { coverageToWire, periodToWire, usualSlotToWire } from './history-wire.ts';
import { parseLinkEnds } from './link-ends.ts';

export async function getUsual(
  context: HistoryContext,
  request: GetUsualRequest,
  signal: AbortSignal,
): Promise<GetUsualResponse> {
  const { history, repository } = context;
  const range = parseWeeks(context, request.weeks, request.toDate);
  const link = await linkOf(context, parseLinkEnds('link', request.link), signal);
  const days = await history.days(link, range.fromDay, range.toDay, signal);
  return {
    timeZone: history.calendar.timeZone,
    period: periodToWire(range),
    coverage: coverageToWire(wholeWeek, days),
    slots: usualWeekOf(days).map(usualSlotToWire),
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  };
}
