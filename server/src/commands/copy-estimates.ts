import { PreconditionError } from '@tdc/shared/errors.ts';
import type { Claim, PublishedEstimate, Repository, WorkerSession } from '../repository.ts';

/** Minutes that are read and published together. */
const windowMs = 500 * 60_000;

/** Copies all travel times, all revisions of them, and resolves to how many. Doing it again changes nothing. */
export async function copyEstimates(
  source: Repository,
  target: Repository,
  session: WorkerSession,
  signal: AbortSignal,
): Promise<number> {
  const newest = Map.groupBy(await source.estimates.newest(signal), ({ toDetectorId }) => toDetectorId);
  let copied = 0;
  for (const [toDetectorId, last] of newest) {
    const claim = await session.claim(toDetectorId, signal);
    if (claim === undefined) {
      throw new PreconditionError(
        `an estimator works on ${toDetectorId} in the repository to copy into: stop it first`,
      );
    }
    copied += await copyLinksTo(source, target, claim, last, signal);
    await session.release(claim, signal);
  }
  return copied;
}

/** Those of the links to one detector: what belongs to a minute is published together. */
async function copyLinksTo(
  source: Repository,
  target: Repository,
  claim: Claim,
  newest: readonly PublishedEstimate[],
  signal: AbortSignal,
): Promise<number> {
  const scan = async (link: PublishedEstimate, fromMs: number, toMs: number, limit: number) => {
    const { fromDetectorId, toDetectorId } = link;
    const range = { fromDetectorId, toDetectorId, fromMs, toMs, limit };
    return (
      await source.estimates.scan({ ...range, order: 'oldest-first', revisions: 'all', reads: 'committed' }, signal)
    ).estimates;
  };
  const endMs = Math.max(...newest.map(({ timeMs }) => timeMs)) + 1;
  const firsts = await Promise.all(newest.map((link) => scan(link, 0, endMs, 1)));
  let copied = 0;
  for (let fromMs = Math.min(...firsts.flat().map(({ timeMs }) => timeMs)); fromMs < endMs; fromMs += windowMs) {
    const pages = await Promise.all(newest.map((link) => scan(link, fromMs, Math.min(endMs, fromMs + windowMs), 1000)));
    await target.estimates.publish(claim, pages.flat(), [], signal);
    copied += pages.flat().length;
  }
  await target.estimates.publish(claim, [], newest, signal);
  return copied;
}
