import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Namespaces } from './namespaces.ts';
import { mayMakeNamespaces } from './run-place.ts';
import { until } from './until.ts';

const port = 5555;
const echo = `require('node:net').createServer((socket) => socket.pipe(socket)).listen(${port}, '0.0.0.0')`;

function open(host: string): { readonly socket: Socket; readonly seen: string[] } {
  const seen: string[] = [];
  const socket = connect({ host, port });
  socket.on('connect', () => seen.push('connected'));
  socket.on('data', (text) => seen.push(String(text)));
  socket.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code ?? 'error'));
  socket.on('close', () => seen.push('closed'));
  return { socket, seen };
}

test.runIf(mayMakeNamespaces)(
  'who is cut off is not refused but silent, and goes on where it was when it is back',
  async () => {
    using lan = Namespaces.create(['a', 'b']);
    await using stack = new AsyncDisposableStack();
    for (const name of ['a', 'b']) {
      const [program = '', ...args] = [...lan.command(name), process.execPath, '-e', echo];
      const child = spawn(program, args, { stdio: 'inherit' });
      stack.defer(async () => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        expect(await ended).toEqual([null, 'SIGKILL']);
      });
    }
    const connected = async (name: string) => {
      const connection = await until(`${name} to listen`, async () => {
        const tried = open(lan.addressOf(name));
        stack.defer(() => void tried.socket.destroy());
        await until('an answer', () => tried.seen[0]);
        return tried.seen[0] === 'connected' ? tried : undefined;
      });
      connection.seen.length = 0;
      return connection;
    };
    const [before, other] = [await connected('a'), await connected('b')];
    lan.cutOff('a');
    const during = open(lan.addressOf('a'));
    stack.defer(() => void during.socket.destroy());
    before.socket.write('one');
    other.socket.write('two');
    // Longer than it takes to find out that nobody has a hardware address.
    await wait(4500);
    expect([before.seen, during.seen, other.seen]).toEqual([[], [], ['two']]);
    lan.rejoin('a');
    await until('the old connection', () => before.seen[0]);
    await until('the new connection', () => during.seen[0]);
    expect([before.seen, during.seen]).toEqual([['one'], ['connected']]);
  },
);

test.runIf(mayMakeNamespaces)('two networks do not clash, and nothing of them stays', () => {
  const made = () => [...readdirSync('/sys/class/net'), ...readdirSync('/run/netns')];
  const namespaces: string[] = [];
  {
    using one = Namespaces.create(['a']);
    using two = Namespaces.create(['a']);
    expect(one.addressOf('a')).not.toBe(two.addressOf('a'));
    for (const lan of [one, two]) namespaces.push(lan.command('a').at(-1) ?? '');
    expect(made()).toEqual(expect.arrayContaining(namespaces));
  }
  expect(new Set(namespaces).size).toBe(2);
  expect(made().filter((name) => namespaces.includes(name))).toEqual([]);
});

test.runIf(mayMakeNamespaces)('what a killed run has left is removed by the next', () => {
  const script = `
    import { Namespaces } from ${JSON.stringify(import.meta.resolve('./namespaces.ts'))};
    console.log(Namespaces.create(['a']).command('a').at(-1));
    process.kill(process.pid, 'SIGKILL');`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stdout).toMatch(/^tdc-\d+-0\n$/);
  expect(readdirSync('/run/netns')).toContain(stdout.trim());
  using next = Namespaces.create(['a']);
  const last = next.command('a').at(-1);
  expect(readdirSync('/run/netns').filter((name) => name === stdout.trim() && name !== last)).toEqual([]);
});
