import { slotMinutes, slotsPerDay } from '../history/calendar.ts';
import { at, drawing, element, words } from './svg.ts';

/** A line over places of an axis; undefined is a gap, over which nothing is drawn. */
export interface Line {
  readonly name: string;
  readonly colour: string;
  /** Dashes and gaps of the stroke, as print may have no colours. */
  readonly dashes?: string;
  readonly values: readonly (number | undefined)[];
}

export interface LineChart {
  /** What it shows, for who does not see it. */
  readonly label: string;
  readonly lines: readonly Line[];
  /** Where the axis has a word. */
  readonly ticks: readonly { readonly index: number; readonly text: string }[];
  /** `dots`: values stand for themselves, such as those of days. */
  readonly marks: 'lines' | 'dots';
}

const [width, height] = [720, 240];
const [left, right, top, bottom] = [56, 12, 26, 24];
const plotWidth = width - left - right;
const plotHeight = height - top - bottom;

/** Seconds over something, from zero on, so that a difference looks as large as it is. */
export function lineChart({ label, lines, ticks, marks }: LineChart): string {
  const known = lines.flatMap(({ values }) => values.filter((each) => each !== undefined));
  const step = stepOf(Math.max(1, ...known));
  const steps = Math.max(1, Math.ceil(Math.max(0, ...known) / step));
  const count = Math.max(2, ...lines.map(({ values }) => values.length));
  const x = (index: number) => left + (plotWidth * index) / (count - 1);
  const y = (seconds: number) => top + plotHeight * (1 - seconds / (steps * step));
  const grid = Array.from({ length: steps + 1 }, (_, index) => {
    const line = { x1: left, x2: width - right, y1: at(y(index * step)), y2: at(y(index * step)), stroke: '#ccc' };
    return element('line', line) + words(left - 6, y(index * step) + 4, 'end', clockText(index * step));
  });
  const axis = ticks.map(({ index, text }) => words(x(index), height - 8, 'middle', text));
  const drawn = lines.map((line) => (marks === 'dots' ? dots(line, x, y) : strokes(line, x, y)));
  return drawing(width, height, label, ...grid, ...axis, ...drawn, legend(lines));
}

function strokes(
  { colour, dashes, values }: Line,
  x: (index: number) => number,
  y: (seconds: number) => number,
): string {
  const runs: string[][] = [[]];
  for (const [index, value] of values.entries()) {
    if (value === undefined) runs.push([]);
    else runs.at(-1)?.push(`${at(x(index))},${at(y(value))}`);
  }
  const style = {
    fill: 'none',
    stroke: colour,
    'stroke-width': 1.6,
    ...(dashes === undefined ? {} : { 'stroke-dasharray': dashes }),
  };
  return runs
    .map((points) => {
      if (points.length > 1) return element('polyline', { points: points.join(' '), ...style });
      const [cx, cy] = points[0]?.split(',') ?? [];
      return cx === undefined || cy === undefined ? '' : element('circle', { cx, cy, r: 1.6, fill: colour });
    })
    .join('');
}

function dots({ colour, values }: Line, x: (index: number) => number, y: (seconds: number) => number): string {
  return values
    .map((value, index) => {
      if (value !== undefined) return element('circle', { cx: at(x(index)), cy: at(y(value)), r: 2.2, fill: colour });
      const cross = `M${at(x(index) - 2)} ${at(y(0) - 6)}l4 4m0 -4l-4 4`;
      return element('path', { d: cross, stroke: '#999' });
    })
    .join('');
}

function legend(lines: readonly Line[]): string {
  let from = left;
  return lines
    .map(({ name, colour, dashes }) => {
      const stroke = {
        stroke: colour,
        'stroke-width': 2,
        ...(dashes === undefined ? {} : { 'stroke-dasharray': dashes }),
      };
      const shown =
        element('line', { x1: from, x2: from + 22, y1: 10, y2: 10, ...stroke }) + words(from + 28, 14, 'start', name);
      from += 44 + 6.2 * name.length;
      return shown;
    })
    .join('');
}

/** At most six lines of a grid, at numbers that people count in. */
function stepOf(max: number): number {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];
  return steps.find((step) => max / step <= 6) ?? 28_800;
}

/** Minutes and seconds, as the axis of a travel time has them. */
export function clockText(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** A word every three hours of what begins at a slot of the day. */
export function hourTicks(fromSlot: number, toSlot: number): LineChart['ticks'] {
  const slotsPerHour = 60 / slotMinutes;
  const everyHours = toSlot - fromSlot > slotsPerDay / 3 ? 3 : 1;
  const ticks: { readonly index: number; readonly text: string }[] = [];
  for (let slot = fromSlot; slot < toSlot; slot++) {
    if (slot % (everyHours * slotsPerHour) !== 0) continue;
    ticks.push({ index: slot - fromSlot, text: `${String(slot / slotsPerHour).padStart(2, '0')}:00` });
  }
  return ticks;
}
