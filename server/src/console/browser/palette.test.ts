import { expect, test } from 'vitest';
import { grounds, healthColours, levelColours, peerColours, type Theme } from './palette.ts';
import { trafficLevels } from './traffic-level.ts';

/** As the guidelines for accessible content (WCAG 2.2) have it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((place) => {
    const share = Number.parseInt(colour.slice(place, place + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test.each(['light', 'dark'] as const)('every colour stands out from the ground: %s', (theme: Theme) => {
  for (const colour of [levelColours, healthColours, peerColours].flatMap((each) => Object.values(each[theme]))) {
    expect([colour, contrast(colour, grounds[theme].map)]).toEqual([colour, expect.any(Number)]);
    expect(contrast(colour, grounds[theme].map), colour).toBeGreaterThanOrEqual(3);
  }
  expect(contrast(grounds[theme].text, grounds[theme].map)).toBeGreaterThan(7);
});

test.each(['light', 'dark'] as const)('a jam is told from a free road without any hue: %s', (theme) => {
  const { free, jam } = levelColours[theme];
  const levels = trafficLevels.map((level) => levelColours[theme][level]);
  expect(levels).toHaveLength(trafficLevels.length);
  expect(Math.abs(luminance(free) - luminance(jam))).toBeGreaterThan(0.04);
});
