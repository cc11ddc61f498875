import { type Custody, formatCustody, parseCustody } from './custody.ts';
import { addRecords, createSealed, openSealed, type Sealed } from './sealed-folder.ts';
import type { Seal } from './sealed-text.ts';

const sealed: Sealed<Custody> = {
  name: 'custody.json',
  what: 'custody',
  madeBy: 'tdc-custodian init',
  parse: parseCustody,
  format: formatCustody,
};

/** A custody that was opened, and the way to change it. */
export interface OpenCustody {
  readonly custody: Custody;
  /** Throws PreconditionError as `Opened.save` does. */
  save(custody: Custody): void;
}

/** Throws PreconditionError when there is one already. */
export const createCustody = (folder: string, seal: Seal, custody: Custody): void =>
  createSealed(folder, sealed, seal, custody);

/** Throws NotFoundError when there is none, AccessError for another passphrase. */
export async function openCustody(folder: string, passphrase: string): Promise<OpenCustody> {
  const { content: custody, save } = await openSealed(folder, sealed, passphrase);
  return { custody, save };
}

/** A key that left the custody. */
export interface HandOut {
  readonly time: string;
  readonly detector_id: string;
  readonly box_key_fingerprint: string;
  readonly epoch: number;
  readonly letter: number;
  /** Why, of a key that replaces another; null else. */
  readonly reason: string | null;
}

/** Adds to the list of what was handed out; on disk when it returns. */
export const recordHandOuts = (folder: string, handOuts: readonly HandOut[]): void =>
  addRecords(folder, 'hand-outs.ndjson', handOuts);
