import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { unreachable } from '@tdc/shared/errors.ts';
import { csvFormat } from '../../formats/csv.ts';
import type { Format } from '../../formats/format.ts';
import type { ClientContext } from '../context.ts';
import { jsonFormat } from './json.ts';
import { ndjsonFormat } from './ndjson.ts';
import { tableFormat } from './table.ts';
import type { View } from './view.ts';

/** Prints rows as they come, holding no more than those of one call. */
export interface RowWriter<T> {
  /** Resolves when the output takes more. */
  write(items: readonly T[]): Promise<void>;
  /** To be called once, after the last rows, even where there were none. */
  end(): Promise<void>;
}

/** A writer in the format that the user asked for. */
export function rowWriter<T>({ config, stdout, signal }: ClientContext, view: View<T>): RowWriter<T> {
  const format = formatOf(config.output, view);
  return {
    write: (items) => print(stdout, format.rows(items), signal),
    end: () => print(stdout, format.end(), signal),
  };
}

/** Prints rows that are all there. */
export async function writeRows<T>(context: ClientContext, view: View<T>, items: readonly T[]): Promise<void> {
  const writer = rowWriter(context, view);
  await writer.write(items);
  await writer.end();
}

function formatOf<T>(name: ClientContext['config']['output'], view: View<T>): Format<T> {
  switch (name) {
    case 'table':
      return tableFormat(view.columns);
    case 'json':
      return jsonFormat(view.record);
    case 'ndjson':
      return ndjsonFormat(view.record);
    case 'csv':
      return csvFormat(view.fields, view.record);
    default:
      return unreachable(name);
  }
}

/** Writes and waits while the output is full; an aborted command waits for nobody, and throws the signal's reason if it did. */
export async function print(output: Writable, piece: string | Uint8Array, signal: AbortSignal): Promise<void> {
  if (piece.length === 0 || output.write(piece) || signal.aborted) return;
  try {
    await once(output, 'drain', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
