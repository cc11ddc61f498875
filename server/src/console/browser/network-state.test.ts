import { describe, expect, test } from 'vitest';
import { madeUpAlert } from '../made-up-alert.ts';
import { madeUpEstimate } from '../made-up-estimate.ts';
import type { Detector, Heartbeat } from './api-types.ts';
import { standingOf } from './connection.ts';
import { matchingDetectors, matchingLinks } from './network-list.ts';
import { NetworkState } from './network-state.ts';

const time = '2026-03-01T08:00:10.000Z';
const timeMs = Date.parse(time);
const heartbeat = (given: Partial<Heartbeat> = {}): Heartbeat => ({
  ...{ time, stale_since: null, problem: null, events_per_minute: null },
  ...given,
});
const detector = (id: string, given: Partial<Detector> = {}): Detector => ({
  ...{ detector_id: id, name: '', latitude: null, longitude: null, x_m: 0, y_m: 0, state: 'ok', reasons: [] },
  reported_at: null,
  ...given,
});
const link = (from: string, to: string) => ({
  ...{ from_detector_id: from, to_detector_id: to, max_seconds: 600, length_m: null, free_flow_seconds: null },
});

function toldState(): NetworkState {
  const state = new NetworkState();
  state.begin(false);
  state.takeDetector(detector('A', { name: 'Alpha Street' }));
  state.takeDetector(detector('B', { state: 'silent' }));
  state.takeEstimate(madeUpEstimate());
  state.takeHeartbeat(heartbeat(), timeMs);
  return state;
}

describe('the network as it is told', () => {
  test('is shown when all of it has come, and what is gone stays until then', () => {
    const state = toldState();
    state.begin(false);
    state.takeDetector(detector('A'));
    expect([...state.detectors.keys()]).toEqual(['A', 'B']);
    state.takeHeartbeat(heartbeat(), timeMs);
    expect([...state.detectors.keys()]).toEqual(['A']);
    expect(state.links()).toEqual([]);
  });

  test('goes on where a connection ended', () => {
    const state = toldState();
    state.begin(true);
    state.takeEstimate(madeUpEstimate({ mean_seconds: 300 }));
    state.takeHeartbeat(heartbeat(), timeMs);
    expect(state.link('A:B')?.estimate?.mean_seconds).toBe(300);
    expect(state.detectors.size).toBe(2);
  });

  test('has the alerts that are told anew, and keeps those of before until all have come', () => {
    const state = toldState();
    state.takeAlert(madeUpAlert(1));
    const before = state.version;
    state.begin(false);
    state.takeAlert(madeUpAlert(2));
    expect([state.version, state.alerts.current().map(({ id }) => id)]).toEqual([before, ['1']]);
    state.takeHeartbeat(heartbeat(), timeMs);
    expect(state.version).toBeGreaterThan(before);
    expect(state.alerts.current().map(({ id }) => id)).toEqual(['2']);
  });

  test('has links of which no estimate has come, and names those that have no name by their ids', () => {
    const state = toldState();
    expect(state.hasUnknownLinks()).toBe(true);
    state.setLinks([link('A', 'B'), link('B', 'A')]);
    expect(state.hasUnknownLinks()).toBe(false);
    expect(state.links().map(({ id, estimate }) => [id, estimate === undefined])).toEqual([
      ['A:B', false],
      ['B:A', true],
    ]);
    expect([state.nameOf('A'), state.nameOf('B'), state.nameOf('C')]).toEqual(['Alpha Street', 'B', 'C']);
  });

  test('has the time of the server, however wrong the clock of this machine is', () => {
    const state = toldState();
    state.takeHeartbeat(heartbeat(), timeMs - 3_600_000);
    expect(state.nowMs(timeMs - 3_600_000 + 5000)).toBe(timeMs + 5000);
  });
});

describe('how old the page is', () => {
  const standing = (given: Partial<Heartbeat>, atMs: number) => {
    const state = toldState();
    state.takeHeartbeat(heartbeat(given), timeMs);
    return standingOf({ type: 'connected' }, state, atMs);
  };
  test.each([
    ['live', {}, timeMs],
    ['live', {}, timeMs + 120_000],
    ['behind', {}, timeMs + 180_000],
    ['unreadable', { problem: 'the repository cannot be read' }, timeMs],
    ['minority', { stale_since: time }, timeMs],
  ] as const)('is said: %s', (type, given, atMs) => {
    expect(standing(given, atMs).type).toBe(type);
  });
  test('is said of a lost connection first', () => {
    const state = toldState();
    state.takeHeartbeat(heartbeat(), timeMs - 1000);
    const lost = standingOf({ type: 'lost', sinceMs: timeMs }, state, timeMs + 9e9);
    expect(lost).toEqual({ type: 'lost', sinceMs: timeMs + 1000 });
    expect(standingOf({ type: 'connected' }, new NetworkState(), 0).type).toBe('connecting');
  });
});

describe('lists', () => {
  const state = toldState();
  state.setLinks([link('A', 'B'), link('B', 'A'), link('A', 'A2'), link('A2', 'A')]);
  state.takeEstimate(madeUpEstimate({ from_detector_id: 'B', to_detector_id: 'A', mean_seconds: 900 }));
  state.takeEstimate(madeUpEstimate({ from_detector_id: 'A', to_detector_id: 'A2', mean_seconds: 100 }));
  const ids = (wanted: string, filter: 'all' | 'delayed' | 'troubled' = 'all') =>
    matchingLinks(state.links(), state, wanted, filter).map(({ id }) => id);

  test('begin with what needs somebody', () => {
    expect(ids('')).toEqual(['B:A', 'A:B', 'A2:A', 'A:A2']);
    expect(matchingDetectors(state, '').map(({ detector_id }) => detector_id)).toEqual(['B', 'A']);
  });
  test('hold what has all words that are searched for, in names or ids', () => {
    expect(ids('alpha  B')).toEqual(['B:A', 'A:B']);
    expect(ids('STREET a2')).toEqual(['A2:A', 'A:A2']);
    expect(ids('nowhere')).toEqual([]);
    expect(matchingDetectors(state, 'alpha').map(({ detector_id }) => detector_id)).toEqual(['A']);
  });
  test('hold what is asked for', () => {
    expect(ids('', 'delayed')).toEqual(['B:A', 'A:B']);
    expect(ids('', 'troubled')).toEqual(['A2:A']);
  });
});
