import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PreparedBox, preparedBox } from '../prepared-box.ts';
import { checkBluetooth } from './bluetooth.ts';

let box: PreparedBox;
beforeEach(() => {
  box = preparedBox();
});
afterEach(() => box[Symbol.dispose]());

/** An adapter with its switch, and the address that no finding may have. */
function adapter(name: string, off: Partial<Record<'soft' | 'hard', '1'>> = {}): void {
  box.put(`/sys/class/bluetooth/${name}/address`, 'b8:27:eb:12:34:56\n');
  box.put(`/sys/class/bluetooth/${name}/device/modalias`, 'usb:v0A12p0001d8891\n');
  const place = `/sys/class/rfkill/rfkill${name.slice(3)}`;
  for (const [file, text] of Object.entries({ type: 'bluetooth', name, soft: '0', hard: '0', ...off })) {
    box.put(`${place}/${file}`, `${text}\n`);
  }
}
const found = (scanners: readonly string[] = ['ble'], wanted?: string) =>
  checkBluetooth(box.system, scanners, wanted).map(({ level, found: text, advice }) => ({ level, text, advice }));

describe('a box', () => {
  test('without an adapter has a problem where a scanner needs one, and none where none does', () => {
    expect(found(['classic'])).toEqual([
      { level: 'problem', text: 'no Bluetooth adapter', advice: expect.stringContaining('disable-bt') },
    ]);
    expect(found(['simulated'])).toEqual([
      { level: 'ok', text: 'no Bluetooth adapter; no configured scanner needs it', advice: '' },
    ]);
  });

  test('with adapters has each of them looked at, and no connection taken for one', () => {
    adapter('hci0');
    adapter('hci1');
    box.put('/sys/class/bluetooth/hci0:64/uevent', '');
    expect(found()).toEqual([
      { level: 'ok', text: 'hci0 on usb, not switched off', advice: '' },
      { level: 'ok', text: 'hci1 on usb, not switched off', advice: '' },
    ]);
    expect(JSON.stringify(found())).not.toMatch(/b8:27/);
  });

  test.each([
    [{ soft: '1' }, 'hci0 on usb is off by software', 'sudo rfkill unblock bluetooth'],
    [{ hard: '1', soft: '1' }, 'hci0 on usb is off by hardware', 'turn it on with its key or switch'],
  ] as const)('with an adapter that is switched off (%j) is told how to switch it on', (off, text, advice) => {
    adapter('hci0', off);
    expect(found()).toEqual([{ level: 'problem', text, advice: expect.stringContaining(advice) }]);
    expect(found(['wifi-monitor'])[0]?.level).toBe('ok');
  });

  test('is judged by the adapter that is configured', () => {
    adapter('hci0', { soft: '1' });
    adapter('hci1');
    expect(found(['ble'], 'hci1').map(({ level }) => level)).toEqual(['ok', 'ok']);
    expect(found(['ble'], 'hci0').map(({ level }) => level)).toEqual(['problem', 'ok']);
    expect(found(['ble'], 'hci7')[0]).toEqual({
      level: 'problem',
      text: 'no adapter hci7, there is hci0, hci1',
      advice: 'set bluetooth.adapter to one that is there',
    });
  });

  test('whose own switch is off is told so', () => {
    adapter('hci0');
    for (const [file, text] of Object.entries({ type: 'bluetooth', name: 'laptop_bluetooth', soft: '1', hard: '0' })) {
      box.put(`/sys/class/rfkill/rfkill9/${file}`, text);
    }
    expect(found()[1]).toMatchObject({ level: 'warning', text: 'the switch laptop_bluetooth is off by software' });
  });
});
