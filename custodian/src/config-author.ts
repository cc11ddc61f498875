import { fingerprintOf } from '@tdc/shared/fingerprint.ts';
import { letterSequenceMax } from '@tdc/shared/key-text.ts';
import type { RawKeyPair } from '@tdc/shared/raw-key.ts';
import { z } from 'zod';
import { rawKeyText } from './raw-key-text.ts';
import { addRecords, createSealed, type Opened, openSealed, type Sealed } from './sealed-folder.ts';
import type { Seal } from './sealed-text.ts';

/** Who may change settings of boxes from afar. Another identity than the key custodian's, for another person: it has no key of the network. Secret. */
export interface ConfigAuthor {
  /** Signs the letters (Ed25519). */
  readonly author: RawKeyPair;
  /** Of the last letters; rises for ever. */
  readonly sequence: number;
}

/** What boxes are told to trust. */
export const configAuthorFingerprint = ({ author }: ConfigAuthor): string =>
  fingerprintOf('config-author', author.publicKey);

const schema = z.strictObject({ author: rawKeyText.schema, sequence: z.int().min(0).max(letterSequenceMax) });

const sealed: Sealed<ConfigAuthor> = {
  name: 'config-author.json',
  what: 'configuration author',
  madeBy: 'tdc-custodian config init',
  parse: (text) => schema.parse(JSON.parse(text)),
  format: ({ author, sequence }) => JSON.stringify({ author: rawKeyText.format(author), sequence }),
};

/** Throws PreconditionError when there is one already. */
export const createConfigAuthor = (folder: string, seal: Seal, author: ConfigAuthor): void =>
  createSealed(folder, sealed, seal, author);

/** Throws NotFoundError when there is none, AccessError for another passphrase. */
export const openConfigAuthor = (folder: string, passphrase: string): Promise<Opened<ConfigAuthor>> =>
  openSealed(folder, sealed, passphrase);

/** A configuration that was signed. */
export interface SignedRecord {
  readonly time: string;
  readonly detector_id: string;
  readonly letter: number;
  readonly configuration: string;
}

/** Adds to the list of what was signed; on disk when it returns. */
export const recordSigned = (folder: string, records: readonly SignedRecord[]): void =>
  addRecords(folder, 'configurations.ndjson', records);
