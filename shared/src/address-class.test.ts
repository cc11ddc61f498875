import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressType, classifyAddress, isKind } from './address-class.ts';
import { type Kind, kinds } from './event.ts';

const classOf = (kind: Kind, address: string, addressType: AddressType = 'unknown') => {
  const classified = classifyAddress(kind, address, addressType);
  return classified.ok ? classified.addressClass : 'malformed';
};

describe('classification of addresses', () => {
  it.each([
    ['classic', '80:91:a2:b3:c4:d5', 'public', 'public'],
    ['classic', 'c1:91:a2:b3:c4:d5', 'unknown', 'public'],
    ['ble', 'c1:91:a2:b3:c4:d5', 'public', 'public'],
    ['ble', 'ff:91:a2:b3:c4:d5', 'random', 'random-static'],
    ['ble', 'c0:91:a2:b3:c4:d5', 'random', 'random-static'],
    ['ble', '40:91:a2:b3:c4:d5', 'random', 'resolvable'],
    ['ble', '7f:91:a2:b3:c4:d5', 'random', 'resolvable'],
    ['ble', '3f:91:a2:b3:c4:d5', 'random', 'non-resolvable'],
    ['ble', '80:91:a2:b3:c4:d5', 'random', 'malformed'],
    ['ble', 'bf:91:a2:b3:c4:d5', 'random', 'malformed'],
    ['ble', 'c1:91:a2:b3:c4:d5', 'unknown', 'malformed'],
    ['wifi', '80:91:a2:b3:c4:d5', 'public', 'public'],
    ['wifi', '82:91:a2:b3:c4:d5', 'random', 'local'],
    ['wifi', '82:91:a2:b3:c4:d5', 'public', 'local'],
    ['wifi', '81:91:a2:b3:c4:d5', 'public', 'malformed'],
    ['wifi', 'ff:ff:ff:ff:ff:ff', 'public', 'malformed'],
    ['wifi', '00:00:00:00:00:00', 'public', 'malformed'],
    ['anpr', 'B-XY 1234', 'unknown', 'public'],
    ['anpr', '', 'unknown', 'malformed'],
    ['imsi', '262011234567890', 'unknown', 'public'],
    ['imsi', '2620112345678901', 'unknown', 'malformed'],
  ] as const)('calls %s %s of type %s %s', (kind, address, addressType, expected) => {
    expect(classOf(kind, address, addressType)).toBe(expected);
  });

  it('gives every spelling of an address the same normal form', () => {
    for (const address of ['aa:bb:cc:dd:ee:0f', 'AA:BB:CC:DD:EE:0F', 'aa-bb-cc-dd-ee-0f', 'AABBCCDDEE0F']) {
      expect(classifyAddress('classic', address, 'public')).toMatchObject({ address: 'aa:bb:cc:dd:ee:0f' });
    }
    for (const plate of ['b-xy 1234', 'B XY1234', 'ＢXY1234']) {
      expect(classifyAddress('anpr', plate, 'unknown')).toMatchObject({ address: 'BXY1234' });
    }
  });

  it('refuses what is not six octets', () => {
    for (const address of [
      '',
      'aa:bb:cc:dd:ee',
      'aa:bb:cc:dd:ee:ff:00',
      'aa:bb:cc:dd:ee:fg',
      'aa:bb-cc:dd:ee:ff',
      ' aa:bb:cc:dd:ee:ff',
    ]) {
      expect(classOf('classic', address)).toBe('malformed');
    }
  });

  it('keeps its normal form when classified again, and never tells an address in a problem', () => {
    const text = fc.oneof(
      fc.string({ minLength: 3 }),
      fc.stringMatching(/^[0-9a-fA-F:-]{5,20}$/),
      fc.uint8Array({ minLength: 6, maxLength: 6 }).map((octets) => Buffer.from(octets).toString('hex')),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        text,
        fc.constantFrom('public', 'random', 'unknown'),
        (kind, address, type) => {
          const classified = classifyAddress(kind, address, type);
          if (classified.ok) {
            expect(classifyAddress(kind, classified.address, type)).toEqual(classified);
          } else if (!/^[a-z :,0-9]{3,5}$/.test(address)) {
            expect(classified.problem).not.toContain(address);
          }
        },
      ),
    );
  });
});

describe('kinds', () => {
  it('are told from other words', () => {
    expect(isKind('ble')).toBe(true);
    expect(isKind('toString')).toBe(false);
  });
});
