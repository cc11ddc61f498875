import type { Clock } from '@tdc/shared/clock.ts';
import type { Command } from 'commander';

export function addAuthority(program: Command, clock: Clock): void {
  const authority = program
    .command('authority')
    .description("the network's authority, which signs the certificates of detectors and servers");
  authority
    .command('create')
    .description('make a new authority: authority.pem and authority.key')
    .requiredOption('--folder <folder>', 'where to put them, for this user alone')
    .option('--name <name>', 'what it is called in certificates', 'tdc')
    .action(async ({ folder, name }: { folder: string; name: string }) => {
      const { createAuthority } = await import('./authority.ts');
      process.stdout.write(createAuthority(folder, name, clock));
    });
  authority
    .command('server-certificate')
    .description('make or renew the certificate of a server: server.pem and server.key')
    .requiredOption('--folder <folder>', 'where the authority is, and where to put them')
    .option('--names <names>', 'names and addresses by which clients reach the server; by default those of before')
    .action(async ({ folder, names = '' }: { folder: string; names?: string }) => {
      const { issueServerFiles } = await import('./authority.ts');
      const given = names.split(',').map((name) => name.trim());
      const list = given.filter((name) => name !== '');
      process.stdout.write(issueServerFiles(folder, list, clock));
    });
}
