import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copyrightOf } from './copyright.ts';
import { manualPage } from './manual-page.ts';
import { packageContents, type Service } from './package-content.ts';
import { type PackageKind, workspaceOf } from './package-kind.ts';
import { repositoryRoot } from './repository-root.ts';
import type { StagedProgram } from './stage-program.ts';

/** Writes a file of the package. */
type Put = (path: string, content: string | Buffer, mode?: number) => void;

const here = (...path: readonly string[]): string => readFileSync(join(import.meta.dirname, ...path), 'utf8');

/** Lays a package out as it is installed, with its control files in DEBIAN. */
export function buildTree(kind: PackageKind, { program, node }: StagedProgram, tree: string): string {
  const { name } = kind;
  const { programs, service } = packageContents[name];
  const put: Put = (path, content, mode = 0o644) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content, { mode });
  };
  const lib = `usr/lib/${name}`;
  mkdirSync(join(tree, lib), { recursive: true });
  cpSync(program, join(tree, lib), { recursive: true, verbatimSymlinks: true });
  cpSync(join(node, 'bin/node'), join(tree, lib, 'node'));
  for (const each of Object.keys(programs)) put(`usr/bin/${each}`, here(name, `${each}.sh`), 0o755);
  putDocuments(kind, { program, node }, put);
  put('DEBIAN/control', controlText(kind));
  if (service !== undefined) {
    mkdirSync(join(tree, service.secrets), { recursive: true });
    putService(kind, service, put);
  }
  return tree;
}

/** Units, their user and configuration, and the scripts that dpkg runs for them. */
function putService(kind: PackageKind, { companions, secrets }: Service, put: Put): void {
  const { name } = kind;
  for (const unit of [`${name}.service`, ...companions]) {
    put(`lib/systemd/system/${unit}`, readFileSync(join(repositoryRoot, 'systemd', unit)));
  }
  put(`usr/lib/sysusers.d/${name}.conf`, here(name, 'sysusers.conf'));
  const configuration = `${workspaceOf(kind)}.yaml`;
  put(`etc/tdc/${configuration}`, here(name, configuration));
  put('DEBIAN/conffiles', `/etc/tdc/${configuration}\n`);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    const text = here('maintainer', script)
      .replaceAll('@PACKAGE@', name)
      .replaceAll('@COMPANIONS@', companions.join(' '))
      .replaceAll('@IS_CONFIGURED@', here(name, 'is-configured').trim())
      .replaceAll('@WHAT_TO_DO@', here(name, 'what-to-do').trim())
      .replaceAll('@SECRETS@', `/${secrets}`);
    put(`DEBIAN/${script}`, text, 0o755);
  }
}

function putDocuments(kind: PackageKind, { program, node }: StagedProgram, put: Put): void {
  const { name, version, maintainer, timeSeconds } = kind;
  const { docs, programs, summary } = packageContents[name];
  const folder = `usr/share/doc/${name}`;
  for (const file of docs) put(`${folder}/${file}`, readFileSync(join(repositoryRoot, 'docs', file)));
  put(`${folder}/README.md`, readFileSync(join(repositoryRoot, 'README.md')));
  put(`${folder}/copyright`, copyrightOf(kind, program, node));
  const date = new Date(timeSeconds * 1000).toUTCString().replace('GMT', '+0000');
  const changes = readFileSync(join(repositoryRoot, 'CHANGELOG.md'));
  put(`${folder}/NEWS.md.gz`, gzipSync(changes, { level: 9 }));
  const entry = `${name} (${version}) bookworm; urgency=medium\n\n  * What has changed is in NEWS.md.gz.\n\n -- ${maintainer}  ${date}\n`;
  put(`${folder}/changelog.gz`, gzipSync(entry, { level: 9 }));
  put(`usr/share/lintian/overrides/${name}`, here('lintian-overrides').replaceAll('@PACKAGE@', name));
  for (const [each, section] of Object.entries(programs)) {
    const page = manualPage(kind, each, section, summary);
    put(`usr/share/man/man${section}/${each}.${section}.gz`, gzipSync(page, { level: 9 }));
  }
}

function controlText({ name, arch, version, maintainer }: PackageKind): string {
  const { depends, recommends, suggests, summary, text } = packageContents[name];
  const fields = {
    Package: name,
    Version: version,
    Architecture: arch,
    Maintainer: maintainer,
    Depends: depends,
    Recommends: recommends,
    Suggests: suggests,
    Section: 'net',
    Priority: 'optional',
    Description: [
      summary,
      ...text,
      '.',
      'Node and all libraries are inside: nothing is compiled or fetched at install.',
    ].join('\n '),
  };
  return Object.entries(fields)
    .map(([field, value]) => (value === undefined ? '' : `${field}: ${value}\n`))
    .join('');
}
