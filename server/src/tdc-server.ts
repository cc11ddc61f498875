import { systemClock } from '@tdc/shared/clock.ts';
import { addConfigOptions, type Resolved, resolveConfig } from '@tdc/shared/config.ts';
import { homeDirOf } from '@tdc/shared/home-dir.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { type EstimatorName, estimatorNames } from '@tdc/shared/network.ts';
import { newProgram, runProgram } from '@tdc/shared/program.ts';
import { type Command, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { type Role, roles } from './access/principal.ts';
import { addAuthority } from './commands/add-authority.ts';
import { checkConfig } from './commands/config.ts';
import { serve } from './commands/serve.ts';
import { repositoryOf, type ServerOptions, serverConfigOf, serverOptions, serviceManager } from './config.ts';
import { traceFields } from './tracing/tracing.ts';

interface EstimateFlags {
  readonly network: string;
  readonly out: string;
  readonly every: string;
  readonly estimator: EstimatorName;
  readonly rotating: boolean;
}

const options = serverOptions(process.env, homeDirOf(process.env));

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
    const traced = config.tracing === undefined ? {} : { fields: traceFields };
    const logger = createLogger({ level: config.logLevel, ...traced });
    await serve({ config, clock: systemClock, logger, manager: serviceManager() }, signal);
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
  addAuthority(program, systemClock);
  const copy = program
    .command('repository')
    .description('work with repositories')
    .command('copy')
    .description('copy everything of one repository into another; interrupted, it goes on where it stopped')
    .addOption(new Option('--from <type>', 'where from').choices(['sqlite', 'etcd']).makeOptionMandatory())
    .addOption(new Option('--to <type>', 'where to').choices(['sqlite', 'etcd']).makeOptionMandatory());
  addConfigOptions(copy, options).action(async ({ from, to }: { from: 'sqlite' | 'etcd'; to: 'sqlite' | 'etcd' }) => {
    const { values } = resolved(copy);
    const { copyRepository } = await import('./commands/copy-repository.ts');
    const copied = await copyRepository(
      {
        from: repositoryOf(values, from),
        to: repositoryOf(values, to),
        clock: systemClock,
        logger: createLogger({ level: values['log.level'], output: process.stderr }),
        report: (text) => process.stderr.write(`tdc-server: ${text}\n`),
      },
      signal,
    );
    process.stdout.write(`${JSON.stringify(copied)}\n`);
  });
  const create = program
    .command('token')
    .description("operators' tokens")
    .command('create')
    .description('make a token in the repository itself, without a server: the first admin of a network')
    .requiredOption('--name <name>', 'whose it is: letters, digits and _.@-')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--expires <duration>', 'how long it is good, at most 366d', '90d');
  addConfigOptions(create, options).action(async (flags: { name: string; role: Role; expires: string }) => {
    const { values } = resolved(create);
    const { createTokenInRepository } = await import('./commands/token-create.ts');
    const { stdout, stderr } = process;
    const logger = createLogger({ level: values['log.level'], output: stderr });
    await createTokenInRepository(
      { repository: repositoryOf(values), ...flags, clock: systemClock, logger, stdout, stderr },
      signal,
    );
  });
  program
    .command('estimate')
    .description('the travel times of a file of events, as they would have been known at the time')
    .argument('<events>', 'events as tdc-agent replay --out writes them (NDJSON, or in gzip)')
    .requiredOption('--network <file>', 'the network (YAML or JSON)')
    .requiredOption('--out <file>', 'where to write the estimates (CSV)')
    .option('--every <seconds>', 'seconds from one estimate of a link to the next', '60')
    .addOption(new Option('--estimator <name>', 'how to estimate').choices(estimatorNames).default(estimatorNames[0]))
    .option('--no-rotating', 'leave out rotating addresses (resolvable BLE)')
    .action(async (events: string, flags: EstimateFlags) => {
      const { estimateFile } = await import('./commands/estimate.ts');
      const { network, out, every, estimator, rotating } = flags;
      const lines = await estimateFile(
        { events, network, out, everySeconds: Number(every), estimator, rotating },
        signal,
      );
      process.stdout.write(`${JSON.stringify({ file: out, estimates: lines })}\n`);
    });
  await program.parseAsync(argv, { from: 'user' });
});
