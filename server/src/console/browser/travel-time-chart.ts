import type uPlot from 'uplot';
import type { Estimate, Match } from './api-types.ts';
import type { Desk } from './desk.ts';
import { grounds, levelColours, type Theme } from './palette.ts';

/** What a chart shows. */
export interface Course {
  readonly fromMs: number;
  readonly toMs: number;
  /** By time, rising. */
  readonly estimates: readonly Estimate[];
  readonly matches: readonly Match[];
}

const heightPx = 320;
const heightOfPhonePx = 240;
const minuteS = 60;

/** Estimates as a line with its band, free flow, and single vehicles as dots; in an element that stays while the page around it is drawn again. */
export class TravelTimeChart implements Disposable {
  readonly element = document.createElement('div');
  readonly #desk: Desk;
  readonly #resized = new ResizeObserver(() => this.#fit());
  #plot: uPlot | undefined;
  #drawn: { course: Course; theme: Theme; language: string } | undefined;
  #isLeft = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.element.className = 'chart';
    this.#resized.observe(this.element);
  }

  async draw(course: Course): Promise<void> {
    const { theme, format } = this.#desk;
    const { default: Plot } = await import('uplot');
    const drawn = this.#drawn;
    if (this.#isLeft || (drawn?.course === course && drawn.theme === theme && drawn.language === format.language))
      return;
    this.#drawn = { course, theme, language: format.language };
    this.#plot?.destroy();
    this.element.replaceChildren();
    this.#plot = new Plot(this.#options(course), dataOf(course, Plot), this.element);
  }

  [Symbol.dispose](): void {
    this.#isLeft = true;
    this.#resized.disconnect();
    this.#plot?.destroy();
  }

  #fit(): void {
    this.#plot?.setSize(this.#size());
  }

  #size() {
    const width = Math.max(280, this.element.clientWidth);
    return { width, height: width < 600 ? heightOfPhonePx : heightPx };
  }

  #options({ fromMs, toMs }: Course): uPlot.Options {
    const { theme, format } = this.#desk;
    const { text } = format;
    const [ground, colours] = [grounds[theme], levelColours[theme]];
    const minutes = (_: uPlot, value: number | null) => format.duration(value === null ? null : value * minuteS);
    const axis = { stroke: ground.text, grid: { stroke: ground.grid, width: 1 }, ticks: { stroke: ground.grid } };
    const dots = (label: string, stroke: string): uPlot.Series => ({
      label,
      stroke,
      value: minutes,
      paths: () => null,
      points: { show: true, size: 4, width: 1, fill: stroke },
    });
    return {
      ...this.#size(),
      scales: {
        x: { min: fromMs / 1000, max: toMs / 1000 },
        y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] },
      },
      axes: [
        { ...axis, values: (_, times) => times.map((seconds) => format.clock(seconds * 1000)), space: 70 },
        { ...axis, label: text.minutesAxis, labelSize: 20, size: 44 },
      ],
      series: [
        { label: text.time, value: (_, seconds) => (seconds === null ? '–' : format.dateTime(seconds * 1000)) },
        { label: text.lowerEnd, stroke: 'transparent', value: minutes, points: { show: false } },
        { label: text.upperEnd, stroke: 'transparent', value: minutes, points: { show: false } },
        { label: text.mean, stroke: ground.text, width: 2, value: minutes, points: { show: false } },
        {
          label: text.freeFlow,
          stroke: colours.free,
          width: 1.5,
          dash: [6, 4],
          value: minutes,
          points: { show: false },
        },
        dots(text.sampleUsed, colours.slow),
        dots(text.sampleLeftOut, colours.unknown),
      ],
      bands: [{ series: [2, 1], fill: `${colours.free}55` }],
      legend: { live: true },
      cursor: { drag: { x: true, y: false } },
    };
  }
}

/** Minutes without a value break the line; times of single vehicles do not. */
function dataOf({ estimates, matches }: Course, { join }: Pick<typeof uPlot, 'join'>): uPlot.AlignedData {
  const minutes = (pick: (estimate: Estimate) => number | null) =>
    estimates.map((each) => inMinutes(each.mean_seconds === null ? null : pick(each)));
  const lines: uPlot.AlignedData = [
    estimates.map(({ time }) => Date.parse(time) / 1000),
    minutes((each) => each.lower_seconds),
    minutes((each) => each.upper_seconds),
    minutes((each) => each.mean_seconds),
    estimates.map((each) => inMinutes(each.free_flow_seconds)),
  ];
  const dots = (used: boolean): uPlot.AlignedData => {
    const some = matches.filter(({ reason }) => (reason === 'used') === used);
    return distinctTimes(some.map((each) => [Date.parse(each.arrived) / 1000, each.travel_seconds / minuteS]));
  };
  return join([lines, dots(true), dots(false)]);
}

const inMinutes = (seconds: number | null): number | null => (seconds === null ? null : seconds / minuteS);

/** A plot has one value at a time: two vehicles of one millisecond are shown beside each other. */
function distinctTimes(points: readonly (readonly [number, number])[]): uPlot.AlignedData {
  const times: number[] = [];
  for (const [time] of points) times.push(Math.max(time, (times.at(-1) ?? 0) + 0.001));
  return [times, points.map(([, value]) => value)];
}
