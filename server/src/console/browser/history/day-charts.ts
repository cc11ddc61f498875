import type uPlot from 'uplot';
import { axisOf, Chart, dotsSeries, fromZero, inMinutes, minutesAxis, minutesSeries } from '../chart.ts';
import type { Desk } from '../desk.ts';
import { grounds, levelColours } from '../palette.ts';
import type { Comparison, PeriodStatistics, UsualSlot } from './history-types.ts';

/** Of the clock's face: 07:15 is 435. */
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
function clockText(minute: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

type Place = Pick<uPlot.Options, 'scales' | 'axes'>;
interface Label {
  readonly name: string;
  textOf(at: number): string;
}

/** A plot over the hours of a day, or over dates. */
function placed(desk: Desk, label: Label, incrs: number[] | undefined): Place & { readonly first: uPlot.Series } {
  return {
    scales: { x: { time: false }, y: fromZero },
    axes: [
      {
        ...axisOf(desk),
        ...(incrs === undefined ? {} : { incrs }),
        values: (_, places) => places.map(label.textOf),
        space: 60,
      },
      minutesAxis(desk),
    ],
    first: { label: label.name, value: (_, at) => (at === null ? '–' : label.textOf(at)) },
  };
}

const byTimeOfDay = (desk: Desk) =>
  placed(desk, { name: desk.format.text.time, textOf: clockText }, [15, 30, 60, 120, 180, 240, 360]);

const cursor = { drag: { x: true, y: false } };

/** What is usual on a day of the week, with where three days in five are. */
export const usualChart = (desk: Desk): Chart<readonly UsualSlot[]> =>
  new Chart(desk, (slots) => {
    const { text } = desk.format;
    const { free } = levelColours[desk.theme];
    const { first, ...place } = byTimeOfDay(desk);
    const series = [
      first,
      minutesSeries(desk, { label: text.usualLow, stroke: 'transparent' }),
      minutesSeries(desk, { label: text.usualHigh, stroke: 'transparent' }),
      minutesSeries(desk, { label: text.usualMedian, stroke: grounds[desk.theme].text, width: 2 }),
    ];
    const values = (pick: (slot: UsualSlot) => number | null) => slots.map((slot) => inMinutes(pick(slot)));
    return {
      options: { ...place, series, bands: [{ series: [2, 1], fill: `${free}55` }], cursor },
      data: [
        slots.map(({ time_from }) => minuteOf(time_from)),
        values((slot) => slot.low_seconds),
        values((slot) => slot.high_seconds),
        values((slot) => slot.median_seconds),
      ],
    };
  });

/** Percentiles of a period by time of day. */
export const timesOfDayChart = (desk: Desk): Chart<PeriodStatistics> =>
  new Chart(desk, ({ slots }) => {
    const { text } = desk.format;
    const colours = levelColours[desk.theme];
    const { first, ...place } = byTimeOfDay(desk);
    const line = (label: string, stroke: string, dash: number[]) =>
      minutesSeries(desk, { label, stroke, width: 2, dash });
    const series = [
      first,
      line(text.median, grounds[desk.theme].text, []),
      line(text.percentile('80'), colours.free, [8, 4]),
      line(text.percentile('95'), colours.jam, [2, 3]),
    ];
    return {
      options: { ...place, series, cursor },
      data: [
        slots.map(({ time_from }) => minuteOf(time_from)),
        slots.map((slot) => inMinutes(slot.median_seconds)),
        slots.map((slot) => inMinutes(slot.p80_seconds)),
        slots.map((slot) => inMinutes(slot.p95_seconds)),
      ],
    };
  });

/** The mean of each day. */
export const daysChart = (desk: Desk): Chart<PeriodStatistics> =>
  new Chart(desk, ({ days }) => {
    const { format, theme } = desk;
    const label = { name: format.text.day, textOf: (day: number) => dayText(day, days, format.shortDate) };
    const { first, ...place } = placed(desk, label, [1, 2, 7, 14, 28, 56, 112]);
    const series = [first, dotsSeries(desk, format.text.mean, levelColours[theme].free)];
    return {
      options: { ...place, series, cursor },
      data: [days.map((_, index) => index), days.map(({ mean_seconds }) => inMinutes(mean_seconds))],
    };
  });

const dayText = (index: number, days: PeriodStatistics['days'], text: (date: string) => string): string => {
  const date = days[index]?.date;
  return date === undefined ? '' : text(date);
};

/** Medians of two periods by time of day. */
export const comparisonChart = (desk: Desk): Chart<Comparison> =>
  new Chart(desk, ({ before, after }) => {
    const { text } = desk.format;
    const colours = levelColours[desk.theme];
    const { first, ...place } = byTimeOfDay(desk);
    const series = [
      first,
      minutesSeries(desk, { label: text.before, stroke: colours.unknown, width: 2, dash: [8, 4] }),
      minutesSeries(desk, { label: text.after, stroke: colours.free, width: 2 }),
    ];
    return {
      options: { ...place, series, cursor },
      data: [
        after.slots.map(({ time_from }) => minuteOf(time_from)),
        before.slots.map((slot) => inMinutes(slot.median_seconds)),
        after.slots.map((slot) => inMinutes(slot.median_seconds)),
      ],
    };
  });
