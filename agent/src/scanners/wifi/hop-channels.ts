import type { Clock } from '@tdc/shared/clock.ts';

export interface ChannelPlan {
  readonly channels: readonly [number, ...number[]];
  /** Milliseconds on each channel. */
  readonly dwellMs: number;
}

export interface Hopping extends ChannelPlan {
  readonly clock: Clock;
  /** Resolves to why the radio does not go there, in words. */
  readonly setChannel: (channel: number) => Promise<string | undefined>;
  /** Gets what is wrong whenever that changes; undefined when nothing is. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** Goes from channel to channel until aborted. One to which the radio does not go is told, and tried again in its turn. */
export async function hopChannels(hopping: Hopping, signal: AbortSignal): Promise<void> {
  const { channels, dwellMs, clock, setChannel, onProblem } = hopping;
  const problems = new Map<number, string>();
  for (let turn = 0; !signal.aborted; turn += 1) {
    const channel = channels[turn % channels.length] ?? channels[0];
    const problem = await setChannel(channel);
    if (problem !== problems.get(channel)) {
      if (problem === undefined) problems.delete(channel);
      else problems.set(channel, problem);
      onProblem([...problems.values()][0]);
    }
    if (channels.length === 1 && problem === undefined) return;
    await clock.sleep(dwellMs, signal).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  }
}
