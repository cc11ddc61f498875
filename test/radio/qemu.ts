import { join } from 'node:path';
import type { Architecture } from '../../deploy/packages/package-kind.ts';
import { emulations } from './architecture.ts';
import type { GuestImage } from './guest-image.ts';

/** What one machine has for itself. */
export interface MachineParts {
  readonly architecture: Architecture;
  readonly image: GuestImage;
  /** Its system is a copy of the image's, in the machine's folder, and keeps what is written to it. */
  readonly keepsSystem: boolean;
  /** Folder that the guest can read. */
  readonly shared: string;
  /** Folder of this machine: its disks, its sockets, what its console says. */
  readonly folder: string;
  readonly memoryMib: number;
  /** What its clock says when it boots, such as `1970-01-01T00:00:00`; what this machine's does where that is absent. */
  readonly clock?: string | undefined;
}

/** Where the guest reaches the loopback of the machine that the tests run on. */
export const hostAddress = '10.0.2.2';

const kernelWords = ['quiet', 'panic=-1', 'mitigations=off', 'nokaslr', 'random.trust_cpu=on', 'net.ifnames=0'];

/** The command that runs a machine, emulated: a test must not depend on what the processor of this machine lends to others. */
export function qemuCommand(parts: MachineParts): readonly [string, ...string[]] {
  const { architecture, image, keepsSystem, shared, folder, memoryMib, clock } = parts;
  const { command, console, bluetooth } = emulations[architecture];
  return [
    ...command,
    ...['-accel', 'tcg,thread=multi', '-smp', '2', '-m', `${memoryMib}`],
    ...['-nodefaults', '-no-user-config', '-nographic', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', [`console=${console}`, ...kernelWords].join(' ')],
    ...(clock === undefined ? [] : ['-rtc', `base=${clock}`]),
    ...[
      '-drive',
      `format=raw,if=none,id=root,${keepsSystem ? kept(systemOf(folder)) : `file=${image.root},snapshot=on`}`,
    ],
    ...['-device', 'virtio-blk-pci,drive=root'],
    ...['-drive', `format=raw,if=none,id=data,${kept(diskOf(folder))}`],
    ...['-device', 'virtio-blk-pci,drive=data'],
    ...['-fsdev', `local,id=shared,path=${shared},security_model=none,readonly=on,multidevs=remap`],
    ...['-device', 'virtio-9p-pci,fsdev=shared,mount_tag=shared'],
    ...['-device', 'virtio-rng-pci'],
    ...['-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=control,path=${controlSocketOf(folder)}`],
    ...['-device', 'virtserialport,chardev=control,name=tdc.control'],
    ...(bluetooth === 'serial port' ? bluetoothPort(folder) : []),
  ];
}

/** A serial port, /dev/hvc0 in the guest, whose other end is a socket. */
const bluetoothPort = (folder: string): readonly string[] => [
  ...['-chardev', `socket,id=bluetooth,path=${bluetoothSocketOf(folder)},server=on,wait=off`],
  ...['-device', 'virtconsole,chardev=bluetooth'],
];

const kept = (file: string): string => `file=${file},cache=writeback`;

/** Files of a machine in its folder. */
export const systemOf = (folder: string): string => join(folder, 'system.img');
export const diskOf = (folder: string): string => join(folder, 'data.img');
/** At which the test waits for the guest's control program. */
export const controlSocketOf = (folder: string): string => join(folder, 'control.sock');
/** At which a Bluetooth controller finds the guest. */
export const bluetoothSocketOf = (folder: string): string => join(folder, 'bluetooth.sock');
export const consoleOf = (folder: string, boot: number): string => join(folder, `console-${boot}.log`);
