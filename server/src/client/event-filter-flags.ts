import { type DeviceClass, deviceClasses } from '@tdc/shared/device-class.ts';
import { type Kind, kinds } from '@tdc/shared/event.ts';
import type { EventFilter } from '@tdc/shared/generated/tdc/v1/query.ts';
import { deviceClassToWireNumber, isDeviceId, kindToWireNumber, quoted } from '@tdc/shared/wire.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { detectorListFlag, listFlag } from './flags.ts';

/** Which events. */
export interface EventFilterOptions {
  readonly detector?: readonly string[];
  readonly kind?: readonly Kind[];
  readonly deviceClass?: readonly DeviceClass[];
  readonly device?: string;
}

export function addEventFilterOptions(command: Command): Command {
  const isKind = (text: string): text is Kind => kinds.some((kind) => kind === text);
  const isDeviceClass = (text: string): text is DeviceClass => deviceClasses.some((each) => each === text);
  return command
    .addOption(
      new Option('--detector <id>', 'of these detectors; again or with commas for more').argParser(detectorListFlag),
    )
    .addOption(
      new Option('--kind <kind>', 'of these kinds; again or with commas for more')
        .choices(kinds)
        .argParser(listFlag(isKind, kinds.join(', '))),
    )
    .addOption(
      new Option(
        '--device-class <class>',
        'of devices that say they are of these classes; again or with commas for more',
      )
        .choices(deviceClasses)
        .argParser(listFlag(isDeviceClass, deviceClasses.join(', '))),
    )
    .addOption(
      new Option('--device <id>', 'of this pseudonym, in its own epoch or the next').argParser(parseDeviceFlag),
    );
}

export const eventFilterOf = (options: EventFilterOptions): EventFilter => ({
  detectorIds: [...(options.detector ?? [])],
  kinds: (options.kind ?? []).map(kindToWireNumber),
  deviceId: options.device ?? '',
  deviceClasses: (options.deviceClass ?? []).map(deviceClassToWireNumber),
});

function parseDeviceFlag(text: string): string {
  const device = text.toLowerCase();
  if (isDeviceId(device)) return device;
  throw new InvalidArgumentError(`${quoted(text)}: expected 6 to 32 hexadecimal digits.`);
}
