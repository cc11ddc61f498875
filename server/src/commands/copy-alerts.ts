import { PreconditionError } from '@tdc/shared/errors.ts';
import type { Acknowledgement, Alert, Notice } from '../alerts/alert.ts';
import { alertClaimName } from '../alerts/claim-name.ts';
import type { Claim, Repository, WorkerSession } from '../repository.ts';

const pageAlerts = 100;

/**
 * Copies all alerts with the notices that wait and what the watch over them has noted, and resolves to how many alerts. Doing it again brings those along
 * that have gone on meanwhile; what is closed in the target stays as it is.
 */
export async function copyAlerts(
  source: Repository,
  target: Repository,
  session: WorkerSession,
  signal: AbortSignal,
): Promise<number> {
  const claim = await session.claim(alertClaimName, signal);
  if (claim === undefined) {
    throw new PreconditionError('a server watches over alerts in the repository to copy into: stop it first');
  }
  const notices = Map.groupBy(await source.alerts.notices(signal), ({ alert }) => alert.id);
  const copy = async (alerts: readonly Alert[]) => {
    for (const alert of alerts) await copyAlert(target, claim, alert, notices.get(alert.id) ?? [], signal);
    return alerts.length;
  };
  // Those that are open first: one that is closed while this goes on comes with the closed ones.
  let copied = await copy(await source.alerts.current(signal));
  let beforeId: string | undefined;
  for (;;) {
    const page = await source.alerts.closed(
      { limit: pageAlerts, ...(beforeId === undefined ? {} : { beforeId }) },
      signal,
    );
    copied += await copy(page);
    if (page.length < pageAlerts) break;
    beforeId = page.at(-1)?.id;
  }
  await copyNote(source, target, claim, signal);
  await session.release(claim, signal);
  return copied;
}

/** In the steps in which it came to be, as each is stored upon the one before: opened, acknowledged, closed. What is there already changes nothing. */
async function copyAlert(
  target: Repository,
  claim: Claim,
  { acknowledgement, closed, version: _, ...opened }: Alert,
  notices: readonly Notice[],
  signal: AbortSignal,
): Promise<void> {
  const told = (wanted: Notice['event']) => notices.filter(({ event }) => event === wanted);
  await target.alerts.put(claim, { ...opened, version: 1 }, told('opened'), signal);
  if (acknowledgement !== undefined) await acknowledge(target, opened.id, acknowledgement, signal);
  if (closed === undefined) return;
  const whole = { ...opened, ...(acknowledgement === undefined ? {} : { acknowledgement }), closed };
  await target.alerts.put(claim, { ...whole, version: acknowledgement === undefined ? 2 : 3 }, told('closed'), signal);
}

async function acknowledge(
  target: Repository,
  id: string,
  acknowledgement: Acknowledgement,
  signal: AbortSignal,
): Promise<void> {
  try {
    await target.alerts.acknowledge(id, acknowledgement, signal);
  } catch (error) {
    // The target has gone on by itself meanwhile: what it has stays.
    if (!(error instanceof PreconditionError)) throw error;
  }
}

/** Since when things are as they are, and what had been dropped, for who watches over alerts next. */
async function copyNote(source: Repository, target: Repository, claim: Claim, signal: AbortSignal): Promise<void> {
  const note = await source.claims.load(alertClaimName, signal);
  if (note !== undefined) await target.claims.save(claim, note.value, signal);
}
