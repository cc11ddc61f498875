import { type RawKeyPair, rawKeyBytes } from '@tdc/shared/raw-key.ts';
import { z } from 'zod';

const bytes = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')));
const base64 = (of: Uint8Array): string => Buffer.from(of).toString('base64');

/** A raw public key in JSON. */
export const rawPublicKeyText = {
  schema: bytes.refine((key) => key.length === rawKeyBytes, `expected ${rawKeyBytes} bytes`),
  format: base64,
} as const;

/** A pair of raw keys in JSON. Secret. */
export const rawKeyText = {
  schema: z
    .strictObject({ public_key: rawPublicKeyText.schema, private_key: rawPublicKeyText.schema })
    .transform(({ public_key: publicKey, private_key: privateKey }): RawKeyPair => ({ publicKey, privateKey })),
  format: ({ publicKey, privateKey }: RawKeyPair) => ({
    public_key: base64(publicKey),
    private_key: base64(privateKey),
  }),
} as const;
