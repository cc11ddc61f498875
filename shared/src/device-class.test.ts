import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classOfDeviceMax, deviceClasses, deviceClassOf } from './device-class.ts';

test.each([
  ['hands-free set', 0x24_04_08, 'car-kit'],
  ["car's sound system", 0x24_04_20, 'car-kit'],
  ['smartphone', 0x5a_02_0c, 'phone'],
  ['plain phone', 0x00_02_04, 'phone'],
  ['headset', 0x24_04_04, 'headset'],
  ['headphones', 0x24_04_18, 'headset'],
  ['laptop', 0x1e_01_0c, 'computer'],
  ['loudspeaker', 0x24_04_14, 'other'],
  ['watch', 0x00_07_04, 'other'],
  ['keyboard', 0x00_25_40, 'other'],
  ['device that does not say', 0x00_1f_00, 'other'],
  ['device without a class', 0, 'other'],
] as const)('a %s (%#) is known by its class', (_, classOfDevice, expected) => {
  expect(deviceClassOf(classOfDevice)).toBe(expected);
});

test('whatever the 24 bits, the class is one of the words, and neither services nor the two lowest bits make a difference', () => {
  const bits = fc.integer({ min: 0, max: classOfDeviceMax });
  fc.assert(
    fc.property(bits, bits, (classOfDevice, other) => {
      const word = deviceClassOf(classOfDevice);
      expect(deviceClasses).toContain(word);
      expect(deviceClassOf((classOfDevice & 0x1f_fc) | (other & ~0x1f_fc))).toBe(word);
    }),
  );
});
