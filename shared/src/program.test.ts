import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normalFlags } from './program.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-program-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Ended {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

let written = 0;

/** A program of the name `tiny` whose main function has this body, with `argv` and `signal` in it. */
function fileOf(body: string): string {
  const from = (module: string) => JSON.stringify(new URL(module, import.meta.url).href);
  const file = join(folder, `tiny-${written++}.mjs`);
  writeFileSync(
    file,
    `import { newProgram, runProgram } from ${from('./program.ts')};
     import { InvalidInputError, UnavailableError } from ${from('./errors.ts')};
     /** Waits for the signal, and keeps the process alive meanwhile. */
     const aborted = (signal) => new Promise((resolve) => {
       const alive = setInterval(() => {}, 1000);
       signal.addEventListener('abort', () => { clearInterval(alive); resolve(); });
     });
     const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
     await runProgram('tiny', async (argv, signal) => { ${body} });`,
  );
  return file;
}

async function ended(file: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000, killSignal: 'SIGKILL' });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, signal, out, err };
}

const run = (body: string, ...args: readonly string[]) => ended(process.execPath, [fileOf(body), ...args]);

describe('a program ends', () => {
  test('with 0 when its work is done', async () => {
    expect(await run(`process.stdout.write('done');`)).toEqual({ code: 0, signal: null, out: 'done', err: '' });
  });

  test('with 1 and one line when it failed, without a stack', async () => {
    const failed = await run(`throw new UnavailableError('the disk is full', { cause: new Error('ENOSPC') });`);
    expect(failed).toEqual({ code: 1, signal: null, out: '', err: 'tiny: the disk is full\n' });
  });

  test('with 1 and its words when what failed is no error at all', async () => {
    expect(await run(`throw 'just words';`)).toMatchObject({ code: 1, err: 'tiny: just words\n' });
  });

  test('with 2 and a line for each problem when its configuration is wrong', async () => {
    const wrong = await run(
      `throw new InvalidInputError('--port "x": expected number\\nTDC_HOST "": expected a name');`,
    );
    expect(wrong).toEqual({
      code: 2,
      signal: null,
      out: '',
      err: 'tiny: --port "x": expected number\ntiny: TDC_HOST "": expected a name\n',
    });
  });

  test('with what its work says', async () => {
    expect(await run('process.exitCode = 7;')).toMatchObject({ code: 7, err: '' });
  });
});

describe('its command line', () => {
  const commands = `
    const program = newProgram('tiny', 'Does little', '1.2.3');
    program.command('count').option('--up-to <n>').argument('[word]').action((word, flags) => {
      process.stdout.write(JSON.stringify({ word, ...flags }));
    });
    await program.parseAsync(argv, { from: 'user' });`;

  test('takes flags with underscores and dots', async () => {
    const results = await Promise.all([
      run(commands, 'count', '--up_to', 'a_b'),
      run(commands, 'count', '--up.to=a.b'),
      run(commands, 'count', '--', '--up_to'),
    ]);
    expect(results.map(({ out }) => JSON.parse(out))).toEqual([{ upTo: 'a_b' }, { upTo: 'a.b' }, { word: '--up_to' }]);
  });

  test('that is wrong is told in a line under the name of the program, and ends it with 2', async () => {
    const results = await Promise.all([
      run(commands, 'count', '--nonsense'),
      run(commands, 'nonsense'),
      run(commands, 'count', '--up-to'),
      run(commands, 'count', 'one', 'two'),
    ]);
    for (const { code, out, err } of results) {
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^tiny: .+\n/);
      expect(err).toContain('--help shows what there is');
      expect(err).not.toMatch(/^\s+at /m);
    }
    expect(results[0]?.err).toMatch(/^tiny: unknown option '--nonsense'/);
  });

  test('may ask for help and version, which are no errors', async () => {
    const [help, version] = await Promise.all([run(commands, '--help'), run(commands, '--version')]);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('Does little');
    expect(version).toEqual({ code: 0, signal: null, out: '1.2.3\n', err: '' });
  });
});

// Each program sends itself the signal, so that no test has to hit a moment from outside.
describe.each(['SIGTERM', 'SIGINT'])('%s', (name) => {
  const toItself = `process.kill(process.pid, '${name}');`;
  const stopped = `const stop = aborted(signal); ${toItself} await stop;`;

  test('ends a program with 130 and no word when it leaves its work for that', async () => {
    const left = await run(`${stopped} process.stdout.write(signal.reason.message); throw signal.reason;`);
    expect(left).toEqual({ code: 130, signal: null, out: `stopped by ${name}`, err: '' });
  });

  test('ends it with 0 when it has brought its work to an end', async () => {
    const finished = await run(`${stopped} process.stdout.write('saved');`);
    expect(finished).toEqual({ code: 0, signal: null, out: 'saved', err: '' });
  });

  test('does not hide that the work failed while it was brought to an end', async () => {
    const failed = await run(`${stopped} throw new Error('cannot save');`);
    expect(failed).toEqual({ code: 1, signal: null, out: '', err: 'tiny: cannot save\n' });
  });

  test('ends it at once when it comes a second time', async () => {
    const cut = await run(`${stopped} process.stdout.write('stopping'); await after(550); ${toItself}
      await after(10_000); process.stdout.write('too late');`);
    expect(cut).toEqual({ code: 130, signal: null, out: 'stopping', err: '' });
  });
});

test('two signals of one Ctrl-C count as one', async () => {
  const finished = await run(`const stop = aborted(signal);
    process.kill(process.pid, 'SIGINT'); process.kill(process.pid, 'SIGTERM');
    await stop; await after(100); process.stdout.write('saved');`);
  expect(finished).toEqual({ code: 0, signal: null, out: 'saved', err: '' });
});

test('a signal after the work ends whatever is still open', async () => {
  const killed = await run(`setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20);
    setTimeout(() => process.exit(9), 10_000);`);
  expect(killed).toMatchObject({ code: null, signal: 'SIGTERM', err: '' });
});

test('a reader that has enough ends the program quietly', async () => {
  const file = fileOf(`for (;;) { if (!process.stdout.write('line\\n')) await after(0); }`);
  const script = '{ "$1" "$2"; echo "code $?" >&2; } | head -1';
  const piped = await ended('sh', ['-c', script, 'sh', process.execPath, file]);
  expect(piped).toEqual({ code: 0, signal: null, out: 'line\n', err: 'code 0\n' });
});

describe('the spelling of flags', () => {
  test('is changed in the flag alone, not in its value', () => {
    expect(normalFlags(['--a_b.c', '--etcd.prefix=/x_y.z', '--no-a_b'])).toEqual([
      '--a-b-c',
      '--etcd-prefix=/x_y.z',
      '--no-a-b',
    ]);
  });

  test('is changed in nothing else, and once is as good as twice', () => {
    const words = fc.array(fc.oneof(fc.string(), fc.stringMatching(/^-{0,3}[a-z_.=-]{0,8}$/)));
    fc.assert(
      fc.property(words, (argv) => {
        const normal = normalFlags(argv);
        expect(normalFlags(normal)).toEqual(normal);
        expect(normal.map(({ length }) => length)).toEqual(argv.map(({ length }) => length));
        const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
        argv.forEach((word, index) => {
          if (index >= end || !/^--[A-Za-z]/.test(word)) expect(normal[index]).toBe(word);
        });
      }),
    );
  });
});
