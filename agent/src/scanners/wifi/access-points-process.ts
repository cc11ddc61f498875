/**
 * The process that lists access points. It runs apart from the agent as node-wifi waits for nmcli without end, keeps its settings in one place for
 * all who use it, and changes the environment of its process.
 *
 * Arguments: the interface, or nothing between quotes for all; seconds between two scans; folders that programs are looked for in. Messages go to
 * descriptor 3; standard input tells that the agent lives.
 */
import { createWriteStream } from 'node:fs';
import { systemClock } from '@tdc/shared/clock.ts';
import wifi from 'node-wifi';
import { systemAt } from '../../system.ts';
import { RadioReport } from '../radio/radio-report.ts';
import { parseAccessPoint } from './access-point.ts';
import { scanProblem, unheardProblem } from './scan-problem.ts';

const [, , name = '', scanSeconds = '', searchPath = ''] = process.argv;
const scanMs = Number(scanSeconds) * 1000;
/** Beyond, nmcli hangs. */
const listMsMax = 25_000;
/** Of one list: more are in no place. */
const accessPointsMax = 1000;
/** Scans in a row that were refused: more than others under way explain. */
const refusalsMin = 3;
const system = systemAt({ root: '/', searchPath });
const report = new RadioReport(createWriteStream('', { fd: 3 }), end, systemClock);

/** With all that it has started: it leads a group of its own. */
function end(): void {
  process.kill(-process.pid, 'SIGKILL');
}

/** The error's name only: what else is in it, nobody knows, and a name of a network may be. */
process.on('uncaughtException', (error) => report.fail(`${error.name} in the code that lists access points`));
process.on('SIGINT', () => {});
process.stdin.on('close', end).resume();

wifi.init({ iface: name === '' ? null : name });
let refusals = 0;
for (;;) {
  await list();
  const wanted = ['device', 'wifi', 'rescan', ...(name === '' ? [] : ['ifname', name])];
  const asked = await system.run('nmcli', wanted);
  // One that is refused while another is under way is nothing.
  refusals = asked.ok ? 0 : refusals + 1;
  report.remark(
    refusals < refusalsMin ? '' : 'NetworkManager does not scan when asked (a rule of polkit?): its own scans are rare',
  );
  // What it hears then is in the next list.
  await new Promise((resolve) => setTimeout(resolve, scanMs));
}

async function list(): Promise<void> {
  const late = setTimeout(() => report.fail('nmcli does not answer: restart NetworkManager'), listMsMax);
  try {
    const networks = await wifi.scan();
    if (networks.length === 0) {
      const problem = await unheardProblem(system, name);
      if (problem !== undefined) return report.fail(problem);
    }
    report.ready();
    for (const network of networks.slice(0, accessPointsMax)) {
      const parsed = parseAccessPoint(network);
      if (!parsed.ok) report.malformed(parsed.problem);
      else if (parsed.address !== undefined) {
        const { address, rssiDbm } = parsed;
        const rssi = rssiDbm === undefined ? {} : { rssiDbm };
        report.heard({ kind: 'wifi', address, addressType: 'unknown', ...rssi });
      }
    }
    if (networks.length > accessPointsMax) report.malformed(`more than ${accessPointsMax} access points at once`);
  } catch (error) {
    report.fail(scanProblem(error, name));
  } finally {
    clearTimeout(late);
  }
}
