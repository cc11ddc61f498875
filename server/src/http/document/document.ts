import swagger from '@fastify/swagger';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import packageJson from '../../../package.json' with { type: 'json' };
import type { HttpApp } from '../app.ts';
import { documentPage } from './page.ts';
import { pageStyle } from './page-style.ts';

const description = `Detectors, links, travel times and events of a network, for other systems. Times are ISO 8601 in UTC; names are those of the
contract of the gRPC services. Errors are problem details (RFC 9457) that name each parameter at fault. Answers have an entity tag: send it
as \`If-None-Match\`, and what has not changed is answered with 304 and without a body.`;

const tags = [
  { name: 'travel times', description: 'What it takes to drive along links and routes, with how sure that is.' },
  {
    name: 'history',
    description: 'What is usual, how reliable a link is, what has changed: of the travel times of weeks and months.',
  },
  {
    name: 'alerts',
    description: 'What somebody should see to: opened and closed by what is found, acknowledged by who sees to it.',
  },
  { name: 'network', description: 'Detectors and links.' },
  { name: 'events', description: 'Passages of devices through the zones of detectors, under pseudonyms.' },
  { name: 'files', description: 'The same in the formats of other systems, whole instead of in pages.' },
  { name: 'server', description: 'Whether the server lives and serves.' },
];

/** The document of the API, made of the schemas that validate, and a page that shows it. */
export async function addDocument(app: HttpApp): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'tdc',
        version: packageJson.version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // Where the document came from.
      servers: [{ url: '/' }],
      tags,
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'What `tdc token create` printed: a viewer may read everything.',
          },
        },
      },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: (given) => withoutInputs(jsonSchemaTransformObject(given)),
  });
  const page = { schema: { hide: true } };
  app.get('/api/openapi.json', page, async () => app.swagger());
  app.get('/api/docs', page, async (_request, reply) => {
    reply.type('text/html; charset=utf-8');
    return pageOnce(app);
  });
  app.get('/api/docs.css', page, async (_request, reply) => {
    reply.type('text/css; charset=utf-8');
    return pageStyle;
  });
}

/** Named schemas are all of answers: what they would be in a request is of no use. */
function withoutInputs(document: ReturnType<typeof jsonSchemaTransformObject>) {
  const schemas: Record<string, unknown> = ('components' in document && document.components?.schemas) || {};
  for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
  return document;
}

const pages = new WeakMap<HttpApp, string>();

function pageOnce(app: HttpApp): string {
  const page = pages.get(app) ?? documentPage(app.swagger() as OpenAPIV3_1.Document);
  pages.set(app, page);
  return page;
}
