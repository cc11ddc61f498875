/** Options in layers: defaults, a YAML file, what a letter may say, the environment, flags; a later one wins. */
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { type FileValues, readConfigFile } from './config-file.ts';
import { InvalidInputError } from './errors.ts';

export interface ConfigOption {
  /** Its place in the file, such as `collector.port`. Environment: `TDC_COLLECTOR_PORT`; flag: `--collector-port`. */
  readonly path: string;
  /** Takes what YAML gives as well as the text of a variable or flag. */
  readonly schema: z.ZodType;
  /** `false` makes it a flag without a value. */
  readonly default: unknown;
  readonly description: string;
  /** Other spellings of its flag. */
  readonly aliases?: readonly string[];
  /** Never printed. */
  readonly secret?: boolean;
}

/** An option of a table; keeps the types of its path and its values. */
export function option<Path extends string, Schema extends z.ZodType>(
  path: Path,
  schema: Schema,
  byDefault: z.output<Schema>,
  description: string,
) {
  return { path, schema, default: byDefault, description };
}

/** A number, as YAML gives it or written as text. Nothing else is one: an empty text least of all, which would be 0. */
export function numeric(schema: z.ZodNumber) {
  return z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), schema);
}

export type ConfigValues<Options extends readonly ConfigOption[]> = {
  readonly [Each in Options[number] as Each['path']]: z.output<Each['schema']>;
};

export interface Resolved<Options extends readonly ConfigOption[]> {
  readonly values: ConfigValues<Options>;
  /** Where each value comes from, in words, by path. */
  readonly sources: Readonly<Record<string, string>>;
  readonly secretPaths: ReadonlySet<string>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Given {
  readonly value: unknown;
  readonly source: string;
}

const configFileVariable = 'TDC_CONFIG_FILE';
const flagOf = (path: string): string => `--${path.replace(/[._]/g, '-')}`;
const variableOf = (path: string): string => `TDC_${path.toUpperCase().replaceAll('.', '_')}`;
const isSwitch = (option: ConfigOption): boolean => option.default === false;

/** Gives a command `--config-file` and a flag for every option; its help shows the defaults. */
export function addConfigOptions(command: Command, options: readonly ConfigOption[]): Command {
  command.option('--config-file <file>', `configuration in YAML (environment: ${configFileVariable})`);
  for (const option of options) {
    for (const flag of [flagOf(option.path), ...(option.aliases ?? [])]) {
      const shown = new Option(
        isSwitch(option) ? flag : `${flag} <value>`,
        `${option.description}${defaultText(option)}`,
      );
      command.addOption(flag === flagOf(option.path) ? shown : shown.hideHelp());
      if (isSwitch(option)) command.addOption(new Option(flag.replace('--', '--no-')).hideHelp());
    }
  }
  return command;
}

function defaultText(option: ConfigOption): string {
  if (option.default === undefined) return '';
  const text = textOf(option.default);
  return ` (default: ${text === '' ? 'none' : text})`;
}

/**
 * The values in force. Throws one InvalidInputError that names every wrong flag, variable and key of the file, what came and
 * what was expected.
 */
export function resolveConfig<Options extends readonly ConfigOption[]>(
  options: Options,
  command: Command,
  env: Environment,
): Resolved<Options> {
  return configLayers(options, command, env)();
}

/**
 * The values in force, as often as they are asked for, each time with another layer between file and environment, or with none. The file is read once:
 * whoever changes it while a program runs does not change that program. Both throw as `resolveConfig` does.
 */
export function configLayers<Options extends readonly ConfigOption[]>(
  options: Options,
  command: Command,
  env: Environment,
): (aboveFile?: FileValues) => Resolved<Options> {
  const fileName = command.getOptionValue('configFile') ?? env[configFileVariable];
  const file = typeof fileName === 'string' ? readConfigFile(fileName, options) : undefined;
  return (aboveFile) => {
    const files = [aboveFile, file].flatMap((each) => each ?? []);
    return resolved(options, (option) => givenOf(option, command, env, files), files);
  };
}

function resolved<Options extends readonly ConfigOption[]>(
  options: Options,
  given: (option: ConfigOption) => Given | undefined,
  files: readonly FileValues[],
): Resolved<Options> {
  const problems: string[] = files.flatMap((file) => file.problems);
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const option of options) {
    const found = given(option);
    sources[option.path] = found?.source ?? 'default';
    const parsed =
      found === undefined ? { success: true as const, data: option.default } : option.schema.safeParse(found.value);
    if (parsed.success) {
      values[option.path] = parsed.data;
      continue;
    }
    const came = option.secret ? '(hidden)' : JSON.stringify(found?.value);
    problems.push(`${found?.source} ${came}: ${parsed.error.issues.map(expectedText).join(', ')}`);
  }
  if (problems.length > 0) throw new InvalidInputError(problems.join('\n'), { field: 'configuration' });
  const secretPaths = new Set(options.filter(({ secret }) => secret).map(({ path }) => path));
  return { values: values as ConfigValues<Options>, sources, secretPaths };
}

/** Of a choice between schemas, what each of them expected: the choice itself says nothing. */
function expectedText(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_union' && issue.errors.length > 0
    ? issue.errors.map((issues) => issues.map(expectedText).join(', ')).join('; or ')
    : issue.message.replace(/^Invalid (input|option|string): /, '');
}

/** The strongest layer that has the option; the stronger file first. */
function givenOf(
  option: ConfigOption,
  command: Command,
  env: Environment,
  files: readonly FileValues[],
): Given | undefined {
  for (const flag of [flagOf(option.path), ...(option.aliases ?? [])]) {
    const value: unknown = command.getOptionValue(new Option(flag).attributeName());
    if (value !== undefined) return { value, source: flag };
  }
  const variable = variableOf(option.path);
  // An empty variable is how a shell or a unit file leaves one out.
  if (env[variable]) return { value: env[variable], source: variable };
  const file = files.find(({ values }) => values.has(option.path));
  return file && { value: file.values.get(option.path), source: `${file.name}: ${option.path}` };
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value ?? ''));
const hidden = '********';

/** What `config check` prints: every option with its value and source; secrets are hidden. */
export function formatConfig(
  { values, sources, secretPaths }: Resolved<readonly ConfigOption[]>,
  format: 'table' | 'json',
): string {
  const rows = Object.entries(values).map(([path, value]) => ({
    option: path,
    value: secretPaths.has(path) && value !== undefined ? hidden : value,
    source: sources[path] ?? 'default',
  }));
  if (format === 'json')
    return `${JSON.stringify(
      rows.map((row) => ({ ...row, value: row.value ?? null })),
      null,
      2,
    )}\n`;
  const lines = [
    ['option', 'value', 'source'],
    ...rows.map(({ option, value, source }) => [option, textOf(value), source]),
  ];
  const widths = [0, 1].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      ([option = '', value = '', source]) =>
        `${option.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${source}\n`,
    )
    .join('');
}
