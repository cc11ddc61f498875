import { unreachable } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import type { Command } from 'commander';
import { awamReads } from '../../formats/awam.ts';
import { csvFormat } from '../../formats/csv.ts';
import { type Format, textOf } from '../../formats/format.ts';
import { eventFields, eventRecord } from '../../records/event-record.ts';
import type { ClientContext, Run } from '../context.ts';
import { addEventFilterOptions, type EventFilterOptions, eventFilterOf } from '../event-filter-flags.ts';
import { ndjsonFormat } from '../formats/ndjson.ts';
import { listEvents } from '../list-events.ts';
import { timeRangeFlags } from '../times.ts';
import { addExportOptions, counted, type ExportOptions, exportTo, timeZoneOption } from './export.ts';
import { timeZoneFlag } from './time-zone-flag.ts';

const formats = ['csv', 'ndjson', 'awam'] as const;
type EventFormat = (typeof formats)[number];

export interface ExportEventsOptions extends ExportOptions<EventFormat>, EventFilterOptions {
  readonly from?: string;
  readonly to?: string;
  readonly timeZone: string;
}

export function addExportEventsCommand(program: Command, run: Run): void {
  const command = program
    .command('events')
    .description('events of a time range, the oldest first; awam: the columns of an Individual Address File');
  addEventFilterOptions(addExportOptions(command, formats))
    .option('--from <time>', 'from this reference time on: now, -2h, or ISO 8601')
    .option('--to <time>', 'before this reference time')
    .addOption(timeZoneOption())
    .action((options: ExportEventsOptions, command: Command) =>
      run(command, (context) => exportEvents(context, options)),
    );
}

/** `tdc export events` */
export async function exportEvents(context: ClientContext, options: ExportEventsOptions): Promise<void> {
  const format = formatOf(options.format, timeZoneFlag(options.timeZone));
  const range = timeRangeFlags(context, options);
  const list = { filter: eventFilterOf(options), ...range, order: 'oldest' as const, limit: Number.POSITIVE_INFINITY };
  await exportTo(context, { file: options.file, isBinary: false, what: 'events' }, (progress) =>
    textOf(counted(listEvents(context, list), progress), format),
  );
}

function formatOf(name: EventFormat, timeZone: string): Format<DetectionEvent> {
  switch (name) {
    case 'csv':
      return csvFormat(eventFields, eventRecord, '\r\n');
    case 'ndjson':
      return ndjsonFormat(eventRecord);
    case 'awam':
      return awamReads(timeZone);
    default:
      return unreachable(name);
  }
}
