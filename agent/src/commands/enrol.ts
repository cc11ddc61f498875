import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { Clock } from '@tdc/shared/clock.ts';
import { type EnrolmentToken, parseEnrolmentToken } from '@tdc/shared/enrolment-token.ts';
import { TdcError } from '@tdc/shared/errors.ts';
import { forgetSettings } from '../configuration/configuration-file.ts';
import { asOwnerOf } from '../enrolment/as-owner.ts';
import { enrolBox, finishEnrolment } from '../enrolment/enrol-box.ts';
import { detectorOf, type Identity } from '../enrolment/identity-file.ts';
import { TokenFile } from '../enrolment/token-file.ts';

export interface EnrolContext {
  readonly identityFile: string;
  /** Where settings that came by letter are, of a detector. */
  readonly configurationFileOf: (detectorId: string) => string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/**
 * `tdc-agent enrol TOKEN`: makes this box a detector. An argument is seen by everybody on the box, which a token may be: it is good for one use, and used
 * at once. `-` reads it from standard input, and none asks for it.
 */
export async function enrol(context: EnrolContext, given: string | undefined): Promise<void> {
  const token = parseEnrolmentToken(await tokenText(context, given));
  const identity = await enrolAs(context, token, () => {});
  context.stdout.write(nextSteps(identity, context.identityFile));
}

/**
 * `tdc-agent enrol --file FILE`: with the token in a file that somebody has left on the boot partition. Without the file there is nothing to do. The file goes
 * once the box is enrolled; else it stays, and why is beside it.
 */
export async function enrolFromFile(context: EnrolContext, file: string): Promise<void> {
  const tokenFile = new TokenFile(file);
  const line = tokenFile.read();
  if (line === undefined) {
    context.stdout.write(`there is no file ${file}: nothing to do\n`);
    return;
  }
  try {
    const identity = await enrolAs(context, parseEnrolmentToken(line), () => tokenFile.succeeded());
    context.stdout.write(nextSteps(identity, context.identityFile));
  } catch (error) {
    if (error instanceof TdcError) tokenFile.failed(error.message, context.clock.nowMs());
    throw error;
  }
}

/** `onEnrolled` is called when all is on disk, and before it could not be done again. */
async function enrolAs(
  { identityFile, configurationFileOf, clock, signal }: EnrolContext,
  token: EnrolmentToken,
  onEnrolled: () => void,
): Promise<Identity> {
  const folder = dirname(identityFile);
  const identity = await asOwnerOf(folder, () => enrolBox({ token, identityFile, clock }, signal));
  // They may lead to the collector of before.
  const configurationFile = configurationFileOf(detectorOf(identity));
  if (existsSync(configurationFile)) {
    await asOwnerOf(dirname(configurationFile), async () => forgetSettings(configurationFile));
  }
  onEnrolled();
  await asOwnerOf(folder, async () => finishEnrolment(identityFile));
  return identity;
}

async function tokenText({ stdin, stderr }: EnrolContext, given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '-') return given;
  if (given === '-' || !stdin.isTTY) return text(stdin);
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return await lines.question('The token, as "tdc enrol create" printed it: ');
  } finally {
    lines.close();
  }
}

function nextSteps(identity: Identity, identityFile: string): string {
  const { certificate, collectorAddress } = identity;
  return [
    `This box is now detector ${detectorOf(identity)}, and sends to ${collectorAddress}.`,
    `Its key and certificate are in ${identityFile}; the certificate ends ${certificate.validToDate.toISOString()}, and the agent renews it before.`,
    'What is left to do: "tdc-agent doctor", then "systemctl enable --now tdc-agent", or where it runs already "systemctl restart tdc-agent".',
    '',
  ].join('\n');
}
