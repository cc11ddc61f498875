import { InvalidInputError } from '@tdc/shared/errors.ts';
import { parseDuration } from '@tdc/shared/time-text.ts';
import { type Command, Option } from 'commander';
import type { ClientContext, Run } from './context.ts';
import { EventSender } from './event-sender.ts';
import { detectorListFlag, numberFlag } from './flags.ts';
import { print, writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { madeUpTraffic } from './made-up-traffic.ts';
import { showProgress } from './progress.ts';

export interface TrafficOptions {
  readonly detector: readonly string[];
  readonly devices: number;
  /** Events a second. */
  readonly rate: number;
  readonly duration: string;
}

export function addTrafficCommand(program: Command, run: Run): void {
  program
    .command('traffic')
    .description('send made-up events straight to the collector, at a steady rate')
    .addOption(
      new Option('--detector <id>', 'of these detectors; again or with commas for more')
        .argParser(detectorListFlag)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--devices <number>', 'how many different devices')
        .argParser(numberFlag({ min: 1, max: 1_000_000, whole: true }))
        .default(100),
    )
    .addOption(
      new Option('--rate <number>', 'events a second')
        .argParser(numberFlag({ min: 0.001, max: 1_000_000, whole: false }))
        .default(10),
    )
    .option('--duration <duration>', 'for how long', '60s')
    .action((options: TrafficOptions, command: Command) => run(command, (context) => traffic(context, options)));
}

interface TrafficResult {
  readonly sent: number;
  readonly recorded: number;
  readonly rejected: number;
  /** From the beginning to the last event. */
  readonly seconds: number;
}

/** `tdc traffic`: throws at the end when an event was rejected, or the signal's reason when it was aborted. */
export async function traffic(context: ClientContext, options: TrafficOptions): Promise<void> {
  const { clock, signal, config } = context;
  const durationMs = parseDuration(options.duration, { field: '--duration' });
  const total = Math.floor((options.rate * durationMs) / 1000);
  if (total < 1) {
    throw new InvalidInputError(`--duration ${options.duration}: expected time for one event at the rate at least`, {
      field: '--duration',
    });
  }
  using sender = new EventSender(context, clock.nowMs() + durationMs + config.timeoutMs);
  const startMs = clock.monotonicMs();
  let endMs: number | undefined;
  try {
    await sendSteadily(context, sender, options, total);
    endMs = clock.monotonicMs();
    await sender.finish();
  } finally {
    await reportResult(context, sender, ((endMs ?? clock.monotonicMs()) - startMs) / 1000);
  }
  signal.throwIfAborted();
  if (sender.rejected > 0) throw new Error(`${sender.rejected} of ${sender.sent} events were rejected`);
}

const batchEventsMax = 1000;
/** Events of a high rate go out together this often. */
const batchEveryMs = 20;

/** Event n goes out n / rate seconds after the beginning, however long the sends before took. Ends early when aborted. */
async function sendSteadily(
  { clock, random, signal, stderr }: ClientContext,
  sender: EventSender,
  { detector: detectorIds, devices, rate }: TrafficOptions,
  total: number,
): Promise<void> {
  const makeEvent = madeUpTraffic({ detectorIds, devices, random });
  using _progress = showProgress({ stderr }, () => {
    const rejected = sender.rejected === 0 ? '' : `, ${sender.rejected} rejected`;
    return `${sender.sent} of ${total} sent, ${sender.recorded} recorded${rejected}`;
  });
  const startMs = clock.monotonicMs();
  while (!signal.aborted) {
    const nowMs = clock.nowMs();
    const due = Math.min(total, Math.floor((rate * (clock.monotonicMs() - startMs)) / 1000));
    while (sender.sent < due && !signal.aborted) {
      const length = Math.min(due - sender.sent, batchEventsMax);
      await sender.send(Array.from({ length }, () => makeEvent(nowMs)));
    }
    if (sender.sent === total) return;
    const untilNextMs = startMs + ((sender.sent + 1) / rate) * 1000 - clock.monotonicMs();
    await clock.sleep(Math.max(untilNextMs, batchEveryMs), signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
}

async function reportResult(context: ClientContext, sender: EventSender, seconds: number): Promise<void> {
  const { config, stdout, stderr, signal } = context;
  const { sent, recorded, rejected } = sender;
  for (const [reason, count] of sender.rejections) stderr.write(`tdc: ${count} rejected: ${reason}\n`);
  const result = { sent, recorded, rejected, seconds };
  if (config.output === 'table') await print(stdout, resultText(result), signal);
  else await writeRows(context, resultView, [result]);
}

const resultText = ({ sent, recorded, rejected, seconds }: TrafficResult): string =>
  `${sent} events sent in ${seconds.toFixed(1)} s, ${(sent / seconds).toFixed(1)} a second: ${recorded} recorded, ${rejected} rejected\n`;

const resultView: View<TrafficResult> = {
  columns: [],
  fields: ['sent', 'recorded', 'rejected', 'seconds'],
  record: ({ sent, recorded, rejected, seconds }) => ({ sent, recorded, rejected, seconds }),
};
