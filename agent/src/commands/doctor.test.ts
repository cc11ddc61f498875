import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CollectorServiceService } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { startGrpcServer } from '@tdc/shared/grpc-server.ts';
import { createLogger } from '@tdc/shared/logger.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ok, problem, warning } from '../doctor/finding.ts';
import { findingsText } from './doctor.ts';

const program = fileURLToPath(new URL('../../bin/tdc-agent.js', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function tdcAgent(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { HOME: folder, PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

interface Line {
  readonly check: string;
  readonly level: string;
  readonly found: string;
  readonly advice: string | null;
}

describe('tdc-agent doctor on this machine', () => {
  test('tells every check in JSON, ends with 1 for a problem, tells no address, and leaves no file', async () => {
    const args = ['doctor', '--detector-id', 'D1', '--scanners', 'exec', '--exec-command', 'sh'];
    const { code, stdout, stderr } = await tdcAgent([
      ...args,
      '--collector-address',
      '127.0.0.1:1',
      '--output',
      'json',
    ]);
    expect(stderr).toBe('');
    const lines = JSON.parse(stdout) as Line[];
    expect([...new Set(lines.map(({ check }) => check))]).toEqual([
      ...['detector', 'scanners', 'bluetooth', 'wifi', 'capabilities', 'programs', 'clock', 'disk', 'key', 'agent'],
      'collector',
    ]);
    for (const { level, advice } of lines) expect(advice === null).toBe(level === 'ok');
    const problems = lines.filter(({ level }) => level === 'problem').map(({ check }) => check);
    expect(problems).toEqual(['key', 'collector']);
    expect(code).toBe(1);
    for (const { mac } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
      if (mac !== '00:00:00:00:00:00') expect(stdout).not.toContain(mac);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test('ends with 0 where no problem is left', async () => {
    const key = ['key', 'generate', '--file', join(folder, 'key.json')];
    expect(await tdcAgent(key)).toMatchObject({ code: 0 });
    const server = await startGrpcServer({
      name: 'collector',
      host: '127.0.0.1',
      port: 0,
      services: [{ name: 'tdc.v1.CollectorService', definition: CollectorServiceService, implementation: {} }],
      logger: createLogger({ level: 'silent' }),
    });
    server.setServing(true);
    const args = ['doctor', '--detector-id', 'D1', '--scanners', 'exec', '--exec-command', 'sh', '--clock-trust'];
    const place = ['--key-file', join(folder, 'key.json'), '--collector-address', server.address];
    const { code, stdout } = await tdcAgent([...args, ...place]);
    await server.stop(100);
    expect(stdout).toMatch(/\n0 problems, \d+ warnings\n$/);
    expect(code).toBe(0);
  });

  test('without a detector or scanners says what is missing, and looks at the rest', async () => {
    const { code, stdout } = await tdcAgent(['doctor', '--collector-address', '127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^PROBLEM +detector +no detector\.id\n {4}-> give --detector-id/);
    expect(stdout).toContain('no scanner is configured: nothing is heard');
    expect(stdout).toMatch(/\n3 problems, \d+ warnings\n$/);
  });
});

test('findings for people have the advice below them, and are counted', () => {
  const findings = [ok('clock', 'right'), warning('disk', 'small', 'get another'), problem('key', 'gone', 'find it')];
  expect(findingsText(findings)).toBe(
    [
      'ok       clock  right',
      'WARNING  disk   small',
      '    -> get another',
      'PROBLEM  key    gone',
      '    -> find it',
      '',
      '1 problems, 1 warnings',
      '',
    ].join('\n'),
  );
});
