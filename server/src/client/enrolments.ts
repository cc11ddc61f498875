import { type Enrolment, EnrolmentState } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import type { Command } from 'commander';
import type { Row } from '../formats/row.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { print, writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { isoOfNs, timeTextOfNs } from './times.ts';

export interface EnrolCreateOptions {
  readonly detector: string;
  /** host:port at which the box reaches the collector. */
  readonly address?: string;
}

export function addEnrolCommands(program: Command, run: Run): void {
  const enrol = program.command('enrol').description('let boxes become detectors of the network; for admins');
  enrol
    .command('create')
    .description('make a token with which one box enrols, and print it, this once')
    .requiredOption('--detector <id>', 'the detector that the box becomes')
    .option('--address <host:port>', "where the box reaches the collector; by default the server's enrolment.address")
    .action((options: EnrolCreateOptions, command: Command) =>
      run(command, (context) => enrolCreate(context, options)),
    );
  enrol
    .command('list')
    .description('the enrolments, without their tokens')
    .action((_flags: object, command: Command) => run(command, enrolList));
  enrol
    .command('cancel')
    .description("make a detector's token void; a certificate that was got with it stays")
    .requiredOption('--detector <id>', 'the detector')
    .action((options: { readonly detector: string }, command: Command) =>
      run(command, (context) => enrolCancel(context, options.detector)),
    );
}

/** `tdc enrol create`: the token on standard output, what it is on standard error; or both as data. */
export async function enrolCreate(context: ClientContext, { detector, address }: EnrolCreateOptions): Promise<void> {
  const request = { detectorId: detector, collectorAddress: address ?? '' };
  const { token, enrolment } = await ask(context, 'enrolment', context.enrolment.createEnrolment, request);
  if (enrolment === undefined) throw new Error('the server made an enrolment and does not say which');
  if (context.config.output === 'table') {
    const until = timeTextOfNs(enrolment.expiresAtNs, context.config);
    context.stderr.write(`tdc: good for one box, until ${until}; on the box: tdc-agent enrol, and this line\n`);
    await print(context.stdout, `${token}\n`, context.signal);
    return;
  }
  const view = enrolmentView(context);
  const withToken: View<Enrolment> = {
    ...view,
    fields: ['token', ...view.fields],
    record: (item) => ({ token, ...view.record(item) }),
  };
  await writeRows(context, withToken, [enrolment]);
}

/** `tdc enrol list` */
export async function enrolList(context: ClientContext): Promise<void> {
  const { enrolments } = await ask(context, 'enrolment', context.enrolment.listEnrolments, {});
  await writeRows(context, enrolmentView(context), enrolments);
}

/** `tdc enrol cancel` */
export async function enrolCancel(context: ClientContext, detectorId: string): Promise<void> {
  await ask(context, 'enrolment', context.enrolment.cancelEnrolment, { detectorId });
  context.stderr.write(`tdc: the token of ${detectorId} is void\n`);
}

const stateWords = new Map<EnrolmentState, string>([
  [EnrolmentState.ENROLMENT_STATE_OPEN, 'open'],
  [EnrolmentState.ENROLMENT_STATE_USED, 'used'],
  [EnrolmentState.ENROLMENT_STATE_EXPIRED, 'expired'],
]);
const stateOf = ({ state }: Enrolment): string => stateWords.get(state) ?? `state ${state}`;

const enrolmentView = ({ config }: ClientContext): View<Enrolment> => ({
  columns: [
    { title: 'detector', text: ({ detectorId }) => detectorId },
    { title: 'state', text: stateOf },
    { title: 'created', text: ({ createdAtNs }) => timeTextOfNs(createdAtNs, config) },
    { title: 'expires', text: ({ expiresAtNs }) => timeTextOfNs(expiresAtNs, config) },
    { title: 'certificate', text: ({ serial }) => serial },
  ],
  fields: ['detector', 'state', 'created', 'expires', 'certificate'],
  record: (enrolment): Row => ({
    detector: enrolment.detectorId,
    state: stateOf(enrolment),
    created: isoOfNs(enrolment.createdAtNs),
    expires: isoOfNs(enrolment.expiresAtNs),
    certificate: enrolment.serial === '' ? null : enrolment.serial,
  }),
});
