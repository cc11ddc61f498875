import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SecuredServer, type Shown, startSecuredServer } from '../access/secured-server.ts';

let server: SecuredServer;
let shown: Readonly<Record<'nobody' | 'D1' | 'viewer' | 'operator' | 'admin', Shown>>;

beforeAll(async () => {
  server = await startSecuredServer();
  shown = {
    nobody: {},
    D1: { certificate: server.detector('D1') },
    viewer: { token: await server.token('viewer') },
    operator: { token: await server.token('operator') },
    admin: { token: await server.token('admin') },
  };
});
afterAll(() => server[Symbol.asyncDispose]());

describe('every address of HTTP', () => {
  const open = [
    '/',
    '/api/docs',
    '/api/docs.css',
    '/api/report.css',
    '/api/openapi.json',
    '/healthz',
    '/readyz',
    '/api/v1/nothing',
    '/api/v1/session',
    '/links/D1/D2',
  ];
  const anHour = 'from=2026-03-01T08:00:00Z&to=2026-03-01T09:00:00Z';
  const forViewers = [
    ...['/api/v1/detectors', '/api/v1/detectors/D1', '/api/v1/links', '/api/v1/links/D1/D2', '/api/v1/events'],
    `/api/v1/links/D1/D2/matches?${anHour}`,
    `/api/v1/links/D1/D2/peers?${anHour}`,
    ...['/api/v1/estimates', '/api/v1/estimates/history', '/api/v1/route?detector_ids=D1&detector_ids=D2'],
    ...['/api/v1/links.geojson', '/api/v1/detectors.geojson', '/api/v1/links.datex2.xml', '/api/v1/estimates.csv'],
    ...['csv', 'parquet', 'awam.csv'].map((ending) => `/api/v1/estimates/history.${ending}`),
    ...['/api/v1/events.csv', '/api/v1/events.awam.csv'],
    ...['csv', 'awam.csv'].map((ending) => `/api/v1/links/D1/D2/matches.${ending}?${anHour}`),
    ...['/api/v1/links/D1/D2/usual', '/api/v1/links/D1/D2/statistics', '/api/v1/links/D1/D2/report'],
    '/api/v1/links/D1/D2/comparison?before_from=2026-01-01&before_to=2026-02-01&from_date=2026-02-01&to_date=2026-03-01',
    ...['/api/v1/routes', '/api/v1/routes/D1', '/api/v1/routes.geojson', '/api/v1/routes.csv'],
    '/api/v1/routes.datex2.xml',
    '/api/v1/alerts',
    '/metrics',
  ];

  test('is in the document, and in this test', async () => {
    const { paths } = (await server.get('/api/openapi.json')).json<{ paths: object }>();
    const tested = [...open, ...forViewers, '/api/v1/live', '/api/v1/alerts/A1/acknowledgement'].map((path) =>
      path.replace(/\?.*/, ''),
    );
    const patterns = Object.keys(paths).map((path) =>
      path
        .replace('{alert_id}', 'A1')
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
    // Each from an address of its own: the server bears thirty failures of one at once.
    const localAddress = `127.0.1.${1 + forViewers.indexOf(path)}`;
    const refused = await server.get(path, shown.nobody, { localAddress });
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
