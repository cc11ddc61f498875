import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { ClientTls } from '@tdc/shared/grpc-client.ts';
import { hostOf, isLoopback } from '@tdc/shared/loopback.ts';
import { parseDuration } from '@tdc/shared/time-text.ts';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { tokenFrom } from './token-source.ts';

export const outputFormats = ['table', 'json', 'ndjson', 'csv'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** What every command of `tdc` works with. */
export interface ClientConfig {
  /** host:port */
  readonly collector: string;
  /** host:port */
  readonly query: string;
  /** Absent: plain text. */
  readonly tls?: ClientTls;
  /** Shown over TLS alone. */
  readonly token?: string;
  readonly output: OutputFormat;
  /** Times for people in UTC instead of local time. */
  readonly utc: boolean;
  /** The longest that one call may take. */
  readonly timeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const services = {
  collector: { variable: 'TDC_CLIENT_COLLECTOR', byDefault: '127.0.0.1:9000' },
  query: { variable: 'TDC_CLIENT_QUERY', byDefault: '127.0.0.1:8000' },
} as const;

const sourceText = (service: keyof typeof services): string =>
  `(default: ${services[service].byDefault}; environment: ${services[service].variable})`;

/** Gives the program the options that every command takes, before it and after it. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option('--collector <host:port>', `where to write ${sourceText('collector')}`)
    .option('--query <host:port>', `where to read ${sourceText('query')}`)
    .option('--tls-ca <file>', "authority of the servers' certificates (PEM); without it plain text is spoken")
    .option('--tls-cert <file>', 'own certificate (PEM), with --tls-key')
    .option('--tls-key <file>', 'its private key (PEM)')
    .option('--token-file <file>', 'file with the token to show (environment, for the token itself: TDC_TOKEN)')
    .option('--allow-plaintext', 'speak plain text with another machine')
    .addOption(new Option('--output <format>', 'how to print').choices(outputFormats).default('table'))
    .option('--utc', 'show times in UTC instead of local time')
    .option('--timeout <duration>', 'the longest that one call may take', '10s');
}

const flagsSchema = z.object({
  collector: z.string().optional(),
  query: z.string().optional(),
  tlsCa: z.string().optional(),
  tlsCert: z.string().optional(),
  tlsKey: z.string().optional(),
  tokenFile: z.string().optional(),
  allowPlaintext: z.boolean().default(false),
  output: z.enum(outputFormats),
  utc: z.boolean().default(false),
  timeout: z.string(),
});
type Flags = z.output<typeof flagsSchema>;

/** Reads the global options: flags before environment before defaults. Throws one InvalidInputError with all that is wrong. */
export function clientConfigOf(options: unknown, env: Environment = process.env): ClientConfig {
  const flags = flagsSchema.parse(options);
  const problems: string[] = [];
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const tls = collect(() => tlsOf(flags));
  const isPlain = flags.tlsCa === undefined && !flags.allowPlaintext;
  const collector = collect(() => addressOf('collector', flags, env, isPlain));
  const query = collect(() => addressOf('query', flags, env, isPlain));
  const timeoutMs = collect(() => timeoutOf(flags.timeout));
  const token = collect(() => tokenFrom(flags.tokenFile, env));
  const isFar = [collector, query].some((address) => address !== undefined && !isLoopback(hostOf(address)));
  if (token !== undefined && flags.tlsCa === undefined && isFar) {
    problems.push('a token is sent to another machine over TLS alone: give --tls-ca, or leave the token out');
  }
  if (collector === undefined || query === undefined || timeoutMs === undefined || problems.length > 0) {
    throw new InvalidInputError(problems.join('\n'), { field: 'options' });
  }
  const { output, utc } = flags;
  return {
    ...{ collector, query, output, utc, timeoutMs },
    ...(tls === undefined ? {} : { tls }),
    ...(token === undefined ? {} : { token }),
  };
}

const addressPattern = /^(?:\[[0-9A-Fa-f:.]+\]|[^\s:[\]/]+):(\d{1,5})$/;

function addressOf(service: keyof typeof services, flags: Flags, env: Environment, isPlain: boolean): string {
  const { variable, byDefault } = services[service];
  // An empty variable is how a shell leaves one out.
  const address = flags[service] ?? (env[variable] || byDefault);
  const source = flags[service] === undefined && env[variable] ? variable : `--${service}`;
  const port = Number(addressPattern.exec(address)?.[1] ?? 0);
  if (port < 1 || port > 65_535) {
    throw new InvalidInputError(`${source} ${JSON.stringify(address)}: expected host:port`, { field: service });
  }
  if (isPlain && !isLoopback(hostOf(address))) {
    throw new InvalidInputError(`${source} ${address} is another machine: give --tls-ca, or --allow-plaintext`, {
      field: service,
    });
  }
  return address;
}

function tlsOf({ tlsCa, tlsCert, tlsKey }: Flags): ClientTls | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new InvalidInputError('--tls-cert and --tls-key go together: expected both, or none', { field: 'tls' });
  }
  if (tlsCa === undefined) {
    if (tlsCert === undefined) return undefined;
    throw new InvalidInputError('--tls-ca is missing: expected it with --tls-cert and --tls-key', { field: 'tls' });
  }
  return tlsCert === undefined || tlsKey === undefined
    ? { caFile: tlsCa }
    : { caFile: tlsCa, certFile: tlsCert, keyFile: tlsKey };
}

const timeoutMsMax = 24 * 3_600_000;

function timeoutOf(text: string): number {
  const timeoutMs = parseDuration(text, { field: '--timeout' });
  if (timeoutMs > 0 && timeoutMs <= timeoutMsMax) return timeoutMs;
  throw new InvalidInputError(`--timeout ${text}: expected more than 0s and at most 1d`, { field: '--timeout' });
}
