import type { ComparePeriodsRequest, ComparePeriodsResponse, Period } from '@tdc/shared/generated/tdc/v1/history.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import { comparisonOf } from '../history/comparison.ts';
import { invalid } from './filter.ts';
import type { StatisticsQuery } from './get-statistics.ts';
import type { HistoryContext } from './history-context.ts';
import { areApart, type DayRange, linkOf, parsePeriod, parseWindow, periodNamesOf } from './history-fields.ts';
import { statisticsToWire, tenths, thousandths, verdictToWire, windowToWire } from './history-wire.ts';
import { parseLinkEnds } from './link-ends.ts';

export interface ComparisonQuery extends Omit<StatisticsQuery, 'range'> {
  readonly before: DayRange;
  readonly after: DayRange;
}

export function comparePeriods(
  context: HistoryContext,
  request: ComparePeriodsRequest,
  signal: AbortSignal,
): Promise<ComparePeriodsResponse> {
  const ends = parseLinkEnds('link', request.link);
  const window = parseWindow(request.window);
  const [before, after] = [required('before', request.before), required('after', request.after)];
  if (!areApart(before, after)) throw invalid('after', 'expected a period that does not overlap with before');
  return periodsCompared(context, { ends, window, before, after }, signal);
}

/** Of periods that are apart. Throws NotFoundError where there is no such link. */
export async function periodsCompared(
  context: HistoryContext,
  { ends, window, before, after }: ComparisonQuery,
  signal: AbortSignal,
): Promise<ComparePeriodsResponse> {
  const { history, repository } = context;
  const link = await linkOf(context, ends, signal);
  const daysBefore = await history.days(link, before.fromDay, before.toDay, signal);
  const daysAfter = await history.days(link, after.fromDay, after.toDay, signal);
  const { verdict, change, dayCorrelation, ...counts } = comparisonOf(window, daysBefore, daysAfter);
  return {
    timeZone: history.calendar.timeZone,
    window: windowToWire(window),
    before: statisticsToWire(link, window, before, daysBefore),
    after: statisticsToWire(link, window, after, daysAfter),
    verdict: verdictToWire[verdict],
    change: change && {
      seconds: tenths(change.seconds),
      lowerSeconds: tenths(change.lowerS),
      upperSeconds: tenths(change.upperS),
      percent: tenths(100 * change.part),
    },
    ...counts,
    dayCorrelation: thousandths(dayCorrelation),
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  };
}

function required(field: string, period: Period | undefined): DayRange {
  if (period === undefined) throw invalid(field, 'missing: expected a period');
  return parsePeriod(periodNamesOf(field), period);
}
