import { systemClock } from '@tdc/shared/clock.ts';
import { addConfigOptions, formatConfig, type Resolved, resolveConfig } from '@tdc/shared/config.ts';
import { homeDirOf } from '@tdc/shared/home-dir.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { newProgram, runProgram } from '@tdc/shared/program.ts';
import { type Command, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { addEnrol } from './commands/add-enrol.ts';
import { addCommands } from './commands/commands.ts';
import { type AgentOptionTable, agentConfigOf, agentOptions, effectiveValues, stateHomeOf } from './config.ts';
import { withIdentity } from './enrolment/identity-layer.ts';

// The files of an agent are for nobody else, those that SQLite makes among them.
process.umask(0o077);

const options = agentOptions();
const stateHome = stateHomeOf(process.env, homeDirOf(process.env));

await runProgram('tdc-agent', async (argv, signal) => {
  const program = newProgram(
    'tdc-agent',
    'Hears passing devices at one detector, keeps what it heard, and sends it to the collector',
    packageJson.version,
  );
  const given = (command: Command): Resolved<AgentOptionTable> => resolveConfig(options, command, process.env);
  const resolved = (command: Command): Resolved<AgentOptionTable> => withIdentity(given(command), stateHome);

  addCommands(program, (command) => {
    addConfigOptions(command, options);
    return () => {
      const config = agentConfigOf(resolved(command).values, stateHome);
      return {
        config,
        version: packageJson.version,
        clock: systemClock,
        log: createLogger({ level: config.logLevel }),
        signal,
        stdout: process.stdout,
        stderr: process.stderr,
      };
    };
  });

  addEnrol(program, { options, resolved: given, stateHome, clock: systemClock, signal });
  const check = program
    .command('config')
    .description('work with the configuration')
    .command('check')
    .description('print every option with its value and where it comes from, or everything that is wrong with them')
    .addOption(new Option('--output <format>', 'how to print it').choices(['table', 'json']).default('table'));
  addConfigOptions(check, options).action((flags: { output: 'table' | 'json' }) => {
    const found = resolved(check);
    const config = agentConfigOf(found.values, stateHome);
    process.stdout.write(formatConfig({ ...found, values: effectiveValues(found.values, config) }, flags.output));
  });
  await program.parseAsync(argv, { from: 'user' });
});
