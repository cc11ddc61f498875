import type { Writable } from 'node:stream';
import { formatConfig, type Resolved } from '@tdc/shared/config.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { type ServerOptions, serverConfigOf } from '../config.ts';

/** Prints the effective configuration with the source of each value. Throws InvalidInputError when `serve` would refuse it. */
export function checkConfig(resolved: Resolved<ServerOptions>, format: string, output: Writable): void {
  if (format !== 'table' && format !== 'json') {
    throw new InvalidInputError(`--output ${format}: expected table or json`, { field: '--output' });
  }
  serverConfigOf(resolved.values);
  output.write(formatConfig(resolved, format));
}
