import { InvalidInputError } from '@tdc/shared/errors.ts';
import { type Command, Option } from 'commander';
import type { ClientContext } from '../context.ts';
import { showProgress } from '../progress.ts';
import { type Destination, expectWritable, type Pieces, writeTo } from './destination.ts';

/** What every export takes. */
export interface ExportOptions<Format extends string = string> {
  readonly format: Format;
  /** Absent, or `-`: standard output. */
  readonly file?: string;
}

export function addExportOptions(command: Command, formats: readonly string[]): Command {
  const [first] = formats;
  return command
    .addOption(new Option('--format <format>', 'what to write').choices(formats).default(first))
    .option('--file <file>', 'where to write; without it, or with -, to standard output');
}

export const timeZoneOption = (): Option =>
  new Option('--time-zone <name>', 'whose clock on the wall tells the times of the format awam').default('UTC');

/** How far an export has come, for people. */
export interface Progress {
  /** Rows that were read so far. */
  rows: number;
}

/** Pages as they come, counted. */
export async function* counted<T>(
  pages: AsyncIterable<readonly T[]>,
  progress: Progress,
): AsyncGenerator<readonly T[]> {
  for await (const page of pages) {
    progress.rows += page.length;
    yield page;
  }
}

/** Writes what is made while it is read, and says on standard error how far that is. */
export async function exportTo(
  context: ClientContext,
  { what, ...to }: Destination & { readonly what: string },
  piecesOf: (progress: Progress) => Pieces,
): Promise<void> {
  if (context.config.output !== 'table') {
    throw new InvalidInputError(
      `--output ${context.config.output}: expected none, as an export takes --format and --file`,
      { field: '--output' },
    );
  }
  await expectWritable(context, to);
  const progress: Progress = { rows: 0 };
  const line = () => `${progress.rows.toLocaleString('en')} ${what}`;
  {
    using _shown = showProgress(context, line);
    await writeTo(context, to, piecesOf(progress));
  }
  if (to.file !== undefined && to.file !== '-') context.stderr.write(`tdc: ${to.file}: ${line()}\n`);
}
