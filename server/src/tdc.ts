import { systemClock } from '@tdc/shared/clock.ts';
import { newProgram, runProgram } from '@tdc/shared/program.ts';
import packageJson from '../package.json' with { type: 'json' };
import { addAlertsCommand } from './client/alerts.ts';
import { addBoxesCommand } from './client/boxes.ts';
import { addCertificateCommands } from './client/certificates.ts';
import { addCompareCommand } from './client/compare.ts';
import { addCompletionCommand } from './client/completion.ts';
import { addGlobalOptions, clientConfigOf } from './client/config.ts';
import { openClient, type Run } from './client/context.ts';
import { addDetectorShowCommand } from './client/detector-show.ts';
import { addDetectorsCommand } from './client/detectors.ts';
import { addEnrolCommands } from './client/enrolments.ts';
import { addEventsCommand } from './client/events.ts';
import { addExportCommands } from './client/export/commands.ts';
import { addLettersSendCommand } from './client/letters-send.ts';
import { addLinksCommand } from './client/links.ts';
import { addMatchesCommand } from './client/matches.ts';
import { addNetworkApplyCommand } from './client/network-apply.ts';
import { addNetworkShowCommand } from './client/network-show.ts';
import { addReportCommand } from './client/report.ts';
import { addRouteCommand } from './client/route.ts';
import { addRoutesCommand } from './client/routes.ts';
import { addStatsCommand } from './client/stats.ts';
import { addTokenCommands } from './client/token.ts';
import { addTrafficCommand } from './client/traffic.ts';
import { addTravelTimesCommand } from './client/travel-times.ts';
import { addUsualCommand } from './client/usual.ts';

await runProgram('tdc', async (argv, signal) => {
  const program = newProgram(
    'tdc',
    'Works with a travel-time network: its travel times, detectors, links, routes and events',
    packageJson.version,
  );
  program.configureHelp({ showGlobalOptions: true });
  addGlobalOptions(program);
  const run: Run = async (command, work) => {
    using client = openClient(clientConfigOf(command.optsWithGlobals()), {
      clock: systemClock,
      random: Math.random,
      signal,
      stdout: process.stdout,
      stderr: process.stderr,
    });
    await work(client);
  };
  const network = program
    .command('network')
    .description('the detectors, the links between them and the routes along these');
  addNetworkApplyCommand(network, run);
  addNetworkShowCommand(network, run);
  addTravelTimesCommand(program, run);
  addRouteCommand(program, run);
  addRoutesCommand(program, run);
  addMatchesCommand(program, run);
  addUsualCommand(program, run);
  addStatsCommand(program, run);
  addCompareCommand(program, run);
  addReportCommand(program, run);
  addAlertsCommand(program, run);
  addEventsCommand(program, run);
  addLinksCommand(program, run);
  addDetectorsCommand(program, run);
  addDetectorShowCommand(program.command('detector').description('one detector'), run);
  addBoxesCommand(program, run);
  addLettersSendCommand(program.command('letters').description('sealed letters to boxes'), run);
  addExportCommands(program, run);
  addTrafficCommand(program, run);
  addTokenCommands(program, run);
  addEnrolCommands(program, run);
  addCertificateCommands(program, run);
  addCompletionCommand(program);
  await program.parseAsync(argv, { from: 'user' });
});
