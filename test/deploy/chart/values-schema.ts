import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { chartDirectory } from './rendered-chart.ts';

const schema: object = JSON.parse(readFileSync(join(chartDirectory, 'values.schema.json'), 'utf8'));
const validate = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false }).compile(schema);

/** Where the chart's schema refuses the values. */
export function placesRefused(values: unknown): string[] {
  return validate(values) ? [] : (validate.errors ?? []).map(({ instancePath }) => instancePath);
}
