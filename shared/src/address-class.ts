import { unreachable } from './errors.ts';
import { type AddressClass, type Kind, kinds } from './event.ts';

/** What the radio says of an address; `unknown` for kinds that have no types. */
export type AddressType = 'public' | 'random' | 'unknown';

/** `problem` says what is wrong in words that never hold the address. */
export type Classification =
  | { readonly ok: true; readonly address: string; readonly addressClass: AddressClass }
  | { readonly ok: false; readonly problem: string };

export const isKind = (text: string): text is Kind => kinds.some((kind) => kind === text);

/**
 * Brings an address to the one spelling that every box makes its pseudonym from, and says how long such an address stays with
 * its device. Radio addresses become `aa:bb:cc:dd:ee:ff`, plates upper case without separators.
 */
export function classifyAddress(kind: Kind, address: string, addressType: AddressType): Classification {
  switch (kind) {
    case 'anpr':
      return classifyPlate(address);
    case 'imsi':
      return imsiPattern.test(address)
        ? { ok: true, address, addressClass: 'public' }
        : bad('subscriber identity: expected 6 to 15 digits');
    case 'classic':
    case 'ble':
    case 'wifi':
      return classifyRadio(kind, address, addressType);
    default:
      return unreachable(kind);
  }
}

const canonicalPattern = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;
const spelledPattern = /^[0-9a-f]{2}(?:([:-]?)[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}$/;
const imsiPattern = /^[0-9]{6,15}$/;
const platePattern = /^[\p{L}\p{N}]{2,16}$/u;
const plateSeparators = /[\s.·-]+/gu;
const nullAddress = '00:00:00:00:00:00';

const bad = (problem: string): Classification => ({ ok: false, problem });

function classifyRadio(kind: 'classic' | 'ble' | 'wifi', spelled: string, addressType: AddressType): Classification {
  const address = canonicalPattern.test(spelled) ? spelled : canonicalSpelling(spelled);
  if (address === undefined)
    return bad(`${kind} address: expected six octets in hexadecimal, such as aa:bb:cc:dd:ee:ff`);
  if (address === nullAddress) return bad(`${kind} address: all zero`);
  const addressClass = radioClass(kind, Number.parseInt(address.slice(0, 2), 16), addressType);
  return typeof addressClass === 'string' ? { ok: true, address, addressClass } : bad(addressClass.problem);
}

function radioClass(
  kind: 'classic' | 'ble' | 'wifi',
  firstOctet: number,
  addressType: AddressType,
): AddressClass | { readonly problem: string } {
  if (kind === 'classic') return 'public';
  if (kind === 'wifi') {
    if ((firstOctet & 0x01) !== 0) return { problem: 'wifi address: a group address, expected that of one station' };
    return (firstOctet & 0x02) === 0 ? 'public' : 'local';
  }
  if (addressType === 'public') return 'public';
  if (addressType === 'unknown') return { problem: 'ble address: of unknown type, expected public or random' };
  const randomClass = randomClasses[firstOctet >> 6];
  return randomClass ?? { problem: 'ble random address: top bits 10 are reserved' };
}

/** By the two top bits of the first octet. */
const randomClasses = ['non-resolvable', 'resolvable', undefined, 'random-static'] as const;

function canonicalSpelling(spelled: string): string | undefined {
  const lower = spelled.toLowerCase();
  if (!spelledPattern.test(lower)) return undefined;
  return lower.replaceAll(/[:-]/g, '').replaceAll(/(..)(?!$)/g, '$1:');
}

function classifyPlate(spelled: string): Classification {
  const address = spelled.length > 64 ? '' : spelled.normalize('NFKC').toUpperCase().replaceAll(plateSeparators, '');
  if (!platePattern.test(address)) return bad('number plate: expected 2 to 16 letters and digits');
  return { ok: true, address, addressClass: 'public' };
}
