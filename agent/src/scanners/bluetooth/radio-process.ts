/**
 * The process at the radio. It runs apart from the agent as the native code of noble and of its socket can crash, hang or close descriptors of
 * others. It ends when its adapter goes down or away, and when the agent does.
 *
 * Arguments: `ble` or `classic`, and the adapter's number. Messages go to descriptor 3; standard input tells that the agent lives.
 */
import { createWriteStream } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { systemClock } from '@tdc/shared/clock.ts';
import { mayI } from '../../machine/capabilities.ts';
import { RadioReport } from '../radio/radio-report.ts';
import { adapterIndex } from './adapter-list.ts';
import { inquiryEvents } from './hci-command.ts';

const [, , kind, adapter = ''] = process.argv;
const index = adapterIndex(adapter);
/** What was last said to the controller is on its way after so long. */
const stopMs = 100;
let stopRadio = () => {};
const report = new RadioReport(createWriteStream('', { fd: 3 }), end, systemClock);

/** Nothing is tidied up: the kernel closes what is open, and the native code is not to be trusted with its own end. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** The error's name only: what else is in it, nobody knows, and an address may be. */
function failWith(error: unknown): void {
  report.fail(`${adapter}: ${error instanceof Error ? error.name : 'an error'} in the code of the radio`);
}

process.on('uncaughtException', failWith);
process.on('SIGINT', () => {});
process.stdin
  .on('close', () => {
    stopRadio();
    setTimeout(end, stopMs);
  })
  .resume();

if (index === undefined) report.fail('expected the name of an adapter');
else if (!mayI('CAP_NET_RAW')) {
  report.fail(
    'Bluetooth needs the capability CAP_NET_RAW: give it to the agent, such as by AmbientCapabilities in its systemd unit',
  );
} else {
  powerUp(index).catch(failWith);
}

async function powerUp(index: number): Promise<void> {
  // What cannot be loaded on this machine is told as well.
  const { watchAdapter } = await import('./adapter-power.ts');
  watchAdapter({
    index,
    onLost: (problem) => report.fail(problem),
    onPowered: (supported) => {
      if (kind === 'ble' && !supported.lowEnergy) return report.fail(`${adapter} has no Bluetooth Low Energy`);
      if (kind === 'classic' && !supported.classic) return report.fail(`${adapter} has no classic Bluetooth`);
      start(index).catch(failWith);
    },
  });
}

async function start(index: number): Promise<void> {
  if (kind === 'ble') {
    const { hearAdvertisements } = await import('./advertisements.ts');
    stopRadio = hearAdvertisements(index, report);
  } else {
    const { inquire } = await import('./inquiry.ts');
    const { openRawSocket } = await import('./raw-socket.ts');
    stopRadio = inquire(adapter, openRawSocket(index, inquiryEvents), report);
  }
  // Else what was compiled would be kept at the end of the process, which is a kill.
  flushCompileCache();
}
