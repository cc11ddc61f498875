import type { Clock } from '@tdc/shared/clock.ts';

/** Where progress is shown: standard error. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const redrawMs = 500;
const lineEveryMs = 10_000;

/** Shows a line again and again until aborted: in its place on a terminal, else a new one each ten seconds. */
export async function showProgress(
  line: () => string,
  { output, clock, signal }: { readonly output: ProgressOutput; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const inPlace = output.isTTY === true;
  try {
    for (;;) {
      await clock.sleep(inPlace ? redrawMs : lineEveryMs, signal);
      output.write(inPlace ? `\r\u001b[K${line()}` : `${line()}\n`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    if (inPlace) output.write('\r\u001b[K');
  }
}
