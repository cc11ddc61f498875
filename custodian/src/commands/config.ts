import { parseConfigText, textOf } from '@tdc/shared/config-file.ts';
import { signConfiguration } from '@tdc/shared/configuration-letter.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { newKeyPair } from '@tdc/shared/raw-key.ts';
import { detectorIdExpected, isDetectorId, quoted } from '@tdc/shared/wire.ts';
import {
  type ConfigAuthor,
  configAuthorFingerprint,
  createConfigAuthor,
  openConfigAuthor,
  recordSigned,
} from '../config-author.ts';
import type { Context } from '../context.ts';
import { letterLine } from '../letter-line.ts';
import { readNewPassphrase, readPassphrase } from '../passphrase.ts';
import { newSeal } from '../sealed-text.ts';

/** `tdc-custodian config init`: a new author of configurations. */
export async function configInit({ folder, passphrase, scryptCost, stdout }: Context): Promise<void> {
  const made: ConfigAuthor = { author: newKeyPair('ed25519'), sequence: 0 };
  const seal = await newSeal(await readNewPassphrase(passphrase), scryptCost);
  createConfigAuthor(folder, seal, made);
  stdout.write(
    `made an author of configurations in ${folder}\nconfig.author of its boxes: ${configAuthorFingerprint(made)}\n`,
  );
}

/** `tdc-custodian config show`: everything but the secret. */
export async function configShow({ folder, passphrase, stdout }: Context): Promise<void> {
  const { content } = await openConfigAuthor(folder, await readPassphrase(passphrase));
  const last = content.sequence === 0 ? 'none' : `${content.sequence}`;
  stdout.write(`author       ${configAuthorFingerprint(content)}\nlast letter  ${last}\n`);
}

/**
 * `tdc-custodian config sign`: letters with settings, a line each (NDJSON). Their number is taken and what is signed is on record before any letter leaves. Which
 * settings there are, and which may come by letter, is known by the boxes, which refuse what they do not know with a reason.
 */
export async function configSign(context: Context, file: string, detectorIds: readonly string[]): Promise<void> {
  const { folder, clock, stdout, stderr } = context;
  const text = textOf(file);
  // That it is a mapping; the names in it are for the boxes to judge.
  parseConfigText(file, text, []);
  for (const detectorId of detectorIds) {
    if (isDetectorId(detectorId)) continue;
    const message = `detector ${quoted(detectorId)}: expected ${detectorIdExpected}`;
    throw new InvalidInputError(message, { field: 'detectors' });
  }
  const { content, save } = await openConfigAuthor(folder, await readPassphrase(context.passphrase));
  const sequence = content.sequence + 1;
  const signedAtMs = clock.nowMs();
  const letters = [...new Set(detectorIds)].map((detectorId) => ({
    detectorId,
    body: signConfiguration({ detectorId, sequence, signedAtMs, text }, content.author),
  }));
  save({ ...content, sequence });
  const time = new Date(signedAtMs).toISOString();
  recordSigned(
    folder,
    letters.map(({ detectorId }) => ({ time, detector_id: detectorId, letter: sequence, configuration: text })),
  );
  for (const letter of letters) stdout.write(letterLine({ ...letter, kind: 'configuration', sequence }));
  stderr.write(`tdc-custodian: configuration ${sequence} for ${letters.length} boxes\n`);
}
