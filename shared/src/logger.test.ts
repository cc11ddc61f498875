import { expect, test } from 'vitest';
import { createLogger, relayTo } from './logger.ts';

test('lines of another logger are logged as they are, errors and all, but for the time', () => {
  const lines: string[] = [];
  const relayed: string[] = [];
  const log = createLogger({ level: 'debug', output: { write: (line) => lines.push(line) } });
  log.warn({ err: new RangeError('too far'), waitMs: 5 }, 'not now');
  log.debug('without fields');
  const relay = relayTo(createLogger({ level: 'debug', output: { write: (line) => relayed.push(line) } }));
  for (const line of lines) relay(line);
  const timeless = (text: string) => ({ ...JSON.parse(text), time: '' });
  expect(relayed.map(timeless)).toEqual(lines.map(timeless));
  expect(timeless(relayed[0] ?? '')).toMatchObject({ level: 40, err: { type: 'RangeError', message: 'too far' } });
});
