import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issueServerFiles } from '@tdc/server/commands/authority.ts';
import { systemClock } from '@tdc/shared/clock.ts';
import { type Program, runProgram } from './program.ts';
import { type RunningServer, startServer } from './server.ts';

/** A server with an authority of its own, over TLS, with detectors in its network and an admin who manages it with `tdc`. */
export interface EnrollingNetwork extends AsyncDisposable {
  readonly server: Program;
  /** host:port, by a name that its certificate has. */
  readonly collector: string;
  /** Runs `tdc` as the admin; resolves to what it printed, throws when it fails. */
  tdc(...args: readonly string[]): Promise<string>;
  /** A token of a new enrolment, for a box that reaches the collector at this address. */
  token(detectorId: string, address?: string): Promise<string>;
}

export interface EnrollingNetworkOptions {
  readonly detectorIds: readonly string[];
  /** Names and addresses of the server besides `localhost`. */
  readonly names?: readonly string[];
  readonly flags?: readonly string[];
}

export async function startEnrollingNetwork(
  directory: string,
  { detectorIds, names = [], flags = [] }: EnrollingNetworkOptions,
): Promise<EnrollingNetwork> {
  const at = (name: string) => join(directory, 'authority', name);
  const run = async (name: 'tdc' | 'tdc-server', args: readonly string[]) => {
    const ended = await runProgram(name, args, { directory });
    if (ended.code !== 0) throw new Error(ended.describe());
    return ended.stdout;
  };
  createAuthority(at(''), 'a city', systemClock);
  issueServerFiles(at(''), ['localhost', ...names], systemClock);
  const admin = ['token', 'create', '--name', 'ann', '--role', 'admin'];
  writeFileSync(at('admin'), await run('tdc-server', [...admin, '--sqlite-file', join(directory, 'server.sqlite')]));
  const detectors = detectorIds.map((id, index) => ({ id, x: index * 1000, y: 0 }));
  writeFileSync(at('network.json'), JSON.stringify({ detectors, links: [] }));
  const server: RunningServer = await startServer(
    directory,
    ...['--tls-cert', at('server.pem'), '--tls-key', at('server.key'), '--tls-client-ca', at('authority.pem')],
    ...['--authority-cert', at('authority.pem'), '--authority-key', at('authority.key')],
    ...flags,
  );
  const named = (address: string) => address.replace('127.0.0.1', 'localhost');
  const collector = named(server.collector);
  const shown = ['--tls-ca', at('authority.pem'), '--token-file', at('admin')];
  const tdc = (...args: readonly string[]) =>
    run('tdc', ['--collector', collector, '--query', named(server.query), ...shown, ...args]);
  await tdc('network', 'apply', at('network.json'));
  return {
    server: server.program,
    collector,
    tdc,
    token: async (detectorId, address = collector) =>
      (await tdc('enrol', 'create', '--detector', detectorId, '--address', address)).trim(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
