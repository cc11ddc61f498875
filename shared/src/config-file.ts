import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { InvalidInputError } from './errors.ts';

/** What a configuration file says. */
export interface FileValues {
  readonly name: string;
  /** By the options' paths. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Keys that are no option's, in words. */
  readonly problems: readonly string[];
}

const require = createRequire(import.meta.url);

const fileBytesMax = 1024 * 1024;

/** Reads a configuration file. Throws InvalidInputError when it cannot be read or is not a mapping in YAML. */
export function readConfigFile(name: string, options: readonly { readonly path: string }[]): FileValues {
  return parseConfigText(name, textOf(name), options);
}

/** What a text says that is such a file, or could be one. Throws InvalidInputError when it is not a mapping in YAML. */
export function parseConfigText(name: string, text: string, options: readonly { readonly path: string }[]): FileValues {
  const content = mappingOf(name, text);
  const paths = new Set(options.map(({ path }) => path));
  const values = new Map<string, unknown>();
  const problems: string[] = [];
  const walk = (mapping: object, prefix: string) => {
    for (const [key, value] of Object.entries(mapping)) {
      const path = `${prefix}${key}`;
      const isSection = [...paths].some((each) => each.startsWith(`${path}.`));
      if (paths.has(path)) {
        // A key without a value leaves the option out.
        if (value !== null) values.set(path, value);
      } else if (isSection && isMapping(value)) walk(value, `${path}.`);
      else if (isSection) {
        if (value !== null) problems.push(`${name}: ${path} is ${JSON.stringify(value)}: expected a mapping`);
      } else problems.push(`${name}: unknown key ${path}: expected one of ${nearby(paths, prefix).join(', ')}`);
    }
  };
  walk(content, '');
  return { name, values, problems };
}

function mappingOf(name: string, text: string): object {
  const content = yamlOf(name, text);
  if (content === null || content === undefined) return {};
  if (!isMapping(content))
    throw new InvalidInputError(`${name}: expected a mapping of options at the top`, { field: name });
  return content;
}

/** The text of a file that a person wrote. Throws InvalidInputError when it cannot be read or is huge. */
export function textOf(name: string): string {
  try {
    const { size } = statSync(name);
    if (size > fileBytesMax) {
      throw new InvalidInputError(`${name} has ${size} bytes: expected at most ${fileBytesMax}`, { field: name });
    }
    return readFileSync(name, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInputError || !(error instanceof Error)) throw error;
    throw new InvalidInputError(`${name} cannot be read: ${error.message}`, { field: name, cause: error });
  }
}

/** YAML, or JSON, which is YAML too. Throws InvalidInputError with line and column. What parses it is loaded when there is something to parse. */
export function yamlOf(name: string, text: string): unknown {
  const { parse, YAMLParseError }: typeof import('yaml') = require('yaml');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError || error instanceof ReferenceError)) throw error;
    const [reason] = error.message.split('\n');
    throw new InvalidInputError(`${name} is not valid YAML: ${reason?.replace(/:$/, '')}`, {
      field: name,
      cause: error,
    });
  }
}

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function nearby(paths: ReadonlySet<string>, prefix: string): string[] {
  return [
    ...new Set(
      [...paths]
        .filter((path) => path.startsWith(prefix))
        .map((path) => prefix + path.slice(prefix.length).split('.')[0]),
    ),
  ];
}
