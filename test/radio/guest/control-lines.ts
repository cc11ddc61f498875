import type { Readable } from 'node:stream';

/** What the test asks of the guest, one line of JSON each. Processes are known by numbers that the test gives. */
export type ControlRequest =
  | {
      readonly do: 'start';
      readonly process: number;
      readonly command: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly do: 'input'; readonly process: number; readonly text: string }
  | { readonly do: 'end-input'; readonly process: number }
  /** To the process and all that it started. */
  | { readonly do: 'signal'; readonly process: number; readonly signal: NodeJS.Signals };

/** What the guest tells, one line of JSON each. */
export type ControlReport =
  | { readonly type: 'ready'; readonly kernel: string; readonly upSeconds: number }
  | { readonly type: 'stdout' | 'stderr'; readonly process: number; readonly base64: string }
  | { readonly type: 'started'; readonly process: number; readonly pid: number }
  | { readonly type: 'failed'; readonly process: number; readonly message: string }
  | { readonly type: 'ended'; readonly process: number; readonly code: number | null; readonly signal: string | null };

export const lineOf = (message: object): string => `${JSON.stringify(message)}\n`;

/** The lines of a stream of text. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const text of stream as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
