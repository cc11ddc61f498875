import type { LinkEnds, Match } from '@tdc/shared/generated/tdc/v1/query.ts';
import { msFromNs, nsFromMs } from '@tdc/shared/wire.ts';
import { type Command, Option } from 'commander';
import { matchFields, matchReasonName, matchRecord } from '../records/match-record.ts';
import type { ClientConfig } from './config.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { parseLinkFlag } from './link-flag.ts';
import { secondsText, timeFlag, timeText } from './times.ts';

function matchView(config: Pick<ClientConfig, 'utc'>): View<Match> {
  return {
    columns: [
      { title: 'departed', text: ({ departedNs }) => timeText(msFromNs(departedNs), config) },
      { title: 'arrived', text: ({ arrivedNs }) => timeText(msFromNs(arrivedNs), config) },
      { title: 'time', text: ({ travelSeconds }) => secondsText(travelSeconds), align: 'right' },
      { title: 'address', text: ({ rotating }) => (rotating ? 'rotating' : 'fixed') },
      { title: 'weight', text: ({ weight }) => weight.toFixed(2), align: 'right' },
      { title: 'why', text: matchReasonName },
    ],
    fields: matchFields,
    record: matchRecord,
  };
}

export interface MatchesOptions {
  readonly link: LinkEnds;
  readonly from: string;
  readonly to: string;
}

export function addMatchesCommand(program: Command, run: Run): void {
  program
    .command('matches')
    .description('the matches of a link by arrival, and how each counted; made anew from the events')
    .addOption(new Option('--link <from:to>', 'the link').argParser(parseLinkFlag).makeOptionMandatory())
    .option('--from <time>', 'from this arrival on: -2h, or ISO 8601', '-1h')
    .option('--to <time>', 'before this arrival', 'now')
    .action((options: MatchesOptions, command: Command) => run(command, (context) => matches(context, options)));
}

/** `tdc matches` */
export async function matches(context: ClientContext, { link, from, to }: MatchesOptions): Promise<void> {
  const request = {
    link,
    fromNs: nsFromMs(timeFlag(context, '--from', from)),
    toNs: nsFromMs(timeFlag(context, '--to', to)),
  };
  const response = await ask(context, 'query', context.query.listMatches, request);
  await writeRows(context, matchView(context.config), response.matches);
}
