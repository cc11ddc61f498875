import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { DetectorCertificate } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import type { Command } from 'commander';
import type { Row } from '../formats/row.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { isoOfNs, timeTextOfNs } from './times.ts';

export interface RevokeOptions {
  readonly serial?: string;
  readonly detector?: string;
  readonly reason: string;
}

export function addCertificateCommands(program: Command, run: Run): void {
  const certificate = program.command('certificate').description("the detectors' certificates");
  certificate
    .command('list')
    .description('the certificates on record')
    .option('--detector <id>', 'of this detector only')
    .action(({ detector }: { readonly detector?: string }, command: Command) =>
      run(command, (context) => certificateList(context, detector)),
    );
  certificate
    .command('revoke')
    .description('revoke one certificate, or all of a detector; its box is refused from its next call on')
    .option('--serial <number>', 'one certificate, as `tdc certificate list` shows it')
    .option('--detector <id>', 'all certificates of a detector, and its token')
    .option('--reason <text>', 'why, for whoever asks later', '')
    .action((options: RevokeOptions, command: Command) =>
      run(command, (context) => certificateRevoke(context, options)),
    );
}

/** `tdc certificate list` */
export async function certificateList(context: ClientContext, detectorId = ''): Promise<void> {
  const { certificates } = await ask(context, 'enrolment', context.enrolment.listCertificates, { detectorId });
  await writeRows(context, certificateView(context), certificates);
}

/** `tdc certificate revoke` */
export async function certificateRevoke(
  context: ClientContext,
  { serial, detector, reason }: RevokeOptions,
): Promise<void> {
  if (serial !== undefined && detector === undefined) {
    await ask(context, 'enrolment', context.enrolment.revokeCertificate, { serial, reason });
    context.stderr.write(`tdc: certificate ${serial} is revoked\n`);
    return;
  }
  if (detector === undefined || serial !== undefined)
    throw new InvalidInputError('expected one of --serial and --detector', { field: '--serial' });
  const request = { detectorId: detector, reason };
  const { revoked } = await ask(context, 'enrolment', context.enrolment.revokeDetector, request);
  context.stderr.write(`tdc: ${revoked} certificates of ${detector} are revoked\n`);
}

function stateOf({ clock }: ClientContext, { revokedAtNs, expiresAtNs }: DetectorCertificate): string {
  if (revokedAtNs !== 0n) return 'revoked';
  return msFromNs(expiresAtNs) <= clock.nowMs() ? 'expired' : 'good';
}

const certificateView = (context: ClientContext): View<DetectorCertificate> => ({
  columns: [
    { title: 'detector', text: ({ detectorId }) => detectorId },
    { title: 'serial', text: ({ serial }) => serial },
    { title: 'state', text: (certificate) => stateOf(context, certificate) },
    { title: 'issued', text: ({ issuedAtNs }) => timeTextOfNs(issuedAtNs, context.config) },
    { title: 'expires', text: ({ expiresAtNs }) => timeTextOfNs(expiresAtNs, context.config) },
    { title: 'reason', text: ({ revocationReason }) => revocationReason },
  ],
  fields: ['detector', 'serial', 'state', 'issued', 'expires', 'revoked', 'reason'],
  record: (certificate): Row => ({
    detector: certificate.detectorId,
    serial: certificate.serial,
    state: stateOf(context, certificate),
    issued: isoOfNs(certificate.issuedAtNs),
    expires: isoOfNs(certificate.expiresAtNs),
    revoked: isoOfNs(certificate.revokedAtNs),
    reason: certificate.revocationReason === '' ? null : certificate.revocationReason,
  }),
});
