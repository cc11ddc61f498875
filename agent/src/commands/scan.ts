import { setImmediate as nextTurn } from 'node:timers/promises';
import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import type { Context } from '../context.ts';
import { deviceLine } from '../scan/device-line.ts';
import { HeardDevices } from '../scan/heard-devices.ts';
import { remarkOnSharing } from '../scan/radio-sharing.ts';
import { scanKeys } from '../scan/scan-keys.ts';
import { type Room, scanTable } from '../scan/scan-table.ts';
import { steadyClock } from '../steady-clock.ts';
import { SupervisedScanner } from '../supervised-scanner.ts';
import { type ScanningContext, scannersOf } from './scanners-of.ts';

export interface ScanArguments {
  /** Absent: until told to stop. */
  readonly seconds?: number;
  /** Absent: a table on a terminal, NDJSON elsewhere. */
  readonly output?: 'table' | 'ndjson';
  readonly showsAddresses: boolean;
  /** Whether a radio that a running agent uses may be used all the same. */
  readonly sharesRadio: boolean;
}

interface Scan {
  readonly devices: HeardDevices;
  readonly scanners: readonly SupervisedScanner[];
  readonly showsAddresses: boolean;
}

const showEveryMs = 1000;
const yieldEveryMs = 10;
const unlimited: Room = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };
const addressWarning =
  'WARNING: raw addresses are shown. They are personal data: look, and do not copy, photograph or record them. They are kept nowhere.';

/**
 * `tdc-agent scan`: shows what the configured scanners hear, until told to stop or for a time. It stores nothing and sends nothing, and leaves
 * the state of an agent as it is. Throws UnavailableError when no scanner worked.
 */
export async function scan(given: Context, args: ScanArguments): Promise<void> {
  const clock = steadyClock(given.clock);
  const context = { ...given, clock };
  const { config, signal, stdout, stderr } = context;
  const isTerminal = stdout.isTTY === true;
  const output = args.output ?? (isTerminal ? 'table' : 'ndjson');
  if (config.scanners.length === 0) {
    throw new InvalidInputError('scanners: none: give --scanners, or name them in the configuration file', {
      field: 'scanners',
    });
  }
  if (args.showsAddresses && !(isTerminal && output === 'table')) {
    throw new InvalidInputError(
      '--show-raw-addresses: standard output is no terminal, or not a table: raw addresses are written to nothing else',
      { field: '--show-raw-addresses' },
    );
  }
  const remark = await remarkOnSharing(config, args.sharesRadio);
  const over = new AbortController();
  const scanning = AbortSignal.any([signal, over.signal]);
  const keys = scanKeys(config, clock.nowMs());
  using chain = keys.chain;
  const say = (text: string) => stderr.write(`tdc-agent: ${text}\n`);
  if (args.showsAddresses) say(addressWarning);
  if (remark !== undefined) say(remark);
  say(keys.remark);
  const subject: Scan = {
    devices: new HeardDevices({ keys: chain, keepsAddresses: args.showsAddresses }),
    scanners: await supervised(context, (text) => {
      // The table has the state of each scanner in it.
      if (output === 'ndjson' || !isTerminal) say(text);
    }),
    showsAddresses: args.showsAddresses,
  };
  const timeUp = args.seconds === undefined ? [] : [ended(clock.sleep(args.seconds * 1000, scanning), scanning)];
  const hearing = hear(context, subject, scanning);
  const showing = show(context, subject, output, scanning);
  try {
    await Promise.race([hearing, ...timeUp]);
  } finally {
    over.abort();
    // Scanners end what they have started before the keys go.
    await Promise.all([hearing, showing]);
  }
  showLast(context, subject, output);
  const failed = subject.scanners.map((scanner) => scanner.snapshot());
  if (failed.every(({ state, sightings }) => state === 'failed' && sightings === 0)) {
    throw new UnavailableError(
      `no scanner worked: ${failed.map(({ name, lastError }) => `${name}: ${lastError}`).join('; ')}`,
    );
  }
}

async function supervised(
  context: ScanningContext,
  say: (text: string) => void,
): Promise<readonly SupervisedScanner[]> {
  const { config, clock } = context;
  const scanners = await scannersOf(context, config.given.detectorId);
  return scanners.map(
    (scanner) =>
      new SupervisedScanner({
        scanner,
        clock,
        random: Math.random,
        onFailure: 'restart',
        onError: (error, waitMs) =>
          say(`scanner ${scanner.name} failed: ${messageOf(error)}; tries again in ${Math.round(waitMs / 100) / 10} s`),
      }),
  );
}

async function hear({ clock }: Context, { devices, scanners }: Scan, signal: AbortSignal): Promise<void> {
  let yieldedAtMs = clock.monotonicMs();
  await Promise.all(
    scanners.map((scanner) =>
      scanner.run(async ({ sightings }) => {
        const { malformed } = devices;
        for (const sighting of sightings) devices.take(sighting);
        scanner.countMalformed(devices.malformed - malformed, devices.lastMalformed);
        // A scanner that is never waited for would leave no time for anything else.
        if (clock.monotonicMs() - yieldedAtMs < yieldEveryMs) return;
        await nextTurn();
        yieldedAtMs = clock.monotonicMs();
      }, signal),
    ),
  );
}

/** Writes until aborted. Writing waits for a slow reader, as Node's standard output does for pipes and terminals on Linux. */
async function show(context: Context, subject: Scan, output: 'table' | 'ndjson', signal: AbortSignal): Promise<void> {
  const { clock, stdout } = context;
  const redraw = output === 'table' && stdout.isTTY === true ? redrawer(context, subject) : undefined;
  if (output === 'table' && redraw === undefined) return;
  while (!signal.aborted) {
    if (redraw === undefined) writeChanged(context, subject);
    else redraw();
    await ended(clock.sleep(showEveryMs, signal), signal);
  }
  redraw?.();
}

/** Draws the table in the place where it drew it last. */
function redrawer(context: Context, subject: Scan): () => void {
  const { stdout } = context;
  let linesBefore = 0;
  return () => {
    const { columns = 80, rows = 24 } = stdout;
    // The last line stays free for the cursor.
    const lines = tableOf(context, subject, { columns, rows: rows - 1 });
    const back = linesBefore === 0 ? '' : `\u001b[${linesBefore}A`;
    stdout.write(`${back}\r\u001b[J${lines.map((line) => `${line}\n`).join('')}`);
    linesBefore = lines.length;
  };
}

function showLast(context: Context, subject: Scan, output: 'table' | 'ndjson'): void {
  if (output === 'ndjson') writeChanged(context, subject);
  else if (context.stdout.isTTY !== true) {
    context.stdout.write(`${tableOf(context, subject, unlimited).join('\n')}\n`);
  }
}

function writeChanged({ stdout }: Context, { devices }: Scan): void {
  const lines = devices.takeChanged().map(deviceLine);
  if (lines.length > 0) stdout.write(lines.join(''));
}

const tableOf = ({ clock }: Context, { devices, scanners, showsAddresses }: Scan, room: Room): readonly string[] =>
  scanTable(
    {
      nowMs: clock.nowMs(),
      devices: devices.list(),
      sightings: devices.sightings,
      malformed: devices.malformed,
      scanners: scanners.map((scanner) => scanner.snapshot()),
      showsAddresses,
    },
    room,
  );

/** Waits for something that rejects when aborted, which is one way of ending. */
async function ended(waiting: Promise<void>, signal: AbortSignal): Promise<void> {
  await waiting.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
