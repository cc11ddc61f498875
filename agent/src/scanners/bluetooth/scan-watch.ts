import { commandCompleteEvents, scanEnableOpcodes } from './hci-command.ts';
import { parseHciPacket } from './hci-packet.ts';
import { openRawSocket } from './raw-socket.ts';

/**
 * Tells how the controller answered each command that starts or ends a scan, whoever gave it: noble takes the first answer, which is to the end
 * of the scan before, for the start of the next, and passes over refusals.
 */
export function watchScanCommands(index: number, onAnswer: (status: number) => void): void {
  const socket = openRawSocket(index, commandCompleteEvents);
  socket.on('error', () => {
    // No answers are taken for none by whoever waits for them.
  });
  socket.on('data', (packet) => {
    const parsed = parseHciPacket(packet);
    if (!parsed.ok || parsed.event.type !== 'command-complete') return;
    const { opcode, status } = parsed.event;
    if (status !== undefined && scanEnableOpcodes.includes(opcode)) onAnswer(status);
  });
}
