import type { Command } from 'commander';
import { detectorCollection } from '../../formats/geojson.ts';
import type { ClientContext, Run } from '../context.ts';
import { addSilentAfterOption, queryDetectorHealth, type SilentAfterOption } from '../detectors.ts';
import { addExportOptions, type ExportOptions, exportTo } from './export.ts';

export type ExportDetectorsOptions = ExportOptions<'geojson'> & SilentAfterOption;

export function addExportDetectorsCommand(program: Command, run: Run): void {
  const command = program.command('detectors').description('the detectors as points on a map, and how they are');
  addSilentAfterOption(addExportOptions(command, ['geojson'])).action(
    (options: ExportDetectorsOptions, command: Command) => run(command, (context) => exportDetectors(context, options)),
  );
}

/** `tdc export detectors` */
export async function exportDetectors(context: ClientContext, options: ExportDetectorsOptions): Promise<void> {
  await exportTo(context, { file: options.file, isBinary: false, what: 'detectors' }, async function* (progress) {
    const detectors = await queryDetectorHealth(context, options);
    progress.rows = detectors.length;
    yield `${JSON.stringify(detectorCollection(detectors))}\n`;
  });
}
