import type { Command } from 'commander';
import type { Run } from '../context.ts';
import { addExportDetectorsCommand } from './export-detectors.ts';
import { addExportEstimatesCommand } from './export-estimates.ts';
import { addExportEventsCommand } from './export-events.ts';
import { addExportLinksCommand } from './export-links.ts';
import { addExportMatchesCommand } from './export-matches.ts';
import { addExportRoutesCommand } from './export-routes.ts';

/** `tdc export` */
export function addExportCommands(program: Command, run: Run): void {
  const command = program.command('export').description('files in the formats of other systems');
  addExportLinksCommand(command, run);
  addExportRoutesCommand(command, run);
  addExportDetectorsCommand(command, run);
  addExportEstimatesCommand(command, run);
  addExportMatchesCommand(command, run);
  addExportEventsCommand(command, run);
}
