import type { Box, ListBoxesResponse } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { KeyState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { letterKindToWire } from '@tdc/shared/signed-letter.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import type { BoxMailContext } from './context.ts';

export async function listBoxes({ repository }: BoxMailContext, signal: AbortSignal): Promise<ListBoxesResponse> {
  const keys = await repository.boxMail.boxKeys(signal);
  const letters = Map.groupBy(await repository.boxMail.letters(undefined, signal), ({ detectorId }) => detectorId);
  const statuses = await repository.statuses.list(signal);
  const waiting = new Set(
    statuses.flatMap(({ status }) => (status.keyState === KeyState.KEY_STATE_WAITING ? [status.detectorId] : [])),
  );
  const keyOf = new Map(keys.map((key) => [key.detectorId, key]));
  const detectorIds = [...new Set([...keyOf.keys(), ...letters.keys()])].toSorted();
  const boxes = detectorIds.map((detectorId): Box => {
    const key = keyOf.get(detectorId);
    return {
      detectorId,
      boxKey: key?.publicKey ?? new Uint8Array(0),
      boxKeyPutNs: nsFromMs(key?.putAtMs ?? 0),
      waitsForKey: waiting.has(detectorId),
      letters: (letters.get(detectorId) ?? []).map(({ kind, sequence, putAtMs }) => ({
        kind: letterKindToWire[kind],
        sequence,
        putNs: nsFromMs(putAtMs),
      })),
    };
  });
  return { boxes };
}
