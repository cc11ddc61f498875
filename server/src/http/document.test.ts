import { kinds } from '@tdc/shared/event.ts';
import { AgentStatus, ClockState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { OpenAPIV3_1 } from 'openapi-types';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeUpEstimate } from '../repositories/made-up-estimate.ts';
import { type HttpSubject, startHttpSubject } from './http-subject.ts';

const never = new AbortController().signal;
const runs = 900;
const t0 = 1_700_000_000_000;

let subject: HttpSubject;
let document: OpenAPIV3_1.Document;
let ajv: Ajv2020;

beforeAll(async () => {
  subject = await startHttpSubject(['D1', 'D2', 'D3']);
  const { repository } = subject;
  await repository.network.putLink({ fromDetectorId: 'D1', toDetectorId: 'D2', maxSeconds: 600 }, never);
  await repository.network.putLink({ fromDetectorId: 'D2', toDetectorId: 'D3', maxSeconds: 600 }, never);
  await repository.routes.put({ id: 'D1', name: 'north', detectorIds: ['D1', 'D2', 'D3'] }, never);
  const machine = { memoryBytes: 1n, power: { underVoltage: true }, battery: { lowVolts: 11 }, disk: { bytes: 5n } };
  const told = {
    clock: ClockState.CLOCK_STATE_SYNCHRONISED,
    clockStep: { stepMs: 5n, atNs: 1n },
    scanners: [{ name: 'hci0' }],
    machine,
  };
  for (const [id, given] of [
    ['D1', told],
    ['D2', {}],
  ] as const) {
    const status = AgentStatus.fromPartial({ detectorId: id, ...given });
    await repository.statuses.put({ status, reportedAtMs: Date.now() }, never);
  }
  await repository.events.append(
    kinds.map((kind, index) => madeUpEvent({ kind, detectorId: `D${1 + (index % 3)}`, referenceTimeMs: t0 + index })),
    never,
  );
  const none = { samples: 0, status: 'no_data' } as const;
  await subject.publish(madeUpEstimate(0), madeUpEstimate(1), madeUpEstimate(1, { revision: 2, estimate: none }));
  document = (await subject.get('/api/openapi.json')).json();
  ajv = new Ajv2020({ strict: false });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema({ ...document, $id: 'document' });
});
afterAll(() => subject[Symbol.asyncDispose]());

const operations = () =>
  Object.entries(document.paths ?? {}).flatMap(([path, item]) => {
    const operation = item?.get;
    return operation === undefined
      ? []
      : [{ path, operation, parameters: operation.parameters as OpenAPIV3_1.ParameterObject[] | undefined }];
  });
type Operation = ReturnType<typeof operations>[number];

/** How an answer must look, by its status and type. */
function validatorOf({ path }: Operation, status: number, type: string): ValidateFunction | undefined {
  const place = path.replaceAll('~', '~0').replaceAll('/', '~1');
  const responses = document.paths?.[path]?.get?.responses ?? {};
  const key = [String(status), `${String(status).charAt(0)}XX`].find((each) => each in responses);
  const typePlace = type.replaceAll('/', '~1');
  return key === undefined
    ? undefined
    : ajv.getSchema(
        `document#/paths/${encodeURIComponent(place)}/get/responses/${key}/content/${encodeURIComponent(typePlace)}/schema`,
      );
}

/** Values that the schema asks for, and others. */
function valueFor(schema: OpenAPIV3_1.SchemaObject | undefined): fc.Arbitrary<string | string[]> {
  if (schema?.type === 'array')
    return fc.array(
      valueFor((schema as OpenAPIV3_1.ArraySchemaObject).items as OpenAPIV3_1.SchemaObject) as fc.Arbitrary<string>,
      { maxLength: 3 },
    );
  const insane = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('', '-1', '0', '1e400', 'null', '%00', '__proto__', "'; --"),
  );
  const known = fc.constantFrom('D1', 'D2', 'D3', 'D1:D2', 'D2:D3', 'c0ffee01');
  const sane: fc.Arbitrary<string>[] = [known];
  if (schema?.enum !== undefined) sane.push(fc.constantFrom(...schema.enum.map(String)));
  if (schema?.type === 'integer')
    sane.push(fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 }).map(String));
  if (schema?.format === 'date') {
    const day = 24 * 3_600_000;
    sane.push(fc.integer({ min: -20, max: 20 }).map((days) => new Date(t0 + days * day).toISOString().slice(0, 10)));
  }
  if (schema?.format === 'date-time') {
    sane.push(
      fc
        .date({ min: new Date(t0 - 1000), max: new Date(t0 + 600_000), noInvalidDate: true })
        .map((date) => date.toISOString()),
    );
    sane.push(fc.date({ noInvalidDate: true }).map((date) => date.toISOString()));
  }
  return fc.oneof({ arbitrary: fc.oneof(...sane), weight: 9 }, { arbitrary: insane, weight: 1 });
}

interface Asked {
  readonly operation: Operation;
  readonly url: string;
}

const asked = (): fc.Arbitrary<Asked> =>
  fc.constantFrom(...operations().filter(({ path }) => path !== '/api/v1/live')).chain((operation) => {
    const parts = (operation.parameters ?? [])
      .filter((parameter) => parameter.in !== 'header')
      .map((parameter) => {
        const value = valueFor(parameter.schema as OpenAPIV3_1.SchemaObject);
        return { parameter, value: parameter.in === 'path' ? value : fc.option(value, { freq: 2, nil: undefined }) };
      });
    return fc.tuple(...parts.map(({ value }) => value)).map((values) => {
      let { path } = operation;
      const query = new URLSearchParams();
      for (const [index, { parameter }] of parts.entries()) {
        const value = values[index];
        if (value === undefined) continue;
        if (parameter.in === 'path')
          path = path.replace(`{${parameter.name}}`, encodeURIComponent(String(value).toWellFormed()));
        else for (const each of [value].flat()) query.append(parameter.name, each);
      }
      return { operation, url: query.size === 0 ? path : `${path}?${query}` };
    });
  });

test('requests made from the document never fail the server, and every answer is as the document has it', async () => {
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(asked(), async ({ operation, url }) => {
      const answer = await subject.get(url);
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      expect(answer.status, `${url}: ${answer.text}`).toBeLessThan(500);
      // An empty part of an address is another address.
      if (answer.status === 404 && answer.text.includes('nothing at this address')) return;
      const type = answer.headers['content-type']?.replace(/;.*/, '') ?? '';
      const validate = validatorOf(operation, answer.status, type);
      expect(validate, `${url}: ${answer.status} ${type}`).toBeDefined();
      const isText = !type.endsWith('json');
      expect(
        validate?.(isText ? answer.text : answer.json()),
        `${url}: ${answer.text} ${ajv.errorsText(validate?.errors)}`,
      ).toBe(true);
    }),
    { numRuns: runs },
  );
  expect(Math.min(seen.get(200) ?? 0, seen.get(400) ?? 0)).toBeGreaterThan(10);
  // Of the few addresses that name one thing.
  expect(seen.get(404) ?? 0).toBeGreaterThan(3);
});

test('the document is OpenAPI 3.1 that names every schema it refers to, and says what each parameter is', () => {
  expect(document.openapi).toBe('3.1.0');
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
  expect(new Set(references)).toEqual(new Set(Object.keys(document.components?.schemas ?? {})));
  for (const { path, operation, parameters = [] } of operations()) {
    expect(operation.operationId, path).toMatch(/^\w+$/);
    expect(operation.summary, path).toMatch(/./);
    for (const { name, description } of parameters) expect(description, `${path} ${name}`).toMatch(/./);
  }
});

test('the page shows every operation, and asks for nothing but its own style', async () => {
  const { text } = await subject.get('/api/docs');
  for (const { path, operation } of operations()) {
    expect(text).toContain(`GET ${path}`);
    expect(text).toContain(`id="${operation.operationId}"`);
  }
  expect(text).toContain('POST /api/v1/alerts/{alert_id}/acknowledgement');
  const links = [...text.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, target]) => target ?? '');
  expect(links.filter((target) => !target.startsWith('#')).sort()).toEqual(['/api/docs.css', '/api/openapi.json']);
  const anchors = new Set([...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => `#${id}`));
  expect(links.filter((target) => target.startsWith('#') && !anchors.has(target))).toEqual([]);
  expect(text).not.toMatch(/<script|style=|javascript:| on\w+=/);
  expect((await subject.get('/api/docs.css')).headers['content-type']).toBe('text/css; charset=utf-8');
});
