import { assembleAgent } from '../assemble.ts';
import type { Place } from '../config.ts';
import type { Context } from '../context.ts';
import { showProgress } from '../progress.ts';
import { openStateDir } from '../state-dir.ts';
import type { Outcome } from './outcome.ts';
import { summaryOf } from './replay.ts';

/** `tdc-agent drain`: sends what is in the outbox, and ends when it is empty. */
export async function drain(context: Context, { detectorId, stateDir }: Place): Promise<Outcome> {
  const { clock, signal } = context;
  using state = openStateDir(stateDir);
  await using agent = assembleAgent(context, { detectorId, state, sends: true });
  const over = new AbortController();
  const line = () => `${agent.counts().inOutbox} events waiting; ${agent.snapshot().connection}`;
  const progress = showProgress(line, { output: context.stderr, clock, signal: over.signal });
  try {
    await agent.run('drained', signal);
  } finally {
    over.abort();
    await progress;
  }
  context.stdout.write(`${JSON.stringify(summaryOf(agent))}\n`);
  return agent.counts().inOutbox > 0 ? 'interrupted' : 'finished';
}
