import type uPlot from 'uplot';
import type { Estimate, EstimatorName, Match, PeerCourse } from './api-types.ts';
import {
  axisOf,
  Chart,
  type Drawing,
  dotsSeries,
  fromZero,
  inMinutes,
  minuteS,
  minutesAxis,
  minutesSeries,
} from './chart.ts';
import type { Desk } from './desk.ts';
import { estimatorText } from './format.ts';
import { grounds, levelColours, peerColours } from './palette.ts';

/** What a chart shows. */
export interface Course {
  readonly fromMs: number;
  readonly toMs: number;
  /** By time, rising. */
  readonly estimates: readonly Estimate[];
  readonly matches: readonly Match[];
  readonly peers: readonly PeerCourse[];
}

const peerDashes: Readonly<Record<EstimatorName, number[]>> = {
  'grid-filter': [],
  transguide: [10, 4],
  'dion-rakha': [4, 4],
  mad: [12, 3, 3, 3],
  'iqr-median': [2, 4],
};

/** Estimates as a line with its band, free flow, single vehicles as dots, and other estimators as broken lines. */
export const travelTimeChart = (desk: Desk): Chart<Course> =>
  new Chart(desk, (course, _, { join }) => ({ ...drawingOf(course, desk), data: dataOf(course, join) }));

function drawingOf({ fromMs, toMs, peers }: Course, desk: Desk): Pick<Drawing, 'options'> {
  const { theme, format } = desk;
  const { text } = format;
  const colours = levelColours[theme];
  const minutes = (series: uPlot.Series) => minutesSeries(desk, series);
  const options: Drawing['options'] = {
    scales: { x: { min: fromMs / 1000, max: toMs / 1000 }, y: fromZero },
    axes: [
      {
        ...axisOf(desk),
        ...{ values: (_, times) => times.map((seconds) => format.clock(seconds * 1000)), space: 70 },
      },
      minutesAxis(desk),
    ],
    series: [
      { label: text.time, value: (_, seconds) => (seconds === null ? '–' : format.dateTime(seconds * 1000)) },
      minutes({ label: text.lowerEnd, stroke: 'transparent' }),
      minutes({ label: text.upperEnd, stroke: 'transparent' }),
      minutes({ label: text.mean, stroke: grounds[theme].text, width: 2 }),
      minutes({ label: text.freeFlow, stroke: colours.free, width: 1.5, dash: [6, 4] }),
      dotsSeries(desk, text.sampleUsed, colours.slow),
      dotsSeries(desk, text.sampleLeftOut, colours.unknown),
      ...peers.map(({ estimator }) =>
        minutes({
          ...{ label: estimatorText(text, estimator), stroke: peerColours[theme][estimator] },
          ...{ width: 1.5, dash: peerDashes[estimator] },
        }),
      ),
    ],
    bands: [{ series: [2, 1], fill: `${colours.free}55` }],
    legend: { live: true },
    cursor: { drag: { x: true, y: false } },
  };
  return { options };
}

/** Minutes without a value break the line; times of single vehicles do not. */
function dataOf({ estimates, matches, peers }: Course, join: typeof uPlot.join): uPlot.AlignedData {
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
  const ofPeers = peers.map(
    ({ minutes: each }): uPlot.AlignedData => [
      each.map(({ time }) => Date.parse(time) / 1000),
      each.map(({ mean_seconds }) => inMinutes(mean_seconds)),
    ],
  );
  return join([lines, dots(true), dots(false), ...ofPeers]);
}

/** A plot has one value at a time: two vehicles of one millisecond are shown beside each other. */
function distinctTimes(points: readonly (readonly [number, number])[]): uPlot.AlignedData {
  const times: number[] = [];
  for (const [time] of points) times.push(Math.max(time, (times.at(-1) ?? 0) + 0.001));
  return [times, points.map(([, value]) => value)];
}
