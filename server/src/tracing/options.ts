import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type ConfigOption, type ConfigValues, numeric, option } from '@tdc/shared/config.ts';
import { textOf } from '@tdc/shared/config-file.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { isLoopback } from '@tdc/shared/loopback.ts';
import { z } from 'zod';

/** Where traces go, and how many. */
export interface TracingConfig {
  /** https, or http where that is allowed. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Part of the traces that are kept, 0 to 1. */
  readonly sampleRatio: number;
  /** Absent: the endpoint asks for none. */
  readonly headersFile?: string;
  /** Absent: the authorities of the system. */
  readonly caFile?: string;
}

const file = z.string().min(1);

export const tracingOptions = [
  option(
    'tracing.endpoint',
    z.url({ protocol: /^https?$/, error: 'expected an address such as http://127.0.0.1:4318/v1/traces' }).optional(),
    undefined,
    'address that traces are posted to (OpenTelemetry, OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces; without it there are none',
  ),
  option(
    'tracing.service_name',
    z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "expected 1 to 64 of letters, digits, '.', '_' and '-'"),
    'tdc-server',
    'name of this service in traces',
  ),
  option('tracing.sample_ratio', numeric(z.number().min(0).max(1)), 1, 'part of the traces that are kept, 0 to 1'),
  option(
    'tracing.headers_file',
    file.optional(),
    undefined,
    'file of the headers that are sent along, a line each, such as `Authorization: Bearer ...`',
  ),
  option('tracing.ca', file.optional(), undefined, "file of the authority of the endpoint's certificate (PEM)"),
  option(
    'tracing.allow_plaintext',
    z.boolean().or(z.stringbool()),
    false,
    'send traces, without headers, to another machine without TLS',
  ),
] as const satisfies readonly ConfigOption[];

const headersMax = 16;

/** Undefined where there are no traces. Throws InvalidInputError for options that do not go together, and for files that cannot be used. */
export function tracingConfigOf(values: ConfigValues<typeof tracingOptions>): TracingConfig | undefined {
  const endpoint = values['tracing.endpoint'];
  const [headersFile, caFile] = [values['tracing.headers_file'], values['tracing.ca']];
  if (endpoint === undefined) {
    if (headersFile === undefined && caFile === undefined) return undefined;
    throw invalid(
      'tracing.endpoint',
      'tracing.headers_file and tracing.ca go with tracing.endpoint: expected that too',
    );
  }
  expectUsable(endpoint, headersFile !== undefined, values['tracing.allow_plaintext']);
  if (headersFile !== undefined) headersOf(headersFile);
  if (caFile !== undefined) textOf(caFile);
  return {
    endpoint,
    serviceName: values['tracing.service_name'],
    sampleRatio: values['tracing.sample_ratio'],
    ...(headersFile === undefined ? {} : { headersFile }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function expectUsable(endpoint: string, hasHeaders: boolean, allowsPlaintext: boolean): void {
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(endpoint);
  if (username !== '' || password !== '' || search !== '' || hash !== '') {
    throw invalid(
      'tracing.endpoint',
      'tracing.endpoint has a user, a password, or something behind its path: expected none, as secrets go into tracing.headers_file',
    );
  }
  if (pathname === '/') {
    throw invalid('tracing.endpoint', `tracing.endpoint ${endpoint}: expected its path too, such as /v1/traces`);
  }
  if (protocol === 'https:' || isLoopback(hostname)) return;
  if (hasHeaders) {
    throw invalid(
      'tracing.endpoint',
      `tracing.endpoint ${endpoint}: expected https, as ${hostname} is another machine and tracing.headers_file is sent along`,
    );
  }
  if (!allowsPlaintext) {
    throw invalid(
      'tracing.endpoint',
      `tracing.endpoint ${endpoint}: expected https, or --tracing-allow-plaintext, as ${hostname} is another machine`,
    );
  }
}

/** The headers in a file. Throws InvalidInputError that says nothing of what is in it but the number of the line. */
export function headersOf(name: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, line] of textOf(name).split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [, header = '', value = ''] = /^([^:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (!isHeader(header, value) || Object.keys(headers).length >= headersMax) {
      throw invalid(
        'tracing.headers_file',
        `tracing.headers_file ${name}, line ${index + 1}: expected a header such as Authorization: Bearer ..., at most ${headersMax} of them`,
      );
    }
    headers[header] = value;
  }
  return headers;
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return value !== '';
  } catch {
    return false;
  }
}

const invalid = (field: string, message: string): InvalidInputError => new InvalidInputError(message, { field });
