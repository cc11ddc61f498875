import type { AccessToken } from '@tdc/shared/generated/tdc/v1/access.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { type Command, Option } from 'commander';
import { type Role, roles } from '../access/principal.ts';
import { lifeSecondsOf } from '../access/token-admin.ts';
import { roleFromWire, roleToWire } from '../access/token-wire.ts';
import type { Row } from '../formats/row.ts';
import { ask, type ClientContext, type Run } from './context.ts';
import { print, writeRows } from './formats/row-writer.ts';
import type { View } from './formats/view.ts';
import { isoOfNs, timeTextOfNs } from './times.ts';

export interface TokenCreateOptions {
  readonly name: string;
  readonly role: Role;
  /** Duration that it is good for. */
  readonly expires: string;
}

export function addTokenCommands(program: Command, run: Run): void {
  const token = program.command('token').description("operators' tokens; for admins");
  token
    .command('create')
    .description('make a token and print it, this once')
    .requiredOption('--name <name>', 'whose it is: letters, digits and _.@-')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--expires <duration>', 'how long it is good, at most 366d', '90d')
    .action((options: TokenCreateOptions, command: Command) =>
      run(command, (context) => tokenCreate(context, options)),
    );
  token
    .command('list')
    .description('the tokens, without what is secret of them')
    .action((_flags: object, command: Command) => run(command, tokenList));
  token
    .command('revoke')
    .description('take a token back')
    .argument('<id>', 'its id, as `tdc token list` prints it')
    .action((id: string, _flags: object, command: Command) => run(command, (context) => tokenRevoke(context, id)));
}

/** `tdc token create`: the token on standard output, what it is on standard error; or both as data. */
export async function tokenCreate(context: ClientContext, { name, role, expires }: TokenCreateOptions): Promise<void> {
  const seconds = lifeSecondsOf(expires);
  const request = { name, role: roleToWire(role), seconds };
  const { token, accessToken } = await ask(context, 'access', context.access.createToken, request);
  if (accessToken === undefined) throw new Error('the server made a token and does not say which');
  if (context.config.output === 'table') {
    context.stderr.write(
      `tdc: token ${accessToken.id} of ${name}, ${role}, until ${timeTextOfNs(accessToken.expiresNs, context.config)}\n`,
    );
    await print(context.stdout, `${token}\n`, context.signal);
    return;
  }
  const view = tokenView(context);
  const withToken: View<AccessToken> = {
    ...view,
    fields: ['token', ...view.fields],
    record: (item) => ({ token, ...view.record(item) }),
  };
  await writeRows(context, withToken, [accessToken]);
}

/** `tdc token list` */
export async function tokenList(context: ClientContext): Promise<void> {
  const { tokens } = await ask(context, 'access', context.access.listTokens, {});
  await writeRows(context, tokenView(context), tokens);
}

/** `tdc token revoke` */
export async function tokenRevoke(context: ClientContext, id: string): Promise<void> {
  await ask(context, 'access', context.access.revokeToken, { id });
  context.stderr.write(`tdc: token ${id} is revoked\n`);
}

function stateOf(context: ClientContext, { revokedNs, expiresNs }: AccessToken): string {
  if (revokedNs !== 0n) return 'revoked';
  return msFromNs(expiresNs) <= context.clock.nowMs() ? 'expired' : 'good';
}

const tokenView = (context: ClientContext): View<AccessToken> => ({
  columns: [
    { title: 'id', text: ({ id }) => id },
    { title: 'name', text: ({ name }) => name },
    { title: 'role', text: ({ role }) => roleFromWire(role) },
    { title: 'state', text: (token) => stateOf(context, token) },
    { title: 'expires', text: ({ expiresNs }) => timeTextOfNs(expiresNs, context.config) },
    { title: 'last used', text: ({ lastUsedNs }) => timeTextOfNs(lastUsedNs, context.config) },
  ],
  fields: ['id', 'name', 'role', 'state', 'created', 'expires', 'revoked', 'last_used'],
  record: (token): Row => ({
    id: token.id,
    name: token.name,
    role: roleFromWire(token.role),
    state: stateOf(context, token),
    created: isoOfNs(token.createdNs),
    expires: isoOfNs(token.expiresNs),
    revoked: isoOfNs(token.revokedNs),
    last_used: isoOfNs(token.lastUsedNs),
  }),
});
