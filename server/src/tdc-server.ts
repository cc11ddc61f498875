import { homedir } from 'node:os';
import { systemClock } from '@tdc/shared/clock.ts';
import { addConfigOptions, type Resolved, resolveConfig } from '@tdc/shared/config.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { newProgram, runProgram } from '@tdc/shared/program.ts';
import type { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { checkConfig } from './commands/config.ts';
import { serve } from './commands/serve.ts';
import { type ServerOptions, serverConfigOf, serverOptions } from './config.ts';

const options = serverOptions(process.env, homedir());

await runProgram('tdc-server', async (argv, signal) => {
  const program = newProgram(
    'tdc-server',
    'Takes events from detectors, keeps them, and answers for them',
    packageJson.version,
  );
  const resolved = (command: Command): Resolved<ServerOptions> => resolveConfig(options, command, process.env);

  const serveCommand = program.command('serve').description('run the services');
  addConfigOptions(serveCommand, options).action(async () => {
    const config = serverConfigOf(resolved(serveCommand).values);
    await serve(config, systemClock, createLogger({ level: config.logLevel }), signal);
  });

  const check = program
    .command('config')
    .description('work with the configuration')
    .command('check')
    .description('print every option with its value and where it comes from, or everything that is wrong with them')
    .option('--output <format>', 'table or json', 'table');
  addConfigOptions(check, options).action((flags: { output: string }) => {
    checkConfig(resolved(check), flags.output, process.stdout);
  });
  await program.parseAsync(argv, { from: 'user' });
});
