import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { findPackageJSON, stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join } from 'node:path';

/** A file of the page, as it is served. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** All that the page is made of, under the addresses of one version: what has changed has another. */
export interface PageFiles {
  /** Digest of all files. */
  readonly version: string;
  /** By name, such as `browser/main.ts`. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** What modules of the page import by a bare name, and the file that is meant. */
  readonly imports: ReadonlyMap<string, string>;
  /** Modules that the page begins with, so that browsers ask for them at once. */
  readonly modules: readonly string[];
  readonly styles: readonly string[];
}

const types: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const ownFolder = join(import.meta.dirname, 'browser');
const folderOf = (library: string): string => {
  const file = findPackageJSON(library, import.meta.url);
  if (file === undefined) throw new Error(`${library} is not installed`);
  return dirname(file);
};
/** Files are named, not looked up as imports: that would lead to what is for Node. */
const [litFolder, plotFolder, mapFolder] = [
  folderOf('lit-html'),
  join(folderOf('uplot'), 'dist'),
  join(folderOf('maplibre-gl'), 'dist'),
];

const libraries: readonly { readonly name: string; readonly file: string; readonly bare?: string }[] = [
  { name: 'lit-html/lit-html.js', file: join(litFolder, 'lit-html.js'), bare: 'lit-html' },
  { name: 'lit-html/directive.js', file: join(litFolder, 'directive.js') },
  { name: 'lit-html/directive-helpers.js', file: join(litFolder, 'directive-helpers.js') },
  {
    name: 'lit-html/directives/repeat.js',
    file: join(litFolder, 'directives/repeat.js'),
    bare: 'lit-html/directives/repeat.js',
  },
  {
    name: 'lit-html/directives/live.js',
    file: join(litFolder, 'directives/live.js'),
    bare: 'lit-html/directives/live.js',
  },
  { name: 'uplot/uPlot.esm.js', file: join(plotFolder, 'uPlot.esm.js'), bare: 'uplot' },
  { name: 'uplot/uPlot.css', file: join(plotFolder, 'uPlot.min.css') },
  { name: 'maplibre-gl/maplibre-gl.mjs', file: join(mapFolder, 'maplibre-gl.mjs'), bare: 'maplibre-gl' },
  // The map asks for it by this name beside its own.
  { name: 'maplibre-gl/maplibre-gl-worker.mjs', file: join(mapFolder, 'maplibre-gl-worker.mjs') },
  { name: 'maplibre-gl/maplibre-gl.css', file: join(mapFolder, 'maplibre-gl.css') },
];
const firstLibraries = ['lit-html/', 'lit-html/directive'];

/** Reads everything once. Types are taken out as Node does it for its own modules: nothing moves, so that places in the page are those in the sources. */
export function readPageFiles(): PageFiles {
  const files = new Map<string, PageFile>();
  for (const path of ownFiles()) {
    const text = readFileSync(join(ownFolder, path));
    const content = extname(path) === '.ts' ? Buffer.from(withoutTypes(text.toString())) : text;
    files.set(`browser/${path}`, { type: typeOf(path), content });
  }
  for (const { name, file } of libraries) {
    files.set(name, { type: typeOf(name), content: withoutSourceMap(readFileSync(file)) });
  }
  const names = [...files.keys()];
  const isOwn = (name: string) => name.startsWith('browser/') && name.endsWith('.ts');
  return {
    version: versionOf(files),
    files,
    imports: new Map(libraries.flatMap(({ name, bare }) => (bare === undefined ? [] : [[bare, name] as const]))),
    modules: names.filter((name) => isOwn(name) || firstLibraries.some((first) => name.startsWith(first))),
    styles: names.filter((name) => name.endsWith('.css')),
  };
}

function ownFiles(): readonly string[] {
  return readdirSync(ownFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => extname(path) in types && !path.endsWith('.test.ts'))
    .sort();
}

const typeOf = (name: string): string => types[extname(name)] ?? 'application/octet-stream';

/** Node still warns of a function that it uses itself for every module of this server. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** What is not served is not to be asked for. */
const withoutSourceMap = (content: Buffer): Buffer =>
  Buffer.from(content.toString().replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n'));

function versionOf(files: ReadonlyMap<string, PageFile>): string {
  const hash = createHash('sha256');
  for (const [name, { content }] of files) hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest('base64url').slice(0, 16);
}
