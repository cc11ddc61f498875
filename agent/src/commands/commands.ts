import { InvalidInputError } from '@tdc/shared/errors.ts';
import { parseDuration, parseTime } from '@tdc/shared/time-text.ts';
import { type Command, Option } from 'commander';
import { placeOf, searchPathOf, serviceManager, stateDirOf } from '../config.ts';
import type { Context, ContextWith } from '../context.ts';

/** What reads the options of the configuration once a command runs. */
export interface Configured {
  /** As the agent of this box works with them now. */
  readonly contextOf: () => Context;
  /** Apart from the configuration by letter, which changes while an agent runs. */
  readonly layersOf: () => ContextWith;
}

/** Gives a command the options of the configuration. */
export type Configure = (command: Command) => Configured;

const interruptedCode = 130;
const failedCode = 1;

// Commands are imported when they run: an agent that runs for years does without the code of the others.

export function addCommands(program: Command, configure: Configure): void {
  addRun(program, configure);
  addReplay(program, configure);
  addSimulate(program, configure);
  addDrain(program, configure);
  addStatus(program, configure);
  addScan(program, configure);
  addDoctor(program, configure);
  addKey(program, configure);
}

function addRun(program: Command, configure: Configure): void {
  const command = program.command('run').description('hear devices and send events, until told to stop');
  const { layersOf } = configure(command);
  command.action(async () => {
    const contextWith = layersOf();
    const { run } = await import('./run.ts');
    await run(contextWith, serviceManager());
  });
}

interface ReplayFlags {
  readonly speed: string;
  readonly times: 'kept' | 'shifted';
  readonly shiftTo?: string;
  readonly send: boolean;
  readonly network?: string;
  readonly out?: string;
}

function addReplay(program: Command, configure: Configure): void {
  const command = program
    .command('replay')
    .description("hear one detector's lines of a recording (CSV, or CSV in gzip), and send the events")
    .argument('<recording>', 'time_ms,detector,kind,address,address_type,rssi')
    .option('--speed <factor>', 'max, or seconds of the recording that pass in a second', 'max')
    .addOption(new Option('--times <which>', 'times of the events').choices(['kept', 'shifted']).default('kept'))
    .option('--shift-to <time>', 'where --times shifted puts the first line of the file: ISO 8601, -2h, or now')
    .option('--no-send', 'leave the events in the outbox and do not connect')
    .option('--network <file>', 'with --out: network whose detectors are replayed, all of them (YAML or JSON)')
    .option('--out <file>', 'write the events of all detectors into a file (NDJSON), and neither store nor send them');
  const { contextOf } = configure(command);
  command.action(async (recording: string, { speed, times, shiftTo, send, network, out }: ReplayFlags) => {
    const context = contextOf();
    if ((network === undefined) !== (out === undefined)) {
      throw new InvalidInputError('--network and --out go together: expected both, or none', { field: '--out' });
    }
    if (network !== undefined && out !== undefined) {
      const { replayToFile } = await import('./replay-to-file.ts');
      endWith(await replayToFile(context, { recording, network, out }));
      return;
    }
    if (shiftTo !== undefined && times !== 'shifted') {
      throw new InvalidInputError(`--shift-to ${shiftTo}: expected with --times shifted only`, { field: '--shift-to' });
    }
    const { replay } = await import('./replay.ts');
    const shiftToMs = times === 'shifted' ? timeOf('--shift-to', shiftTo ?? 'now', context) : undefined;
    endWith(
      await replay(context, placeOf(context.config), {
        recording,
        speed: speedOf(speed),
        ...(shiftToMs === undefined ? {} : { shiftToMs }),
        sends: send,
      }),
    );
  });
}

interface SimulateFlags {
  readonly network?: string;
  readonly past: string;
  readonly seed?: string;
  readonly vehiclesPerHour?: string;
  readonly untilDrained?: true;
  readonly record?: string;
  readonly from?: string;
  readonly duration: string;
}

function addSimulate(program: Command, configure: Configure): void {
  const command = program
    .command('simulate')
    .description('an agent for every detector of a network, all in one process and hearing the same made-up traffic')
    .option('--network <file>', 'network (YAML or JSON); as --simulation-network-file')
    .option('--past <duration>', 'traffic of before now that comes first, as fast as possible', '0s')
    .option('--seed <number>', 'as --simulation-seed')
    .option('--vehicles-per-hour <number>', 'as --simulation-vehicles-per-hour')
    .option('--until-drained', 'end once the past is sent')
    .option('--record <file>', 'write what the detectors would hear into a recording, and send nothing')
    .option('--from <time>', 'where the recording begins: ISO 8601, -2h, or now')
    .option('--duration <duration>', 'how long the recording is', '2h');
  const { contextOf } = configure(command);
  command.action(async (flags: SimulateFlags) => {
    const context = withSimulationFlags(contextOf(), flags);
    const { networkFile } = context.config.simulation;
    if (networkFile === undefined) {
      throw new InvalidInputError('--network is missing: expected the file of a network', { field: '--network' });
    }
    const { recordSimulation, simulate } = await import('./simulate.ts');
    if (flags.record !== undefined) {
      const fromMs = timeOf('--from', flags.from ?? 'now', context);
      const toMs = fromMs + durationOf('--duration', flags.duration);
      endWith(await recordSimulation(context, { network: networkFile, file: flags.record, fromMs, toMs }));
      return;
    }
    endWith(
      await simulate(context, {
        network: networkFile,
        pastMs: durationOf('--past', flags.past),
        endsWhenDrained: flags.untilDrained === true,
      }),
    );
  });
}

/** The short flags of `simulate` stand before the long ones. */
function withSimulationFlags(context: Context, { network, seed, vehiclesPerHour }: SimulateFlags): Context {
  const { config } = context;
  const simulation = {
    ...config.simulation,
    ...(network === undefined ? {} : { networkFile: network }),
    ...(seed === undefined ? {} : { seed: numberOf('--seed', seed, (value) => Number.isInteger(value) && value >= 0) }),
    ...(vehiclesPerHour === undefined
      ? {}
      : {
          vehiclesPerHour: numberOf('--vehicles-per-hour', vehiclesPerHour, (value) => value > 0 && value <= 100_000),
        }),
  };
  return { ...context, config: { ...config, simulation } };
}

function addDrain(program: Command, configure: Configure): void {
  const command = program.command('drain').description('send what is in the outbox, and end when it is empty');
  const { contextOf } = configure(command);
  command.action(async () => {
    const context = contextOf();
    const { drain } = await import('./drain.ts');
    endWith(await drain(context, placeOf(context.config)));
  });
}

function addStatus(program: Command, configure: Configure): void {
  const command = program
    .command('status')
    .description('what the running agent says of itself')
    .addOption(new Option('--output <format>', 'how to print it').choices(['table', 'json']).default('table'));
  const { contextOf } = configure(command);
  command.action(async ({ output }: { output: 'table' | 'json' }) => {
    const context = contextOf();
    const { status } = await import('./status.ts');
    await status(context, stateDirOf(context.config), output);
  });
}

interface ScanFlags {
  readonly seconds?: string;
  readonly output?: 'table' | 'ndjson';
  readonly showRawAddresses?: true;
  readonly shareRadio?: true;
}

function addScan(program: Command, configure: Configure): void {
  const command = program
    .command('scan')
    .description('show what the scanners hear now, as pseudonyms; nothing is stored and nothing is sent')
    .option('--seconds <number>', 'how long; by default until Ctrl-C')
    .addOption(
      new Option('--output <format>', 'how to print it (default: table on a terminal, else ndjson)').choices([
        'table',
        'ndjson',
      ]),
    )
    .option('--share-radio', 'use a radio that a running agent uses too, which makes both hear less')
    .option('--show-raw-addresses', 'show raw addresses beside the pseudonyms, on a terminal and nowhere else');
  const { contextOf } = configure(command);
  command.action(async ({ seconds, output, showRawAddresses, shareRadio }: ScanFlags) => {
    const context = contextOf();
    const { scan } = await import('./scan.ts');
    await scan(context, {
      ...(seconds === undefined
        ? {}
        : { seconds: numberOf('--seconds', seconds, (value) => value > 0 && value <= 86_400) }),
      ...(output === undefined ? {} : { output }),
      showsAddresses: showRawAddresses === true,
      sharesRadio: shareRadio === true,
    });
  });
}

function addDoctor(program: Command, configure: Configure): void {
  const command = program
    .command('doctor')
    .description(
      'look whether this box has what the configured agent needs: radios, rights, programs, clock, disk, key, collector',
    )
    .addOption(new Option('--output <format>', 'how to print it').choices(['table', 'json']).default('table'));
  const { contextOf } = configure(command);
  command.action(async ({ output }: { output: 'table' | 'json' }) => {
    const context = contextOf();
    const { doctor } = await import('./doctor.ts');
    const outcome = await doctor(context, { output, searchPath: searchPathOf() });
    if (outcome === 'problems') process.exitCode = failedCode;
  });
}

function addKey(program: Command, configure: Configure): void {
  const key = program.command('key').description('the key of the network, which makes the pseudonyms');
  const generate = key
    .command('generate')
    .description('make a new key, for the first box of a network')
    .option('--file <file>', 'as --key-file')
    .option('--epoch <number>', 'the key epoch it is for; by default that of now');
  const { contextOf: generateContextOf } = configure(generate);
  generate.action(async ({ file, epoch }: { file?: string; epoch?: string }) => {
    const context = generateContextOf();
    const isEpoch = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 31;
    const number = epoch === undefined ? undefined : numberOf('--epoch', epoch, isEpoch);
    const { generateKeyFile } = await import('./key.ts');
    generateKeyFile(context, file ?? keyFileOf(context), number);
  });
  const request = key
    .command('request')
    .description(
      "what this box asks the key custodian for its key with, and the fingerprint to compare: the box's own key is made if it has none",
    );
  const { contextOf: requestContextOf } = configure(request);
  request.action(async () => {
    const context = requestContextOf();
    const { requestKey } = await import('./key.ts');
    requestKey(context, placeOf(context.config));
  });
  const imported = key
    .command('import')
    .description("take the key of the network's first box, as its file has it, from standard input")
    .option('--file <file>', 'as --key-file');
  const { contextOf: importContextOf } = configure(imported);
  imported.action(async ({ file }: { file?: string }) => {
    const context = importContextOf();
    const { importKeyFile } = await import('./key.ts');
    await importKeyFile(context, file ?? keyFileOf(context), process.stdin);
  });
}

const keyFileOf = ({ config }: Context): string => config.given.keyFile ?? placeOf(config).keyFile;

/** Told to stop before the work was finished: what the shell expects of an interrupted program. */
function endWith(outcome: 'finished' | 'interrupted'): void {
  if (outcome === 'interrupted') process.exitCode = interruptedCode;
}

function speedOf(text: string): 'max' | number {
  return text === 'max' ? 'max' : numberOf('--speed', text, (value) => value > 0);
}

function numberOf(flag: string, text: string, isRight: (value: number) => boolean): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && isRight(value)) return value;
  throw new InvalidInputError(`${flag} ${text}: expected ${numbersExpected.get(flag) ?? 'a number'}`, { field: flag });
}

const numbersExpected = new Map([
  ['--speed', 'max, or a number above 0'],
  ['--seconds', 'a number above 0, at most 86400'],
  ['--seed', 'a whole number from 0'],
  ['--epoch', 'a whole number from 0 to 2147483647'],
  ['--vehicles-per-hour', 'a number above 0, at most 100000'],
]);

function timeOf(flag: string, text: string, { clock }: Context): number {
  return parseTime(text, { nowMs: clock.nowMs(), field: flag });
}

function durationOf(flag: string, text: string): number {
  return parseDuration(text, { field: flag });
}
