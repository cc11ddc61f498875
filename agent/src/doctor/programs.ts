import type { System } from '../system.ts';
import { type Finding, ok, problem, problemIf } from './finding.ts';
import { scannersThatNeed } from './scanner-needs.ts';

const check = 'programs';

/** Packages of Debian. */
const packages = new Map([
  ['tcpdump', 'tcpdump'],
  ['iw', 'iw'],
  ['ip', 'iproute2'],
  ['nmcli', 'network-manager'],
]);

/** The programs that scanners start. `exec`: the one that is configured for the scanner of that name. */
export async function checkPrograms(
  system: System,
  scanners: readonly string[],
  exec?: string,
): Promise<readonly Finding[]> {
  const found = [...packages].map(([program, name]) => {
    const needing = scannersThatNeed(scanners, ({ programs }) => programs.includes(program));
    const place = system.program(program);
    return place === undefined
      ? problemIf(needing.length > 0, check, `${program} is not in PATH`, `sudo apt-get install ${name}`)
      : ok(check, `${program} is ${place}`);
  });
  return [...found, ...(await networkManager(system, scanners)), ...execFindings(system, scanners, exec)];
}

/** nmcli answers only while NetworkManager runs. */
async function networkManager(system: System, scanners: readonly string[]): Promise<readonly Finding[]> {
  const isNeeded = scannersThatNeed(scanners, ({ programs }) => programs.includes('nmcli')).length > 0;
  if (!isNeeded || system.program('nmcli') === undefined) return [];
  const state = (await system.output('nmcli', ['-t', '-f', 'RUNNING', 'general']))?.trim();
  if (state === 'running') return [ok(check, 'NetworkManager runs')];
  return [problem(check, 'NetworkManager does not run', 'sudo systemctl enable --now NetworkManager')];
}

function execFindings(system: System, scanners: readonly string[], exec: string | undefined): readonly Finding[] {
  if (exec === undefined || !scanners.includes('exec')) return [];
  const place = system.program(exec);
  if (place !== undefined) return [ok(check, `the scanner exec runs ${place}`)];
  return [
    problem(
      check,
      `${exec} of exec.command is not there, or cannot be run`,
      'install it, or give its full path in exec.command',
    ),
  ];
}
