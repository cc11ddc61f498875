import { slotMinutes, slotsPerDay, weekdayNames } from '../history/calendar.ts';
import { clockText, hourTicks } from './line-chart.ts';
import { at, drawing, element, words } from './svg.ts';

/** What is usual in a quarter of an hour; without a value it stays empty. */
export interface HeatMapCell {
  /** 1 (Monday) to 7. */
  readonly weekday: number;
  readonly minute: number;
  readonly seconds?: number | undefined;
}

const [width, left, top, rowHeight] = [720, 56, 8, 18];
const cellWidth = (width - left - 12) / slotsPerDay;
/** From light to dark, so that they come in their order on paper without colours too. */
const colours = ['#fff7ec', '#fee8c8', '#fdd49e', '#fdbb84', '#fc8d59', '#ef6548', '#d7301f', '#990000'];

/** A week: a row a weekday, a cell a quarter of an hour. */
export function heatMap(label: string, cells: readonly HeatMapCell[]): string {
  const known = cells.flatMap(({ seconds }) => seconds ?? []);
  const [min, max] = [Math.min(...known), Math.max(...known)];
  const bandOf = (seconds: number) =>
    Math.min(colours.length - 1, Math.floor((colours.length * (seconds - min)) / (max - min || 1)));
  const drawn = cells.flatMap(({ weekday, minute, seconds }) => {
    if (seconds === undefined) return [];
    const [x, y] = [left + (minute / slotMinutes) * cellWidth, top + (weekday - 1) * rowHeight];
    const fill = colours[bandOf(seconds)] ?? '';
    return element('rect', { x: at(x), y, width: at(cellWidth + 0.1), height: rowHeight - 1, fill });
  });
  const days = weekdayNames.map((name, index) => words(left - 8, top + index * rowHeight + 13, 'end', name));
  const hoursY = top + 7 * rowHeight + 12;
  const hours = hourTicks(0, slotsPerDay).map(({ index, text }) =>
    words(left + index * cellWidth, hoursY, 'middle', text),
  );
  const legend = known.length === 0 ? [] : legendOf(min, max, hoursY + 10);
  const frame = {
    x: left,
    y: top,
    width: at(slotsPerDay * cellWidth),
    height: 7 * rowHeight - 1,
    fill: 'none',
    stroke: '#999',
  };
  return drawing(width, hoursY + 34, label, ...drawn, element('rect', frame), ...days, ...hours, ...legend);
}

function legendOf(min: number, max: number, y: number): readonly string[] {
  const boxes = colours.map((fill, index) =>
    element('rect', { x: left + 24 * index, y, width: 24, height: 10, fill, stroke: '#999' }),
  );
  const end = left + 24 * colours.length;
  return [
    ...boxes,
    words(left, y + 22, 'start', clockText(min)),
    words(end, y + 22, 'end', clockText(max)),
    words(end + 12, y + 9, 'start', 'white: not known'),
  ];
}
