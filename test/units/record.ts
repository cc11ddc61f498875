/**
 * Records what the agent asks of the kernel, so that its unit can be compared with it: `node test/units/record.ts`, as root, with strace, tcpdump
 * and iw.
 *
 * An agent runs without root and with the unit's capabilities, hears the simulated road and a program, sends to a server, tells a service
 * manager, answers `status`, and stops; the processes at the radios run as far as they come on this machine, and tcpdump captures from
 * loopback, which for the kernel is the same as a radio that monitors.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listenForNotifications } from '@tdc/shared/notify-listener.ts';
import { makeKeyFile } from '../src/harness/agent.ts';
import { Program, runProgram } from '../src/harness/program.ts';
import { startServer } from '../src/harness/server.ts';
import { temporaryDirectory } from '../src/harness/temporary-directory.ts';
import { until } from '../src/harness/until.ts';
import { accessOf, addressFamiliesFile, filesFile, systemCallsFile } from './access.ts';

const root = join(import.meta.dirname, '../..');
const nobody = 65_534;
const watchdogMs = 3000;

function own(path: string): void {
  mkdirSync(path, { recursive: true });
  chownSync(path, nobody, nobody);
}

/** Strace as a grandchild, so that a signal to the process that is started reaches the agent. */
const traced = (file: string): string[] => [
  ...['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
  ...['--inh-caps=-all,+net_raw,+net_admin', '--ambient-caps=-all,+net_raw,+net_admin', '--no-new-privs'],
  ...['strace', '-D', '-f', '-qq', '-s', '4096', '-o', file],
];

async function traceAgent(directory: string, traceFile: string): Promise<void> {
  const [state, cache] = [join(directory, 'state'), join(directory, 'cache')];
  await using server = await startServer(directory);
  await using listener = await listenForNotifications(directory);
  chmodSync(listener.socket, 0o666);
  const keyFile = await makeKeyFile(directory, Date.now());
  own(state);
  own(cache);
  const keyText = readFileSync(keyFile, 'utf8');
  const flags = ['--detector-id', 'D1', '--state-dir', state];
  const env = { NODE_COMPILE_CACHE: cache, NOTIFY_SOCKET: listener.socket, WATCHDOG_USEC: `${1000 * watchdogMs}` };
  const common = { directory, env, command: traced(traceFile) };
  const network = join(root, 'deploy/demo/road.yaml');
  await runProgram('tdc', ['network', 'apply', network, '--collector', server.collector, '--query', server.query], {
    directory,
  });
  await runProgram('tdc-agent', ['key', 'import', ...flags], { ...common, stdin: keyText });
  await using agent = new Program(
    'tdc-agent',
    [
      ...['run', ...flags, '--collector-address', server.collector, '--scanners', 'simulated,exec,ble,classic'],
      ...['--simulation-network-file', network, '--simulation-vehicles-per-hour', '20000'],
      ...[
        '--passage-gap-seconds',
        '2',
        '--status-interval-seconds',
        '1',
        '--exec-command',
        'sleep 1000',
        '--clock-trust',
      ],
    ],
    { ...common, command: traced(`${traceFile}.run`) },
  );
  await until(
    'acknowledged events',
    async () => {
      const { code, stdout } = await runProgram('tdc-agent', ['status', ...flags, '--output', 'json'], { directory });
      if (code !== 0) return undefined;
      const { events } = JSON.parse(stdout) as { events: { acknowledged: number } };
      return Number(events.acknowledged) > 10 ? true : undefined;
    },
    { timeoutMs: 120_000, pollMs: 2000 },
  );
  agent.kill('SIGTERM');
  await agent.exitsWith(0);
}

/** An agent that trusts its clock does not ask for it. */
function traceClock(traceFile: string): void {
  const [program = '', ...args] = [
    ...traced(traceFile),
    'timedatectl',
    'show',
    '--property=NTPSynchronized',
    '--value',
  ];
  spawnSync(program, args, { stdio: 'ignore', timeout: 30_000 });
}

/** It ends as soon as it finds no adapter of that number, or no Bluetooth at all. */
function traceRadio(kind: 'ble' | 'classic', traceFile: string): void {
  const script = join(root, 'agent/src/scanners/bluetooth/radio-process.ts');
  const [program = '', ...args] = [...traced(traceFile), process.execPath, script, kind, 'hci9'];
  spawnSync(program, args, { stdio: ['pipe', 'ignore', 'ignore', 'pipe'], timeout: 30_000 });
}

/** The programs of the scanner wifi-monitor, as it calls them. */
function traceWifi(traceFile: string): void {
  const capture = ['-i', 'lo', '--immediate-mode', '-s', '512', '-U', '-w', '-', 'udp or tcp'];
  const commands = [
    `timeout 3 tcpdump ${capture.map((word) => `'${word}'`).join(' ')} >/dev/null`,
    ...['iw phy', 'iw dev lo info', 'iw dev lo set channel 6', 'ip link set dev lo up', 'ip route show default'],
  ];
  const [program = '', ...args] = [...traced(traceFile), 'sh', '-c', commands.join('; ')];
  const { stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    timeout: 30_000,
  });
  if (!/packets captured/.test(stderr)) throw new Error(`tcpdump did not capture: ${stderr}`);
}

await using directory = await temporaryDirectory();
chmodSync(directory.path, 0o755);
const traces = join(directory.path, 'traces');
own(traces);
const names = ['agent', 'agent.run', 'ble', 'classic', 'clock', 'wifi'].map((name) => join(traces, name));
await traceAgent(directory.path, names[0] ?? '');
traceRadio('ble', names[2] ?? '');
traceRadio('classic', names[3] ?? '');
traceClock(names[4] ?? '');
traceWifi(names[5] ?? '');
const places = [
  [join(directory.path, 'state'), '/var/lib/tdc-agent'],
  [join(directory.path, 'cache'), '/var/cache/tdc-agent'],
  [directory.path, '/run'],
  [root, '/usr/lib/tdc-agent'],
] as const;
const { systemCalls, files, addressFamilies } = accessOf(
  names.map((name) => readFileSync(name, 'utf8')).join('\n'),
  places,
);
writeFileSync(systemCallsFile, `${systemCalls.join('\n')}\n`);
writeFileSync(filesFile, `${files.join('\n')}\n`);
writeFileSync(addressFamiliesFile, `${addressFamilies.join('\n')}\n`);
console.log(`${systemCalls.length} system calls in ${systemCallsFile}, ${files.length} files in ${filesFile}`);
