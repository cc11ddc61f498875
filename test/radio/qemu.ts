import { join } from 'node:path';
import type { GuestImage } from './guest-image.ts';

/** What one machine has for itself. */
export interface MachineParts {
  readonly image: GuestImage;
  /** Folder of the project, which the guest reads at /project. */
  readonly project: string;
  /** Disk of its own, which the guest mounts at /data. */
  readonly disk: string;
  /** Socket at which the test waits for the guest's control program. */
  readonly controlSocket: string;
  readonly memoryMib: number;
}

/** Where the guest reaches the loopback of the machine that the tests run on. */
export const hostAddress = '10.0.2.2';

const kernelWords = [
  'console=ttyS0',
  'quiet',
  'panic=-1',
  'mitigations=off',
  'nokaslr',
  'random.trust_cpu=on',
  'net.ifnames=0',
];

/** The command that runs a machine, emulated: a test must not depend on what the processor of this machine lends to others. */
export function qemuCommand({
  image,
  project,
  disk,
  controlSocket,
  memoryMib,
}: MachineParts): readonly [string, ...string[]] {
  return [
    'qemu-system-x86_64',
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', `${memoryMib}`],
    ...['-nodefaults', '-no-user-config', '-nographic', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', kernelWords.join(' ')],
    // The system starts the same each time: what is written to it goes with the machine.
    ...['-drive', `file=${image.root},format=raw,if=none,id=root,snapshot=on`, '-device', 'virtio-blk-pci,drive=root'],
    ...['-drive', `file=${disk},format=raw,if=none,id=data,cache=writeback`, '-device', 'virtio-blk-pci,drive=data'],
    ...['-fsdev', `local,id=project,path=${project},security_model=none,readonly=on,multidevs=remap`],
    ...['-device', 'virtio-9p-pci,fsdev=project,mount_tag=project'],
    ...['-device', 'virtio-rng-pci'],
    ...['-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=control,path=${controlSocket}`],
    ...['-device', 'virtserialport,chardev=control,name=tdc.control'],
  ];
}

/** Files of a machine in its folder. */
export const diskOf = (folder: string): string => join(folder, 'data.img');
export const controlSocketOf = (folder: string): string => join(folder, 'control.sock');
export const consoleOf = (folder: string, boot: number): string => join(folder, `console-${boot}.log`);
