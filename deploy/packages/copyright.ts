import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackageKind } from './package-kind.ts';

interface Bundled {
  /** Relative to the program's folder. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author: string;
  /** The text of its licence; undefined where the package has none but its name. */
  readonly text: string | undefined;
}

const apacheText =
  'On Debian systems, the text of the Apache License 2.0 is in\n/usr/share/common-licenses/Apache-2.0.';

/** Debian's machine-readable format 1.0: our licence, Node's, and that of every npm package inside, with their texts. */
export function copyrightOf({ name }: PackageKind, program: string, node: string): string {
  const lib = `usr/lib/${name}`;
  const parts = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: tdc\n',
    'Files: *\nCopyright: the tdc authors\nLicense: Apache-2.0\n',
    `Files: ${lib}/node\nCopyright: Node.js contributors\nLicense: Node.js\n${field(readFileSync(join(node, 'LICENSE'), 'utf8'))}`,
  ];
  for (const each of bundledIn(program, 'node_modules')) {
    const author = each.author === '' ? `the authors of ${each.name}` : each.author;
    const text = each.text ?? `The package ${each.name} ${each.version} names its licence and brings no text of it.`;
    parts.push(
      `Files: ${lib}/${each.folder}/*\nCopyright: ${author}\nComment: npm package ${each.name} ${each.version}\nLicense: ${each.license}\n${field(text)}`,
    );
  }
  const apache =
    ' On Debian systems, the text of the Apache License 2.0 is in\n /usr/share/common-licenses/Apache-2.0.\n';
  parts.push(`License: Apache-2.0\n${apache}`);
  return parts.join('\n');
}

/** Text as the rest of a field: each line begins with a blank, and one that is empty is a dot. */
const field = (text: string): string =>
  `${text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => ` ${line.trim() === '' ? '.' : line.trimEnd()}`)
    .join('\n')}\n`;

/** Packages of a node_modules folder and those within them, in the order of their folders. */
function bundledIn(program: string, folder: string): Bundled[] {
  if (!existsSync(join(program, folder))) return [];
  return readdirSync(join(program, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name }) => {
      const at = `${folder}/${name}`;
      if (name.startsWith('@')) return bundledIn(program, at);
      return [
        ...(existsSync(join(program, at, 'package.json')) ? [bundledAt(program, at)] : []),
        ...bundledIn(program, `${at}/node_modules`),
      ];
    });
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}

function bundledAt(program: string, folder: string): Bundled {
  const manifest: Manifest = JSON.parse(readFileSync(join(program, folder, 'package.json'), 'utf8'));
  const { name, version, license = 'unknown', author = '' } = manifest;
  const file = readdirSync(join(program, folder)).find((each) => /^licen[cs]e/i.test(each));
  return {
    folder,
    name,
    version,
    license: license.replace(/[()]/g, '').replaceAll(' OR ', ' or ').replaceAll(' AND ', ' and '),
    author: typeof author === 'string' ? author : author.name,
    text: file === undefined ? undefined : textOf(readFileSync(join(program, folder, file), 'utf8')),
  };
}

/** Debian has the Apache License in full already. */
const textOf = (text: string): string => (/Apache License\s+Version 2\.0/.test(text) ? apacheText : text);
