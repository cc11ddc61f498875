import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copyrightOf } from './copyright.ts';
import { type PackageKind, workspaceOf } from './package-kind.ts';
import { repositoryRoot } from './repository-root.ts';
import type { StagedProgram } from './stage-program.ts';

const maintainer = 'tdc maintainers <maintainers@tdc.invalid>';

/** What the packages differ in, besides their files in the folder of their name. */
const descriptions = {
  'tdc-agent': {
    depends: 'init-system-helpers (>= 1.54), libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8), libudev1, systemd (>= 252)',
    recommends: 'iw, rfkill, systemd-timesyncd | time-daemon, tcpdump',
    suggests: 'bluez, network-manager',
    summary: 'hears passing Bluetooth and Wi-Fi devices for travel times',
    text: [
      'The program on a box beside the road. It hears radios of passing devices,',
      'turns each address into a short-lived pseudonym on the spot, keeps what it',
      'heard on disk through outages, and sends it to a tdc-server.',
    ],
    docs: ['agent.md', 'configuration.md', 'hardware.md'],
    programs: [],
  },
  'tdc-server': {
    depends: 'init-system-helpers (>= 1.54), libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8), systemd (>= 252)',
    recommends: 'systemd-timesyncd | time-daemon',
    suggests: 'etcd-client',
    summary: 'travel times from detectors beside the road: server and client',
    text: [
      'The central side of tdc: takes events from the agents beside the road, keeps',
      'them in SQLite or etcd, matches them into travel times, and answers for them.',
      'The client for operators, tdc, is in this package too.',
    ],
    docs: ['operations.md', 'operator-client.md', 'configuration.md', 'protocol.md'],
    programs: ['tdc'],
  },
} as const;

/** Folders for keys and certificates, which root alone reads. */
const secretFolders = { 'tdc-agent': 'etc/tdc/agent-tls', 'tdc-server': 'etc/tdc/server-tls' } as const;

/** Lays a package out as it is installed, with its control files in DEBIAN. */
export function buildTree(kind: PackageKind, { program, node }: StagedProgram, tree: string): string {
  const { name } = kind;
  const own = (file: string) => readFileSync(join(import.meta.dirname, name, file), 'utf8');
  const put = (path: string, text: string | Buffer, mode = 0o644) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text, { mode });
  };
  const lib = `usr/lib/${name}`;
  mkdirSync(join(tree, lib), { recursive: true });
  cpSync(program, join(tree, lib), { recursive: true, verbatimSymlinks: true });
  cpSync(join(node, 'bin/node'), join(tree, lib, 'node'));
  for (const each of [name, ...descriptions[name].programs]) put(`usr/bin/${each}`, own(`${each}.sh`), 0o755);
  const unit = `${name}.service`;
  put(`lib/systemd/system/${unit}`, readFileSync(join(repositoryRoot, 'systemd', unit)));
  put(`usr/lib/sysusers.d/${name}.conf`, own('sysusers.conf'));
  put(`usr/share/lintian/overrides/${name}`, own('lintian-overrides'));
  const configuration = `etc/tdc/${workspaceOf(kind)}.yaml`;
  put(configuration, own(`${workspaceOf(kind)}.yaml`));
  mkdirSync(join(tree, secretFolders[name]), { recursive: true });
  putDocuments(kind, { program, node }, put);
  const control = (file: string) =>
    readFileSync(join(import.meta.dirname, 'maintainer', file), 'utf8')
      .replaceAll('@PACKAGE@', name)
      .replaceAll('@IS_CONFIGURED@', own('is-configured').trim())
      .replaceAll('@WHAT_TO_DO@', own('what-to-do').trim())
      .replaceAll('@SECRETS@', `/${secretFolders[name]}`);
  for (const script of ['postinst', 'prerm', 'postrm']) put(`DEBIAN/${script}`, control(script), 0o755);
  put('DEBIAN/conffiles', `/${configuration}\n`);
  put('DEBIAN/control', controlText(kind));
  return tree;
}

function putDocuments(
  kind: PackageKind,
  { program, node }: StagedProgram,
  put: (path: string, text: string | Buffer) => void,
): void {
  const { name, version, timeSeconds } = kind;
  const docs = `usr/share/doc/${name}`;
  for (const file of descriptions[name].docs) put(`${docs}/${file}`, readFileSync(join(repositoryRoot, 'docs', file)));
  put(`${docs}/README.md`, readFileSync(join(repositoryRoot, 'README.md')));
  put(`${docs}/copyright`, copyrightOf(kind, program, node));
  const date = new Date(timeSeconds * 1000).toUTCString().replace('GMT', '+0000');
  const changes = readFileSync(join(repositoryRoot, 'CHANGELOG.md'));
  put(`${docs}/NEWS.md.gz`, gzipSync(changes, { level: 9 }));
  const entry = `${name} (${version}) bookworm; urgency=medium\n\n  * What has changed is in NEWS.md.gz.\n\n -- ${maintainer}  ${date}\n`;
  put(`${docs}/changelog.gz`, gzipSync(entry, { level: 9 }));
}

function controlText({ name, arch, version }: PackageKind): string {
  const { depends, recommends, suggests, summary, text } = descriptions[name];
  return `Package: ${name}
Version: ${version}
Architecture: ${arch}
Maintainer: ${maintainer}
Depends: ${depends}
Recommends: ${recommends}
Suggests: ${suggests}
Section: net
Priority: optional
Description: ${summary}
${text.map((line) => ` ${line}`).join('\n')}
 .
 Node and all libraries are inside: nothing is compiled or fetched at install.
`;
}
