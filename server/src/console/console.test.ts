import { brotliCompressSync, constants } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpSubject, startHttpSubject } from '../http/http-subject.ts';
import { tileServerOf } from './tile-server.ts';

let subject: HttpSubject;
let html: string;
let files: readonly string[];
beforeAll(async () => {
  subject = await startHttpSubject([]);
  html = (await subject.get('/')).text;
  files = [...new Set([...html.matchAll(/(?:href|src)="([^"]+)"/g), ...html.matchAll(/":"([^"]+)"/g)])].map(
    ([, address]) => address ?? '',
  );
});
afterAll(() => subject[Symbol.asyncDispose]());

const policyOf = (headers: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> =>
  new Map(
    (headers['content-security-policy'] ?? '').split('; ').map((each) => {
      const [name = '', ...sources] = each.split(' ');
      return [name, sources.join(' ')];
    }),
  );

describe('the page', () => {
  test('is the same at all of its addresses, and asked about each time', async () => {
    for (const path of [
      '/links',
      '/links/D1/D2',
      '/links/D1/D2/history?from_date=2026-03-01',
      '/detectors/D1',
      '/route?via=D1&via=D2',
      '/routes/north',
      '/alerts',
    ]) {
      expect((await subject.get(path)).text).toBe(html);
    }
    const { headers } = await subject.get('/');
    expect(headers['cache-control']).toBe('private, no-cache');
    expect((await subject.get('/', { headers: { 'if-none-match': headers.etag ?? '' } })).status).toBe(304);
  });

  test('has a policy that lets nothing in but its own files, and no script or style in itself', async () => {
    const { headers } = await subject.get('/');
    const policy = policyOf(headers);
    expect(policy.get('default-src')).toBe("'none'");
    expect(policy.get('script-src')).toMatch(/^'self' 'sha256-[A-Za-z0-9+/]{43}='$/);
    for (const name of ['worker-src', 'style-src', 'connect-src']) expect(policy.get(name)).toBe("'self'");
    expect(policy.get('img-src')).toBe("'self' data:");
    for (const name of ['base-uri', 'form-action', 'frame-ancestors']) expect(policy.get(name)).toBe("'none'");
    expect([...policy.values()].join()).not.toMatch(/unsafe|blob|http/);
    expect(headers).toMatchObject({
      ...{ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' },
    });
    expect(html).not.toMatch(/ style=| on\w+=|<style/);
    expect([...html.matchAll(/<script[^>]*>(.)/g)].map(([, first]) => first)).toEqual(['{', '<']);
  });

  test('asks for the tiles that are configured, and for those alone', async () => {
    const tiles = tileServerOf('https://tiles.example.org:8443/{z}/{x}/{y}.png?key="a', 'Tiles & <b>Co</b>');
    await using other = await startHttpSubject([], tiles === undefined ? {} : { tiles });
    const { headers, text } = await other.get('/');
    const policy = policyOf(headers);
    expect(policy.get('connect-src')).toBe("'self' https://tiles.example.org:8443");
    expect(policy.get('img-src')).toBe("'self' data: https://tiles.example.org:8443");
    expect(text).toContain('content="https://tiles.example.org:8443/{z}/{x}/{y}.png?key=&quot;a"');
    expect(text).toContain('content="Tiles &amp; &lt;b&gt;Co&lt;/b&gt;"');
  });
});

describe('its files', () => {
  test('are there, of the right type, for ever, and under the policy of the page', async () => {
    expect(files.length).toBeGreaterThan(30);
    const { headers: ofPage } = await subject.get('/');
    for (const address of files) {
      const { status, headers } = await subject.get(address);
      expect([address, status]).toEqual([address, 200]);
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(headers['content-type']).toMatch(/^(text\/(javascript|css); charset=utf-8|image\/svg\+xml)$/);
      expect(headers['content-security-policy']).toBe(ofPage['content-security-policy']);
    }
  });

  test('are all that modules import', async () => {
    const bare = new Set([...html.matchAll(/"([^"]+)":"\/assets/g)].map(([, name]) => name));
    for (const address of files.filter((each) => each.endsWith('.ts'))) {
      const { text } = await subject.get(address);
      for (const [, name = ''] of text.matchAll(/(?:\bfrom |import\()'([^']+)'/g)) {
        const isThere = name.startsWith('.')
          ? files.includes(new URL(name, `http://x${address}`).pathname)
          : bare.has(name);
        expect([address, name, isThere]).toEqual([address, name, true]);
      }
    }
  });

  test('are of one version, and nothing else is under their address', async () => {
    const [version = ''] = /\/assets\/[\w-]+/.exec(html) ?? [];
    for (const path of [
      '/assets/other/browser/main.ts',
      `${version}/`,
      `${version}/browser/../routes.ts`,
      `${version}/browser/%2e%2e/routes.ts`,
      `${version}/../../package.json`,
      `${version}/browser/tsconfig.json`,
    ]) {
      expect([path, (await subject.get(path)).status]).toEqual([path, 404]);
    }
  });

  test('are little to load: half a megabyte without the map, one with it', async () => {
    const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
    let [own, map] = [0, 0];
    for (const address of [
      ...files,
      files.find((each) => each.endsWith('maplibre-gl.mjs'))?.replace('.mjs', '-worker.mjs'),
    ]) {
      const { bytes } = await subject.get(address ?? '');
      const size = brotliCompressSync(bytes, brotli).length;
      if (address?.includes('maplibre')) map += size;
      else own += size;
    }
    console.log(
      `compressed: ${Math.round(own / 1000)} kB without the map, ${Math.round((own + map) / 1000)} kB with it`,
    );
    expect(own).toBeLessThan(500_000);
    expect(own + map).toBeLessThan(1_000_000);
    expect(map).toBeGreaterThan(300_000);
  });
});
