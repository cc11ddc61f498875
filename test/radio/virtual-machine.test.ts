import { expect, test } from 'vitest';
import { VirtualMachine } from './virtual-machine.ts';

test('what was synchronised to the disk outlives a power cut, and a command works again after it', async () => {
  await using machine = await VirtualMachine.boot();
  expect(await machine.shell('echo kept > /data/kept; sync /data/kept; node --version')).toBe(`${process.version}\n`);
  expect((await machine.run(['sh', '-c', 'echo broken >&2; exit 3'])).code).toBe(3);
  const busy = machine.start(['sh', '-c', 'while :; do echo busy; sleep 0.1; done']);
  await busy.line('a busy line', (line) => line === 'busy');

  await machine.cutPower();
  expect(busy.ended).toEqual({ code: null, signal: null });
  await machine.boot();

  expect(await machine.shell('cat /data/kept')).toBe('kept\n');
}, 300_000);
