import { join } from 'node:path';
import { defaultServerLimits } from './access/options.ts';
import type { ServerConfig } from './config.ts';
import { publisherByDefault } from './formats/datex2/publisher.ts';

/** A configuration over `tdc.sqlite` in a folder, on free ports of loopback, that keeps everything for ever. For tests. */
export const madeUpConfig = (folder: string, given: Partial<ServerConfig> = {}): ServerConfig => ({
  services: ['collector', 'query', 'health'],
  host: '127.0.0.1',
  ports: { collector: 0, query: 0, health: 0, http: 0 },
  healthPlaintext: false,
  repository: { type: 'sqlite', file: join(folder, 'tdc.sqlite') },
  retention: { eventHours: 0, estimateDays: 0, alertDays: 0 },
  estimator: { estimator: 'grid-filter', rotating: true, rotationSeconds: 900, delaySeconds: 5, reachHours: 16 },
  eventTimes: { ageDaysMax: 31, aheadSecondsMax: 300 },
  timeZone: 'UTC',
  alerts: { rules: { drops: false, travelTimeSeconds: new Map() } },
  limits: defaultServerLimits,
  publisher: publisherByDefault,
  logLevel: 'silent',
  ...given,
});
