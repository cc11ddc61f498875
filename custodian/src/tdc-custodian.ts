import { systemClock } from '@tdc/shared/clock.ts';
import { newProgram, runProgram } from '@tdc/shared/program.ts';
import type { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { addGlobalOptions, type Context, type GlobalFlags } from './context.ts';
import { scryptCost } from './sealed-text.ts';

// What is in custody is for nobody else.
process.umask(0o077);

const failedCode = 1;

await runProgram('tdc-custodian', async (argv, signal) => {
  const program = newProgram(
    'tdc-custodian',
    'Has the key of a network in custody, and hands it to boxes in sealed letters; or signs settings for boxes. It needs no network connection',
    packageJson.version,
  );
  addCommands(program, ({ folder, passphraseFile }) => ({
    folder,
    passphrase: {
      ...(passphraseFile !== undefined && { file: passphraseFile }),
      stdin: process.stdin,
      stderr: process.stderr,
      signal,
    },
    clock: systemClock,
    scryptCost,
    stdout: process.stdout,
    stderr: process.stderr,
  }));
  await program.parseAsync(argv, { from: 'user' });
});

function addCommands(program: Command, contextOf: (flags: GlobalFlags) => Context): void {
  addCustodyCommands(program, contextOf);
  const config = program
    .command('config')
    .description('settings of boxes, signed by their author, who need not be the key custodian');
  addGlobalOptions(
    config.command('init').description('make an author: a key that signs letters'),
    'config-author',
  ).action(async (flags) => (await import('./commands/config.ts')).configInit(contextOf(flags)));
  addGlobalOptions(config.command('show').description('the author, without the secret'), 'config-author').action(
    async (flags) => (await import('./commands/config.ts')).configShow(contextOf(flags)),
  );
  addGlobalOptions(config.command('sign').description('write letters with settings for boxes'), 'config-author')
    .argument('<settings>', 'file in YAML, as the configuration of an agent: all that boxes are to have by letter')
    .argument('<detectors...>', 'the detectors whose boxes they are for')
    .action(async (settings, detectors, flags) =>
      (await import('./commands/config.ts')).configSign(contextOf(flags), settings, detectors),
    );
}

function addCustodyCommands(program: Command, contextOf: (flags: GlobalFlags) => Context): void {
  addGlobalOptions(
    program.command('init').description('make a custody: the key of a network and a key that signs letters'),
  )
    .option('--network <name>', 'name of the network')
    .option('--time-zone <zone>', 'its time zone, at whose 03:00 the key changes, such as Europe/Berlin')
    .option('--key-file <file>', 'take over the key of a network that works already, with its name and zone')
    .action(async (flags) => (await import('./commands/init.ts')).init(contextOf(flags), flags));
  addGlobalOptions(program.command('show').description('what is in custody, without the secrets')).action(
    async (flags) => (await import('./commands/show.ts')).show(contextOf(flags)),
  );
  addGlobalOptions(
    program.command('approve').description('take a box for ours, by the fingerprint that its installer reads out'),
  )
    .argument('<detector>', 'the detector that the box is for')
    .argument('<fingerprint>', 'as "tdc-agent key request" shows it on the box')
    .action(async (detectorId, fingerprint, flags) =>
      (await import('./commands/boxes.ts')).approve(contextOf(flags), detectorId, fingerprint),
    );
  addGlobalOptions(program.command('forget').description('give a box no more letters'))
    .argument('<detector>', 'the detector that the box is for')
    .action(async (detectorId, flags) => (await import('./commands/boxes.ts')).forget(contextOf(flags), detectorId));
  addGlobalOptions(program.command('hand-out').description('write letters with the key for the boxes that ask for it'))
    .argument('<requests>', 'file of "tdc boxes --output ndjson" or "tdc-agent key request"')
    .action(async (requests, flags) => {
      const outcome = await (await import('./commands/hand-out.ts')).handOut(contextOf(flags), requests);
      if (outcome === 'some') process.exitCode = failedCode;
    });
  addGlobalOptions(
    program
      .command('replace')
      .description('write letters that replace the key by one unrelated to it, in all boxes at once'),
  )
    .requiredOption('--reason <text>', 'why, for the list of what was handed out')
    .option('--in <duration>', 'when, so that the letters reach the boxes before', '15m')
    .action(async (flags) => (await import('./commands/replace.ts')).replace(contextOf(flags), flags));
}
