import { KeyChain } from '@tdc/shared/key-chain.ts';
import type { Agent } from '../agent.ts';
import { agentTime, assembleAgent } from '../assemble.ts';
import type { Place } from '../config.ts';
import type { Context } from '../context.ts';
import { readKeyFile } from '../key-file.ts';
import { showProgress } from '../progress.ts';
import { ReplayScanner } from '../scanners/replay.ts';
import { openStateDir } from '../state-dir.ts';
import type { Outcome } from './outcome.ts';

export interface ReplayArguments {
  readonly recording: string;
  /** `max`: as fast as the agent takes it; else how many seconds of the recording pass in one. */
  readonly speed: 'max' | number;
  /** Unix milliseconds that the first line of the file lands on, whichever detector it is of; absent: times are kept. */
  readonly shiftToMs?: number;
  /** Whether events are sent, or only stored. */
  readonly sends: boolean;
}

/** `tdc-agent replay`: one detector's lines of a recording, to the end. */
export async function replay(context: Context, place: Place, args: ReplayArguments): Promise<Outcome> {
  const { config, clock, signal } = context;
  const { detectorId } = place;
  using state = openStateDir(place.stateDir);
  // Advanced in memory only: a recording of last week must not move the key on disk.
  using keys = new KeyChain(readKeyFile(place.keyFile), { overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
  const scanner = new ReplayScanner({
    path: args.recording,
    detectorId,
    speed: args.speed,
    ...(args.shiftToMs === undefined ? {} : { shiftToMs: args.shiftToMs }),
    clock,
  });
  await using agent = assembleAgent(context, {
    detectorId,
    state,
    time: agentTime(context),
    hearing: {
      scanners: [scanner],
      keys,
      onScannerFailure: 'throw',
      waitsForRoom: () => args.speed === 'max',
      byOwnClock: false,
    },
    sends: args.sends,
  });
  const over = new AbortController();
  const progress = showProgress(() => progressLine(scanner, agent), {
    output: context.stderr,
    clock,
    signal: over.signal,
  });
  try {
    await agent.run(args.sends ? 'drained' : 'read', signal);
  } finally {
    over.abort();
    await progress;
  }
  const [heard] = agent.snapshot().scanners;
  if (heard?.state === 'finished' && heard.sightings === 0) {
    context.stderr.write(`tdc-agent: no line of ${args.recording} is of detector ${detectorId}\n`);
  }
  context.stdout.write(`${JSON.stringify(summaryOf(agent))}\n`);
  return signal.aborted ? 'interrupted' : 'finished';
}

/** made, acknowledged, in_outbox (those that wait for the clock among them) and dropped since the outbox's first day; sightings and malformed of this process. */
export function summaryOf(agent: Agent): Readonly<Record<string, unknown>> {
  const { events, scanners } = agent.snapshot();
  return {
    made: events.made,
    acknowledged: events.acknowledged,
    in_outbox: events.inOutbox,
    waiting_for_clock: events.waiting,
    dropped: Object.values(events.dropped).reduce((sum, count) => sum + count, 0),
    dropped_by_reason: events.dropped,
    sightings: scanners.reduce((sum, { sightings }) => sum + sightings, 0),
    malformed: scanners.reduce((sum, { malformed }) => sum + malformed, 0),
  };
}

function progressLine({ progress }: ReplayScanner, agent: Agent): string {
  const { made, acknowledged, inOutbox } = agent.counts();
  const { connection } = agent.snapshot();
  const part = progress.bytesTotal === 0 ? 1 : progress.bytesRead / progress.bytesTotal;
  return `${Math.floor(100 * part)} % read, ${progress.lines} lines; ${made} events made, ${acknowledged} acknowledged, ${inOutbox} waiting; ${connection}`;
}
