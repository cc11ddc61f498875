import { askJson } from './api.ts';
import type { Alert } from './api-types.ts';

/** What the server takes at most. */
export const noteLengthMax = 500;

/** An attempt to acknowledge an alert. */
export interface Attempt {
  /** The same for every one: when its answer was lost, the next changes nothing. */
  readonly requestId: string;
  readonly outcome: { readonly type: 'sending' } | { readonly type: 'failed'; readonly why: string };
}

/** Says that the one who is signed in sees to an alert. Throws ApiError, such as when another does already. */
export async function acknowledge(id: string, requestId: string, note: string): Promise<Alert> {
  const address = `/api/v1/alerts/${encodeURIComponent(id)}/acknowledgement`;
  const { alert } = await askJson<{ alert: Alert }>(address, { method: 'POST', body: { request_id: requestId, note } });
  return alert;
}
