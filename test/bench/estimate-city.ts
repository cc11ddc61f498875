/** One city through matching and estimation, in a process of its own: `estimate-city.ts LINKS HOURS EVENTS_PER_LINK_HOUR`. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NetworkEstimator } from '@tdc/server/estimation/network-estimator.ts';
import { cityOf } from './estimation-load.ts';

const minuteMs = 60_000;
const [links = 0, hours = 0, rate = 0] = process.argv.slice(2).map(Number);
const city = cityOf(links, hours, rate);
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
collect();
const beforeBytes = process.memoryUsage().heapUsed;
const estimator = new NetworkEstimator({ links: city.links, estimator: 'grid-filter', rotating: true, fromMs: 0 });
let matches = 0;
let estimates = 0;
let heapBytes = 0;
let next = 0;
const startMs = performance.now();
let pausedMs = 0;
const endMs = hours * 3600_000;
for (let minute = minuteMs; minute <= endMs; minute += minuteMs) {
  for (let event = city.events[next]; event !== undefined && event.madeAtMs <= minute; event = city.events[++next]) {
    matches += estimator.add(event).length;
  }
  estimates += estimator.estimatesAt(minute).length;
  if (minute === endMs / 2) {
    const pauseStartMs = performance.now();
    collect();
    heapBytes = process.memoryUsage().heapUsed - beforeBytes;
    pausedMs = performance.now() - pauseStartMs;
  }
}
const seconds = (performance.now() - startMs - pausedMs) / 1000;
process.send?.({ links: city.links.length, events: next, matches, estimates, seconds, heapBytes });
process.disconnect?.();
