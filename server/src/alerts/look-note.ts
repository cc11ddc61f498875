import { z } from 'zod';
import type { ClaimStore } from '../repository.ts';
import { alertClaimName } from './claim-name.ts';

const level = z.enum(['bad', 'between', 'good', 'unknown']);
const noteSchema = z.object({
  watching_since_ms: z.number(),
  /** To half a minute. */
  looked_at_ms: z.number(),
  watches: z.array(z.tuple([z.string(), level, z.number()])),
  drops: z.array(z.tuple([z.string(), z.string()])),
});

/** What whoever watches over alerts notes for who goes on. */
export type LookNote = z.input<typeof noteSchema>;

/** The last note; undefined where there is none, or one of a newer version. */
export async function lastLookNote(
  claims: Pick<ClaimStore, 'load'>,
  signal: AbortSignal,
): Promise<LookNote | undefined> {
  const checkpoint = await claims.load(alertClaimName, signal);
  return noteSchema.safeParse(checkpoint === undefined ? undefined : JSON.parse(checkpoint.value)).data;
}
