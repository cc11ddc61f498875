import { systemClock } from '@tdc/shared/clock.ts';
import { addConfigOptions, configLayers, formatConfig, type Resolved } from '@tdc/shared/config.ts';
import { homeDirOf } from '@tdc/shared/home-dir.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { newProgram, runProgram } from '@tdc/shared/program.ts';
import { type Command, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { addEnrol } from './commands/add-enrol.ts';
import { addCommands } from './commands/commands.ts';
import { agentConfigOf, effectiveValues, stateHomeOf } from './config.ts';
import { type AgentOptionTable, agentOptions } from './config-options.ts';
import { type Layers, resolvedInForce } from './configuration/layers.ts';
import { remoteLayer } from './configuration/remote-settings.ts';
import type { Context } from './context.ts';
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
  const given = (command: Command) => configLayers(options, command, process.env);
  const layersOf = (command: Command): Layers => {
    const layers = given(command);
    return (configuration) => withIdentity(layers(configuration && remoteLayer(configuration, options)), stateHome);
  };
  const tell = (message: string) => process.stderr.write(`tdc-agent: ${message}\n`);
  const inForce = (command: Command) => resolvedInForce(layersOf(command), stateHome, tell);
  const contextOf = ({ values }: Resolved<AgentOptionTable>): Context => {
    const config = agentConfigOf(values, stateHome);
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

  addCommands(program, (command) => {
    addConfigOptions(command, options);
    return {
      contextOf: () => contextOf(inForce(command)),
      layersOf: () => {
        const layers = layersOf(command);
        return (configuration) => contextOf(layers(configuration));
      },
    };
  });

  addEnrol(program, { options, resolved: (command) => given(command)(), stateHome, clock: systemClock, signal });
  const check = program
    .command('config')
    .description('work with the configuration')
    .command('check')
    .description('print every option with its value and where it comes from, or everything that is wrong with them')
    .addOption(new Option('--output <format>', 'how to print it').choices(['table', 'json']).default('table'));
  addConfigOptions(check, options).action((flags: { output: 'table' | 'json' }) => {
    const found = inForce(check);
    const config = agentConfigOf(found.values, stateHome);
    process.stdout.write(formatConfig({ ...found, values: effectiveValues(found.values, config) }, flags.output));
  });
  await program.parseAsync(argv, { from: 'user' });
});
