import { type ServiceError, status } from '@grpc/grpc-js';
import { AccessServiceService } from '@tdc/shared/generated/tdc/v1/access.ts';
import { BoxMailServiceService } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { CollectorServiceService } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { QueryServiceService } from '@tdc/shared/generated/tdc/v1/query.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SecuredClient, type SecuredServer, type Shown, startSecuredServer } from './secured-server.ts';

type Who = 'nobody' | 'D1' | 'viewer' | 'operator' | 'admin';

let server: SecuredServer;
let clients: Readonly<Record<Who, SecuredClient>>;
let shown: Readonly<Record<Who, Shown>>;

beforeAll(async () => {
  server = await startSecuredServer();
  shown = {
    nobody: {},
    D1: { certificate: server.detector('D1') },
    viewer: { token: await server.token('viewer') },
    operator: { token: await server.token('operator') },
    admin: { token: await server.token('admin') },
  };
  const { nobody, D1, viewer, operator, admin } = shown;
  clients = {
    nobody: server.client(nobody),
    D1: server.client(D1),
    viewer: server.client(viewer),
    operator: server.client(operator),
    admin: server.client(admin),
  };
});
afterAll(() => server[Symbol.asyncDispose]());

/** How a method answers an empty request. */
function codeOf(path: string, port: 'collector' | 'query', who: Who): Promise<status> {
  const { promise, resolve } = Promise.withResolvers<status>();
  const same = (bytes: Buffer) => bytes;
  const call = clients[who][port].makeBidiStreamRequest(path, same, same);
  call.on('data', () => call.cancel());
  call.on('error', ({ code }: ServiceError) => resolve(code));
  call.on('status', ({ code }) => resolve(code));
  call.write(Buffer.alloc(0));
  call.end();
  return promise;
}

describe('every method', () => {
  const boxes = ['streamEvents', 'recordEvents', 'reportStatus', 'putBoxKey', 'fetchLetters', 'acknowledgeLetter'];
  const operators = ['putDetector', 'deleteDetector', 'putLink', 'deleteLink', 'listBoxes', 'putLetter'];
  const services = [
    [CollectorServiceService, 'collector'],
    [AccessServiceService, 'collector'],
    [BoxMailServiceService, 'collector'],
    [QueryServiceService, 'query'],
  ] as const;
  const methods = services.flatMap(([service, port]) =>
    Object.entries(service).map(([name, { path }]) => ({ name, path: String(path), port })),
  );
  const mayCall = {
    D1: (name: string) => boxes.includes(name),
    viewer: (name: string) => name in QueryServiceService,
    operator: (name: string) => name in QueryServiceService || operators.includes(name),
    admin: (name: string) => !boxes.includes(name),
  } as const;

  test.each(methods)('$name is for those alone who may call it', async ({ name, path, port }) => {
    expect(await codeOf(path, port, 'nobody')).toBe(status.UNAUTHENTICATED);
    for (const [who, may] of Object.entries(mayCall) as [keyof typeof mayCall, (name: string) => boolean][]) {
      const code = await codeOf(path, port, who);
      const told = `${name} by ${who}: ${status[code]}`;
      expect(code, told).not.toBe(status.UNAUTHENTICATED);
      if (may(name)) expect(code, told).not.toBe(status.PERMISSION_DENIED);
      else expect(code, told).toBe(status.PERMISSION_DENIED);
    }
  });

  test('health is open to everybody, and reflection to who is known', async () => {
    const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    for (const port of ['collector', 'query'] as const) {
      expect(await codeOf('/grpc.health.v1.Health/Check', port, 'nobody')).toBe(status.CANCELLED);
      expect(await codeOf(reflection, port, 'nobody')).toBe(status.UNAUTHENTICATED);
      expect(await codeOf(reflection, port, 'D1')).not.toBe(status.UNAUTHENTICATED);
      expect(await codeOf(reflection, port, 'viewer')).not.toBe(status.UNAUTHENTICATED);
    }
  });
});

describe('every address of HTTP', () => {
  const open = ['/', '/api/docs', '/api/docs.css', '/api/openapi.json', '/healthz', '/readyz', '/api/v1/nothing'];
  const forViewers = [
    ...['/api/v1/detectors', '/api/v1/detectors/D1', '/api/v1/links', '/api/v1/links/D1/D2', '/api/v1/events'],
    ...['/api/v1/estimates', '/api/v1/estimates/history', '/api/v1/route?detector_ids=D1&detector_ids=D2'],
  ];

  test('is in the document, and in this test', async () => {
    const { paths } = (await server.get('/api/openapi.json')).json<{ paths: object }>();
    const tested = [...open, ...forViewers, '/api/v1/live', '/metrics'].map((path) => path.replace(/\?.*/, ''));
    const patterns = Object.keys(paths).map((path) =>
      path
        .replace('{from_detector_id}', 'D1')
        .replace(/\{\w+\}/, (name) => (name === '{to_detector_id}' ? 'D2' : 'D1')),
    );
    expect(patterns.filter((path) => !tested.includes(path))).toEqual([]);
    expect(patterns.length).toBeGreaterThan(10);
  });

  test.each(open)('%s is for everybody', async (path) => {
    for (const each of Object.values(shown))
      expect([200, 302, 404, 503]).toContain((await server.get(path, each)).status);
  });

  test.each(forViewers)('%s is for operators alone', async (path) => {
    const refused = await server.get(path);
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer realm="tdc"']);
    expect(refused.json()).toMatchObject({ type: 'urn:tdc:problem:unauthenticated' });
    expect((await server.get(path, shown.D1)).status).toBe(403);
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      expect([200, 404]).toContain((await server.get(path, shown[role])).status);
    }
  });

  test('/api/v1/live is for operators alone', async () => {
    for (const [who, status] of [
      ['nobody', 401],
      ['D1', 403],
    ] as const) {
      expect((await server.get('/api/v1/live', shown[who])).status).toBe(status);
    }
  });
});
