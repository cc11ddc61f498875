import { expect, test } from 'vitest';
import { madeUpEstimate } from '../made-up-estimate.ts';
import { levelOf } from './traffic-level.ts';

test.each([
  [100, 'free'],
  [124, 'free'],
  [125, 'dense'],
  [166, 'dense'],
  [167, 'slow'],
  [249, 'slow'],
  [250, 'jam'],
  [2000, 'jam'],
  [80, 'free'],
] as const)('%d s on a link of 100 s are %s', (mean_seconds, level) => {
  expect(levelOf(madeUpEstimate({ mean_seconds }))).toBe(level);
});

test('what cannot be relied on is never shown as traffic', () => {
  expect(levelOf(undefined)).toBe('unknown');
  expect(levelOf(madeUpEstimate({ status: 'no_data', mean_seconds: null }))).toBe('unknown');
  expect(levelOf(madeUpEstimate({ free_flow_seconds: null }))).toBe('unknown');
  expect(levelOf(madeUpEstimate({ free_flow_seconds: 0 }))).toBe('unknown');
  expect(levelOf(madeUpEstimate({ clock_offset_seconds: -40 }))).toBe('unknown');
  expect(levelOf(madeUpEstimate({ status: 'stale', mean_seconds: 900 }))).toBe('old');
  expect(levelOf(madeUpEstimate({ status: 'detector_down', mean_seconds: 900 }))).toBe('down');
  expect(levelOf(madeUpEstimate({ status: 'sparse', mean_seconds: 900 }))).toBe('jam');
});
