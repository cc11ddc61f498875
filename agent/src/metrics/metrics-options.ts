import { type ConfigOption, type ConfigValues, option } from '@tdc/shared/config.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { hostOf, isLoopback } from '@tdc/shared/loopback.ts';
import { z } from 'zod';
import { hostAndPort } from '../host-and-port.ts';

/** Where Prometheus may ask. */
export interface MetricsPlace {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export function metricsOptions() {
  return [
    option(
      'metrics.address',
      hostAndPort.optional(),
      undefined,
      'host:port at which Prometheus may ask how the agent is (/metrics), such as 127.0.0.1:9464; none by default',
    ),
    option(
      'metrics.allow_plaintext',
      z.boolean().or(z.stringbool()),
      false,
      'let everybody who reaches metrics.address ask, without TLS, where that is not on this machine alone',
    ),
  ] as const satisfies readonly ConfigOption[];
}

/** Throws InvalidInputError for an address that others can reach, unless that is wanted in words. */
export function metricsPlaceOf(values: ConfigValues<ReturnType<typeof metricsOptions>>): MetricsPlace | undefined {
  const address = values['metrics.address'];
  if (address === undefined) return undefined;
  const field = 'metrics.address';
  const host = hostOf(address);
  const port = Number(address.slice(host.length + 1));
  if (port > 65_535) throw new InvalidInputError(`${field} ${address}: expected a port up to 65535`, { field });
  if (!isLoopback(host) && !values['metrics.allow_plaintext']) {
    throw new InvalidInputError(
      `${field} ${address} can be reached by others: expected an address of this machine alone, such as 127.0.0.1:${port}, or --metrics-allow-plaintext, with which everybody may ask`,
      { field },
    );
  }
  return { host: host.replace(/^\[|\]$/g, ''), port };
}
