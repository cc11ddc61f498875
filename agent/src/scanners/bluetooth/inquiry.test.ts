import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Sighting } from '../../sighting.ts';
import { eventFilter, inquiryEvents } from './hci-command.ts';
import { inquire } from './inquiry.ts';

/** Commands as they go over the wire. */
const inquiry = '01 01 04 05 33 8b 9e 04 00';
const cancel = '01 02 04 00';
const mode = (mode: number) => `01 45 0c 01 0${mode}`;

/** A socket behind which the test is the controller. */
class Wire extends EventEmitter<{ data: [Buffer]; error: [Error] }> {
  written: string[] = [];

  write(packet: Buffer): void {
    this.written.push(packet.toString('hex').replaceAll(/(..)(?!$)/g, '$1 '));
  }

  say(hex: string): void {
    this.emit('data', Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  }

  /** What was written since the last time. */
  take(): string[] {
    return this.written.splice(0);
  }
}

const started = '04 0f 04 00 01 01 04';
const refused = '04 0f 04 0c 01 01 04';
const complete = '04 01 01 00';

let wire: Wire;
let heard: Omit<Sighting, 'timeMs'>[];
let problems: string[];
let failures: string[];
let ready: number;
let stop: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  wire = new Wire();
  heard = [];
  problems = [];
  failures = [];
  ready = 0;
  stop = inquire('hci0', wire, {
    heard: (sighting) => heard.push(sighting),
    malformed: (problem) => problems.push(problem),
    ready: () => {
      ready += 1;
    },
    fail: (problem) => failures.push(problem),
  });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

test('an inquiry of 5.12 s with RSSI follows the other at once', () => {
  expect(wire.take()).toEqual([cancel, mode(2), inquiry]);
  wire.say(started);
  expect(ready).toBe(1);
  vi.advanceTimersByTime(5120);
  wire.say(complete);
  expect(wire.take()).toEqual([mode(2), inquiry]);
});

test('devices are heard when they answer, and what cannot be read is counted', () => {
  wire.say(started);
  vi.advanceTimersByTime(700);
  wire.say('04 22 0f 01 13 71 da 7d 1a 00 01 00 0c 02 5a 34 12 be');
  wire.say('04 22 0f 02 13 71 da 7d 1a 00 01 00 0c 02 5a 34 12 be');
  expect(heard).toEqual([
    {
      kind: 'classic',
      address: '00:1a:7d:da:71:13',
      addressType: 'public',
      deviceClass: 0x5a020c,
      rssiDbm: -66,
    },
  ]);
  expect(problems).toEqual(['event 0x22: 15 octets for 2 devices, expected 29']);
});

test('a reset of the controller, by whomever, is followed by another inquiry', () => {
  wire.say(started);
  wire.take();
  wire.say('04 0e 04 01 03 0c 00');
  vi.advanceTimersByTime(1);
  expect(wire.take()).toEqual([mode(2), inquiry]);
});

test('an inquiry without an end is started again', () => {
  wire.say(started);
  wire.take();
  vi.advanceTimersByTime(6500);
  expect(wire.take()).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(wire.take()).toEqual([cancel, mode(2), inquiry]);
  expect(failures).toEqual([]);
});

test('a controller that answers nothing is given up after 20 s', () => {
  vi.advanceTimersByTime(19_000);
  expect(failures).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(failures).toEqual([expect.stringMatching(/^hci0 does not end an inquiry/)]);
});

test('a controller that is busy is asked again every second, and given up after ten times', () => {
  expect(wire.written.shift()).toBe(cancel);
  for (let n = 0; n < 10; n += 1) {
    expect(failures).toEqual([]);
    expect(wire.take()).toEqual([mode(2), inquiry]);
    wire.say(refused);
    vi.advanceTimersByTime(999);
    expect(wire.take()).toEqual([]);
    vi.advanceTimersByTime(1);
  }
  expect(failures).toEqual([expect.stringMatching(/^hci0 refuses inquiries \(status 0xc\)/)]);
  expect(ready).toBe(0);
});

test('an inquiry that ends well makes good for refusals before', () => {
  for (let n = 0; n < 30; n += 1) {
    wire.say(refused);
    vi.advanceTimersByTime(1000);
    if (n % 5 === 0) {
      wire.say(started);
      vi.advanceTimersByTime(5120);
      wire.say(complete);
    }
  }
  expect(failures).toEqual([]);
});

test('an old controller gets the inquiry mode that it knows', () => {
  wire.take();
  wire.say('04 0e 04 01 45 0c 11');
  expect(wire.take()).toEqual([mode(1)]);
  wire.say('04 0e 04 01 45 0c 01');
  expect(wire.take()).toEqual([mode(0)]);
  wire.say('04 0e 04 01 45 0c 01');
  expect(wire.take()).toEqual([]);
});

test('a socket that fails is a failure', () => {
  wire.emit('error', new Error('Network is down'));
  expect(failures).toEqual(['hci0: the Bluetooth socket fails: Network is down']);
});

test('the end cancels the inquiry, and no other follows', () => {
  wire.say(started);
  wire.take();
  stop();
  expect(wire.take()).toEqual([cancel]);
  wire.say(complete);
  vi.advanceTimersByTime(60_000);
  expect(wire.take()).toEqual([]);
});

test('the filter lets events through alone, of the codes that are asked for', () => {
  // types, 64 bits of events: 1, 2, 14, 15, 34 and 47, one opcode and padding
  expect(eventFilter(inquiryEvents).toString('hex')).toBe(`10000000${'06c00000'}${'04800000'}00000000`);
});
