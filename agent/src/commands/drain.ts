import { agentTime, assembleAgent } from '../assemble.ts';
import type { Place } from '../config.ts';
import type { Context } from '../context.ts';
import { showProgress } from '../progress.ts';
import { openStateDir } from '../state-dir.ts';
import type { Outcome } from './outcome.ts';
import { summaryOf } from './replay.ts';

/** `tdc-agent drain`: sends what is in the outbox, and ends when there is nothing but what waits for the clock to be set. */
export async function drain(context: Context, { detectorId, stateDir }: Place): Promise<Outcome> {
  const { clock, signal } = context;
  using state = openStateDir(stateDir);
  await using agent = assembleAgent(context, { detectorId, state, time: agentTime(context), sends: true });
  const over = new AbortController();
  const line = () => `${agent.counts().inOutbox} events waiting; ${agent.snapshot().connection}`;
  const progress = showProgress(line, { output: context.stderr, clock, signal: over.signal });
  try {
    await agent.run('drained', signal);
  } finally {
    over.abort();
    await progress;
  }
  const { inOutbox, waiting } = agent.counts();
  if (waiting > 0) context.stderr.write(`tdc-agent: ${waiting} events wait for the clock to be set\n`);
  context.stdout.write(`${JSON.stringify(summaryOf(agent))}\n`);
  return inOutbox > waiting ? 'interrupted' : 'finished';
}
