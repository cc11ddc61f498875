import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { listEvents } from './harness/rpc.ts';
import { temporaryDirectory } from './harness/temporary-directory.ts';
import { until, within } from './harness/until.ts';

const script = fileURLToPath(new URL('../../deploy/demo/start.ts', import.meta.url));

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

test('npm start shows two hours of traffic at six detectors and then live events within a minute, and ends cleanly with Ctrl-C', async () => {
  await using folder = await temporaryDirectory();
  const [collector, query, health, http] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = [
    ...['--collector-port', `${collector}`, '--query-port', `${query}`, '--health-port', `${health}`],
    ...['--http-port', `${http}`],
  ];
  const child = spawn(process.execPath, [script, ...ports], {
    env: { ...process.env, TMPDIR: folder.path, HOME: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  try {
    const startedMs = Date.now();
    const events = await until(
      'events of two hours and of now',
      async () => {
        if (child.exitCode !== null) throw new Error(`npm start ended: ${shown}`);
        const all = await listEvents(`127.0.0.1:${query}`).catch(() => []);
        const ages = all.map(({ referenceTimeNs }) => startedMs - Number(referenceTimeNs / 1_000_000n));
        const isThere = Math.max(...ages) > 110 * 60_000 && Math.min(...ages) < 0;
        return isThere ? all : undefined;
      },
      { timeoutMs: 60_000, pollMs: 500 },
    );
    expect(new Set(events.map(({ detectorId }) => detectorId)).size).toBe(6);
    expect(events.length).toBeGreaterThan(2000);
    await until('the view', () => (/D3/.test(shown) && /npx tdc .*events --follow/.test(shown) ? true : undefined));
    expect(shown).toContain(`http://127.0.0.1:${http}/api/docs`);
    const console = await fetch(`http://127.0.0.1:${http}/`);
    expect([console.status, shown.includes(`In a browser: http://127.0.0.1:${http}/ `)]).toEqual([200, true]);
    const { detectors } = (await (await fetch(`http://127.0.0.1:${http}/api/v1/detectors`)).json()) as {
      detectors: unknown[];
    };
    expect(detectors).toHaveLength(6);
    child.kill('SIGINT');
    expect(await within(20_000, 'the end of npm start', ended)).toEqual([0, null]);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('tdc-demo'))).toEqual([]);
  } finally {
    // It ends the programs that it has started, and kills those that do not end.
    child.kill('SIGINT');
    await within(30_000, 'the end of npm start', ended);
  }
}, 120_000);
