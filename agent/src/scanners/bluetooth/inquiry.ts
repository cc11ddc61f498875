import type { EventEmitter } from 'node:events';
import type { RadioReport } from '../radio/radio-report.ts';
import {
  inquiryCancelCommand,
  inquiryCommand,
  inquiryMs,
  inquiryOpcode,
  resetOpcode,
  writeInquiryModeCommand,
  writeInquiryModeOpcode,
} from './hci-command.ts';
import { type HciEvent, parseHciPacket } from './hci-packet.ts';

/** An inquiry that has not completed so long after its time was killed, as a reset of the controller does without a word. */
const lateMs = 1500;
/** After a refusal: the controller is busy with somebody else's inquiry or connection. */
const refusedMs = 1000;
/** Failures in a row after which the adapter is given up: ten refusals, or three inquiries without an end, which take 20 s. */
const failuresMax = 10;
const endlessFailures = 4;

/** A raw socket of one adapter, which is open. */
export interface HciSocket extends EventEmitter<{ data: [Buffer]; error: [Error] }> {
  write(packet: Buffer): void;
}

/** What is heard, and how it goes. */
type InquiryReport = Pick<RadioReport, 'heard' | 'malformed' | 'ready' | 'fail'>;

/** Inquires, one short inquiry after the other, until what it returns is called. */
export function inquire(name: string, socket: HciSocket, report: InquiryReport): () => void {
  let failures = 0;
  let mode: 0 | 1 | 2 = 2;
  let isStopped = false;
  let next: NodeJS.Timeout | undefined;

  const goIn = (waitMs: number) => {
    clearTimeout(next);
    next = setTimeout(go, waitMs);
  };
  const go = () => {
    // The end of an inquiry and the word to stop may cross.
    if (isStopped) return;
    socket.write(writeInquiryModeCommand(mode));
    socket.write(inquiryCommand());
    clearTimeout(next);
    next = setTimeout(late, inquiryMs + lateMs);
  };
  const late = () => {
    // Commands to a controller that hangs may wait for it: no inquiry is to run beside the next.
    socket.write(inquiryCancelCommand());
    failed('does not end an inquiry', endlessFailures, 0);
  };
  const failed = (what: string, count: number, waitMs: number) => {
    failures += count;
    if (failures < failuresMax) goIn(waitMs);
    else report.fail(`${name} ${what}: it may be busy with other programs; unplug it if it stays`);
  };
  const take = (event: HciEvent) => {
    switch (event.type) {
      case 'inquiry-result':
        for (const device of event.devices) report.heard({ kind: 'classic', addressType: 'public', ...device });
        return;
      case 'inquiry-complete':
        failures = 0;
        return go();
      case 'command-status':
        if (event.opcode !== inquiryOpcode) return;
        if (event.status !== 0)
          return failed(`refuses inquiries (status 0x${event.status.toString(16)})`, 1, refusedMs);
        return report.ready();
      case 'command-complete':
        if (event.opcode === resetOpcode) return goIn(0);
        // Old controllers know no extended results, and older ones no RSSI.
        if (event.opcode === writeInquiryModeOpcode && event.status !== 0 && mode > 0) {
          mode = mode === 2 ? 1 : 0;
          socket.write(writeInquiryModeCommand(mode));
        }
        return;
      default:
    }
  };

  socket.on('error', (error) => report.fail(`${name}: the Bluetooth socket fails: ${error.message}`));
  socket.on('data', (packet) => {
    const parsed = parseHciPacket(packet);
    if (parsed.ok) take(parsed.event);
    else report.malformed(parsed.problem);
  });
  // One that was left behind by a process before this.
  socket.write(inquiryCancelCommand());
  go();
  return () => {
    isStopped = true;
    clearTimeout(next);
    socket.write(inquiryCancelCommand());
  };
}
