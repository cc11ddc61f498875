import { describe, expect, test } from 'vitest';
import { heatMap } from './heat-map.ts';
import { clockText, hourTicks, lineChart } from './line-chart.ts';
import { element } from './svg.ts';

const chart = (values: readonly (number | undefined)[], marks: 'lines' | 'dots' = 'lines') =>
  lineChart({ label: 'a chart', marks, ticks: [], lines: [{ name: 'a line', colour: 'red', values }] });

/** Each tag is closed in its order, and nothing carries style or script. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, end, name] of svg.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
    if (end === '') open.push(name ?? '');
    else if (open.pop() !== name) return false;
  }
  return open.length === 0 && !/style=|<script| on\w+=/.test(svg);
}

describe('a chart of lines', () => {
  test('draws nothing over a gap, and a value between two gaps as a dot', () => {
    const svg = chart([60, 70, undefined, 80, undefined, 90, 95]);
    expect(isWellFormed(svg)).toBe(true);
    expect([...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points]) => points?.split(' ').length)).toEqual([
      2, 2,
    ]);
    expect(svg.match(/<circle /g)?.length).toBe(1);
  });

  test('has its axis from zero on, so that a difference looks as large as it is', () => {
    const heights = [...chart([50, 100]).matchAll(/points="[\d.]+,([\d.]+) [\d.]+,([\d.]+)"/g)][0] ?? expect.fail();
    const [half, whole] = [Number(heights[1]), Number(heights[2])];
    const zero = Number(/y1="([\d.]+)"/.exec(chart([50, 100]).slice(chart([50, 100]).indexOf('<line')))?.[1]);
    expect((zero - half) * 2).toBeCloseTo(zero - whole, 0);
  });

  test('of nothing at all is a frame', () => {
    for (const values of [[], [undefined], [undefined, undefined]]) {
      expect(isWellFormed(chart(values))).toBe(true);
      expect(isWellFormed(chart(values, 'dots'))).toBe(true);
      expect(chart(values)).not.toContain('NaN');
    }
  });

  test('of days marks those without an observation', () => {
    expect(chart([60, undefined], 'dots')).toMatch(/<circle .*<path /);
  });
});

test('a week has a cell for what is known, and none for the rest', () => {
  const svg = heatMap('a week', [
    { weekday: 1, minute: 0, seconds: 60 },
    { weekday: 7, minute: 1425, seconds: 120 },
    { weekday: 2, minute: 0 },
  ]);
  expect(isWellFormed(svg)).toBe(true);
  expect(svg).toContain('aria-label="a week"');
  expect(svg.match(/<rect /g)?.length).toBe(2 + 1 + 8);
  expect(heatMap('none', [])).not.toMatch(/NaN|Infinity/);
});

test('texts of elsewhere stay texts', () => {
  expect(element('text', { x: '"><script>' }, '')).toBe('<text x="&quot;&gt;&lt;script&gt;"></text>');
});

test('an axis says minutes and seconds, and hours', () => {
  expect([clockText(59.6), clockText(3725)]).toEqual(['1:00', '62:05']);
  expect(hourTicks(28, 36)).toEqual([
    { index: 0, text: '07:00' },
    { index: 4, text: '08:00' },
  ]);
  expect(hourTicks(0, 96).length).toBe(8);
});
