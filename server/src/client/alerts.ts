import { randomUUID } from 'node:crypto';
import { type Alert, AlertState } from '@tdc/shared/generated/tdc/v1/alert.ts';
import { type Command, Option } from 'commander';
import { alertStates, type AlertState as StateName } from '../alerts/alert.ts';
import { stateToWire } from '../query/alert-wire.ts';
import { alertRecord, alertStateName, causeName } from '../records/alert-record.ts';
import type { ClientConfig } from './config.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { numberFlag } from './flags.ts';
import { rowWriter, writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { timeTextOfNs } from './times.ts';

export interface AlertsOptions {
  readonly state?: StateName;
  readonly subject?: string;
  readonly closed?: number;
}

function alertView(config: Pick<ClientConfig, 'utc'>): View<Alert> {
  return {
    columns: [
      { title: 'alert', text: ({ id }) => id },
      { title: 'state', text: ({ state }) => alertStateName(state), widthMin: 12 },
      { title: 'subject', text: ({ subject }) => subject },
      { title: 'cause', text: ({ cause }) => causeName(cause) },
      { title: 'opened', text: ({ openedAtNs }) => timeTextOfNs(openedAtNs, config) },
      { title: 'what', text: ({ detail, closedDetail }) => (closedDetail === '' ? detail : closedDetail) },
      { title: 'by', text: ({ acknowledgedBy, note }) => `${acknowledgedBy}${note === '' ? '' : `: ${note}`}` },
    ],
    fields: [
      ...['id', 'cause', 'subject', 'state', 'opened_at', 'detail', 'acknowledged_by', 'acknowledged_at', 'note'],
      ...['closed_at', 'closed_detail'],
    ],
    record: alertRecord,
  };
}

export function addAlertsCommand(program: Command, run: Run): void {
  program
    .command('alerts')
    .description('what somebody should see to: alerts that are not closed, and with --closed those that are')
    .addOption(new Option('--state <state>', 'in this state').choices(alertStates))
    .option('--subject <id>', 'of this detector, such as D1, or link, such as D1:D2')
    .addOption(
      new Option('--closed <number>', 'and so many that are closed, the newest first (default: 0)').argParser(
        numberFlag({ min: 1, max: 100_000, whole: true }),
      ),
    )
    .action((options: AlertsOptions, command: Command) => run(command, (context) => alerts(context, options)));
  program
    .command('alert')
    .description('one alert')
    .command('ack')
    .description('says that you see to an alert')
    .argument('<id>', 'the alert')
    .option('--note <text>', 'what to say of it')
    .action((id: string, options: { readonly note?: string }, command: Command) =>
      run(command, (context) => acknowledge(context, id, options)),
    );
}

/** `tdc alerts` */
export async function alerts(context: ClientContext, options: AlertsOptions): Promise<void> {
  const { state, subject = '' } = options;
  const writer = rowWriter(context, alertView(context.config));
  let left = options.closed ?? (state === 'closed' ? 100 : 0);
  let pageToken = '';
  do {
    const request = { state: state === undefined ? AlertState.ALERT_STATE_UNSPECIFIED : stateToWire[state], subject };
    const page = await ask(context, 'alert', context.alert.listAlerts, {
      ...{ ...request, pageToken, pageSize: Math.min(1000, Math.max(1, left)) },
    });
    const isClosed = (each: Alert) => each.state === AlertState.ALERT_STATE_CLOSED;
    const closed = page.alerts.filter(isClosed).slice(0, left);
    await writer.write([...page.alerts.filter((each) => !isClosed(each)), ...closed]);
    left -= closed.length;
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && left > 0);
  await writer.end();
}

/** `tdc alert ack` */
export async function acknowledge(
  context: ClientContext,
  id: string,
  { note = '' }: { readonly note?: string },
): Promise<void> {
  const request = { id, note, requestId: randomUUID() };
  const { alert } = await ask(context, 'alert', context.alert.acknowledgeAlert, request);
  await writeRows(context, alertView(context.config), alert === undefined ? [] : [alert]);
}
