import { readNdjsonFile } from '@tdc/shared/ndjson-file.ts';
import { rawKeyBytes } from '@tdc/shared/raw-key.ts';
import { detectorIdExpected, isDetectorId } from '@tdc/shared/wire.ts';
import { z } from 'zod';

/** What a box asks for its key with: a line of `tdc-agent key request` or of `tdc boxes`. */
export interface BoxRequest {
  readonly detectorId: string;
  readonly publicKey: Uint8Array;
}

const schema = z.object({
  detector_id: z.string().refine(isDetectorId, `expected ${detectorIdExpected}`),
  box_key: z
    .base64()
    .transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
    .refine((key) => key.length === rawKeyBytes, `expected ${rawKeyBytes} bytes in base64`)
    .nullable(),
});

/** The last request of each detector. Boxes that have told no key yet are passed over. Throws InvalidInputError naming line and field. */
export function readRequests(file: string): readonly BoxRequest[] {
  const requests = readNdjsonFile(file, schema).flatMap(({ detector_id: detectorId, box_key: publicKey }) =>
    publicKey === null ? [] : [{ detectorId, publicKey }],
  );
  return [...new Map(requests.map((request) => [request.detectorId, request])).values()];
}
