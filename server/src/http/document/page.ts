import type { OpenAPIV3_1 } from 'openapi-types';
import { escaped } from '../../html-text.ts';

type Schema = OpenAPIV3_1.SchemaObject | OpenAPIV3_1.ReferenceObject | undefined;
type Document = OpenAPIV3_1.Document;

/** Text of the document: what stands between backquotes is code. */
const prose = (text = ''): string => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
const code = (text: string): string => `<code>${escaped(text)}</code>`;

/** The document as a page of its own, without scripts. */
export function documentPage(document: Document): string {
  const { info, tags = [], paths = {}, components } = document;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    (['get', 'post'] as const).flatMap((method) => {
      const operation = item?.[method];
      return operation === undefined ? [] : [{ name: `${method.toUpperCase()} ${path}`, operation }];
    }),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    return `<h2>${escaped(name)}</h2><p>${prose(description)}</p>${own.map(({ name, operation }) => operationHtml(name, operation)).join('')}`;
  });
  const schemas = Object.entries(components?.schemas ?? {}).map(([name, schema]) => schemaHtml(name, schema));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(info.title)} HTTP API</title>
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<main>
<h1>${escaped(info.title)} HTTP API, ${escaped(info.version)}</h1>
<p class="description">${prose(info.description)}</p>
<p>For programs: <a href="/api/openapi.json">the same as an OpenAPI document</a>.</p>
${sections.join('\n')}
<h2>What answers hold</h2>
${schemas.join('\n')}
</main>
</body>
</html>
`;
}

function operationHtml(name: string, operation: OpenAPIV3_1.OperationObject): string {
  const { operationId = '', summary = '', description, parameters = [], requestBody, responses = {} } = operation;
  const rows = parameters.flatMap((parameter) => ('name' in parameter ? [parameterRow(parameter)] : []));
  const answers = Object.entries(responses).map(([status, response]) => {
    if (!('content' in response)) return '';
    const kinds = Object.entries(response.content ?? {}).map(
      ([type, { schema }]) => `${code(type)}: ${typeHtml(schema)}`,
    );
    return `<li>${code(status)} ${kinds.join(', ')}</li>`;
  });
  return `<article id="${escaped(operationId)}">
<h3><code>${escaped(name)}</code></h3>
<p>${prose(summary)}</p>
${description === undefined ? '' : `<p class="description">${prose(description)}</p>`}
${rows.length === 0 ? '' : table(['parameter', 'where', 'type', 'meaning'], rows)}
${bodyHtml(requestBody)}
<ul>${answers.join('')}</ul>
</article>`;
}

function bodyHtml(body: OpenAPIV3_1.OperationObject['requestBody']): string {
  if (body === undefined || !('content' in body)) return '';
  const { schema } = body.content['application/json'] ?? {};
  if (schema === undefined || '$ref' in schema) return '';
  const rows = Object.entries(schema.properties ?? {}).map(([field, each]) =>
    row([code(field), typeHtml(each), prose('description' in each ? each.description : '')]),
  );
  return table(['field of the body', 'type', 'meaning'], rows);
}

function parameterRow(parameter: OpenAPIV3_1.ParameterObject): string {
  const { name, in: where, required = false, description, schema } = parameter;
  return row([code(name), `${escaped(where)}${required ? ', needed' : ''}`, typeHtml(schema), prose(description)]);
}

function schemaHtml(name: string, schema: OpenAPIV3_1.SchemaObject): string {
  const rows = Object.entries(schema.properties ?? {}).map(([field, each]) =>
    row([code(field), typeHtml(each), prose('description' in each ? each.description : '')]),
  );
  return `<article id="schema-${escaped(name)}">
<h3>${code(name)}</h3>
<p>${prose(schema.description)}</p>
${table(['field', 'type', 'meaning'], rows)}
</article>`;
}

const row = (cells: readonly string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;

const table = (titles: readonly string[], rows: readonly string[]): string =>
  `<table><thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;

/** A type in short; named ones lead to where they are described. */
function typeHtml(schema: Schema): string {
  if (schema === undefined) return '';
  if ('$ref' in schema && schema.$ref !== undefined) {
    const name = escaped(schema.$ref.split('/').at(-1) ?? '');
    return `<a href="#schema-${name}">${name}</a>`;
  }
  const { anyOf, enum: values, type, format, properties } = schema as OpenAPIV3_1.SchemaObject;
  if (anyOf !== undefined) return anyOf.map(typeHtml).join(' or ');
  if (values !== undefined) return values.map((value) => code(String(value))).join(', ');
  if (type === 'array') return `list of ${typeHtml((schema as OpenAPIV3_1.ArraySchemaObject).items as Schema)}`;
  if (properties !== undefined) {
    return Object.entries(properties)
      .map(([name, each]) => `${code(name)} (${typeHtml(each)})`)
      .join(', ');
  }
  return escaped(
    `${Array.isArray(type) ? type.join(' or ') : (type ?? 'anything')}${format === undefined ? '' : ` (${format})`}`,
  );
}
