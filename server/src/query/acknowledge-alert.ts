import type { Clock } from '@tdc/shared/clock.ts';
import { isEventId } from '@tdc/shared/event-id.ts';
import { quoted } from '@tdc/shared/wire.ts';
import { type Principal, principalText } from '../access/principal.ts';
import type { Alert } from '../alerts/alert.ts';
import type { Repository } from '../repository.ts';
import { invalid } from './filter.ts';

export interface AlertContext {
  readonly repository: Pick<Repository, 'alerts' | 'staleSinceMs'>;
  readonly clock: Clock;
}

export const noteLengthMax = 500;
export const requestIdPattern = /^[A-Za-z0-9._-]{1,64}$/;
export const requestIdExpected = "1 to 64 of letters, digits, '.', '_' and '-'";

/** Throws InvalidInputError for what names no alert, and what AlertStore.acknowledge throws. */
export async function acknowledgeAlert(
  { repository, clock }: AlertContext,
  principal: Principal,
  { id, note, requestId }: { readonly id: string; readonly note: string; readonly requestId: string },
  signal: AbortSignal,
): Promise<Alert> {
  if (!isEventId(id)) throw invalid('id', `${quoted(id)}: expected the id of an alert`);
  if (note.length > noteLengthMax)
    throw invalid('note', `${note.length} characters: expected at most ${noteLengthMax}`);
  if (!requestIdPattern.test(requestId))
    throw invalid('request_id', `${quoted(requestId)}: expected ${requestIdExpected}`);
  const by = principal.type === 'operator' ? principal.name : principalText(principal);
  return repository.alerts.acknowledge(id, { by, atMs: clock.nowMs(), note, requestId }, signal);
}
