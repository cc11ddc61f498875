import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pointsOfColour, startBrowser } from './harness/browser.ts';
import { runProgram } from './harness/program.ts';
import { startServer } from './harness/server.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';

const network = `
detectors:
  - { id: D1, name: Gate, latitude: 52.516, longitude: 13.377 }
  - { id: D2, name: Column, latitude: 52.514, longitude: 13.350 }
links:
  - { from: D1, to: D2, max_seconds: 1800 }
`;

/** One tile of one colour. */
function greenTile(): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8 + body.length);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), 4 + body.length);
    return frame;
  };
  const size = 256;
  const header = Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0]);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(size * 3, Buffer.from([0, 160, 0]))]);
  const rows = Buffer.concat(Array.from({ length: size }, () => row));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('a server of tiles that is configured is asked for the background, and named on the map', async () => {
  const asked: string[] = [];
  const tile = greenTile();
  const tiles = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(200, { 'content-type': 'image/png', 'access-control-allow-origin': '*' }).end(tile);
  }).listen(0, '127.0.0.1');
  await once(tiles, 'listening');
  const { port } = tiles.address() as AddressInfo;
  await using folder = await temporaryDirectory();
  await using server = await startServer(
    folder.path,
    ...[
      '--console-tiles',
      `http://127.0.0.1:${port}/{z}/{x}/{y}.png`,
      '--console-tiles-attribution',
      'Us & <i>them</i>',
    ],
  );
  const file = join(folder.path, 'network.yaml');
  await writeFile(file, network);
  const apply = ['network', 'apply', file, '--collector', server.collector, '--query', server.query];
  expect(await runProgram('tdc', apply, { directory: folder.path })).toMatchObject({ code: 0 });
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 500, height: 500 } });
    const reader = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await page.goto(`http://${server.http}`);
    const eventually = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 30_000, interval: 200 });
    await eventually(() => page.locator('.attribution').innerText()).toBe('Us & <i>them</i>');
    // Six tenths of the tile's green on the ground of the map.
    await eventually(() => pointsOfColour(reader, page, '.map-canvas', '#62c262')).toBeGreaterThan(5000);
    expect(asked.every((url) => /^\/\d+\/\d+\/\d+\.png$/.test(url))).toBe(true);
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
    tiles.close();
  }
});
