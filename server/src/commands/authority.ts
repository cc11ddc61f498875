import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { newPrivateKey } from '@tdc/shared/certificate-request.ts';
import type { Clock } from '@tdc/shared/clock.ts';
import { InvalidInputError, NotFoundError } from '@tdc/shared/errors.ts';
import { createSecretFile, readSecretFile, type SecretFile, writeSecretFile } from '@tdc/shared/secret-file.ts';
import { quoted } from '@tdc/shared/wire.ts';
import { issueServerCertificate, newAuthority, pemOfKey, readAuthority } from '../enrolment/authority.ts';

/** The files of a network's authority, and of a server's certificate, in one folder. */
function filesIn(folder: string) {
  const file = (name: string, what: string): SecretFile => ({ path: join(folder, name), what, bytesMax: 65_536 });
  return {
    authorityCert: file('authority.pem', "file of the authority's certificate"),
    authorityKey: file('authority.key', "file of the authority's key"),
    serverCert: file('server.pem', "file of the server's certificate"),
    serverKey: file('server.key', "file of the server's key"),
  };
}

/** `tdc-server authority create`: a new authority. Throws PreconditionError when the folder has one. Resolves to what to tell. */
export function createAuthority(folder: string, name: string, clock: Clock): string {
  const { authorityCert, authorityKey } = filesIn(folder);
  if (name.length < 1 || name.length > 64)
    throw new InvalidInputError(`--name: ${name.length} characters: expected 1 to 64`, { field: '--name' });
  const { cert, key } = newAuthority(name, clock.nowMs());
  // The key is first: a certificate alone would keep the next try from making both.
  createSecretFile(authorityKey, key);
  createSecretFile(authorityCert, cert);
  return [
    `made an authority in ${folder}: authority.pem, and authority.key, which whoever has it can be any detector and any server with`,
    'keep a copy of both where the servers are not; next: "tdc-server authority server-certificate"',
    '',
  ].join('\n');
}

/**
 * `tdc-server authority server-certificate`: the certificate of a server, new or again. Its key stays the same if there is one, so that certificate and key
 * fit at every moment. Without names it has those of before.
 */
export function issueServerFiles(folder: string, given: readonly string[], clock: Clock): string {
  const { authorityCert, authorityKey, serverCert, serverKey } = filesIn(folder);
  const authority = readAuthority({ certFile: authorityCert.path, keyFile: authorityKey.path });
  const names = given.length > 0 ? given.map(acceptedName) : namesOf(textOf(serverCert));
  const keyText = textOf(serverKey) ?? pemOfKey(newPrivateKey());
  writeSecretFile(serverKey, keyText);
  const pem = issueServerCertificate(authority, { names, privateKey: createPrivateKey(keyText), nowMs: clock.nowMs() });
  writeSecretFile(serverCert, pem);
  const until = new X509Certificate(pem).validToDate.toISOString();
  return `server.pem and server.key in ${folder} are for ${names.join(', ')}, until ${until}\n`;
}

const hostName =
  /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;

function acceptedName(name: string): string {
  if (isIP(name) !== 0 || hostName.test(name)) return name;
  throw new InvalidInputError(`--names ${quoted(name)}: expected names of hosts, or addresses, separated by commas`, {
    field: '--names',
  });
}

function namesOf(pem: string | undefined): readonly string[] {
  const names = pem === undefined ? '' : (new X509Certificate(pem).subjectAltName ?? '');
  const found = names.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  if (names !== '') return found;
  throw new InvalidInputError(
    '--names is missing: expected the names and addresses by which clients reach the server',
    {
      field: '--names',
    },
  );
}

function textOf(file: SecretFile): string | undefined {
  try {
    return readSecretFile(file);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
