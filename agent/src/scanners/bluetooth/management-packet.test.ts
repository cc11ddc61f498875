import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseManagement, readInfo, setPowered } from './management-packet.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
const nothing = { powered: false, classic: false, lowEnergy: false };

test('questions to the kernel are as its documentation writes them', () => {
  expect(readInfo(0)).toEqual(bytes('0400 0000 0000'));
  expect(setPowered(3)).toEqual(bytes('0500 0300 0100 01'));
});

test('its answers tell what an adapter can do, and whether it is powered', () => {
  // address, version, manufacturer, supported: powered, classic, LE; current: classic
  const info = '1000 00eb27b8 09 0f00 81020000 80000000 000000';
  expect(parseManagement(bytes(`0100 0000 1600 0400 00 ${info}`))).toEqual({
    type: 'info',
    index: 0,
    supported: { powered: true, classic: true, lowEnergy: true },
    current: { ...nothing, classic: true },
  });
  expect(parseManagement(bytes('0600 0100 0400 01020000'))).toEqual({
    type: 'settings',
    index: 1,
    current: { powered: true, classic: false, lowEnergy: true },
  });
  expect(parseManagement(bytes('0100 0100 0700 0500 00 01000000'))).toEqual({
    type: 'settings',
    index: 1,
    current: { ...nothing, powered: true },
  });
  expect(parseManagement(bytes('0500 0200 0000'))).toEqual({ type: 'removed', index: 2 });
  expect(parseManagement(bytes('0200 0000 0300 0500 12'))).toEqual({
    type: 'refused',
    index: 0,
    opcode: 0x0005,
    status: 0x12,
  });
});

test('whatever comes is an event', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(1, 2, 4, 5, 6), (rest, code) => {
      for (const message of [Buffer.from(rest), Buffer.from([code, 0, ...rest])]) {
        expect(parseManagement(message).type).toBeTypeOf('string');
      }
    }),
    { numRuns: 10_000 },
  );
});
