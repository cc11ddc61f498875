/** Crockford's base 32: letters and digits that are hard to confuse when a person reads them aloud or types them. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const lookalikes: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };
const digitBits = 5;

/** Five bits a character, the last one filled up with zeros. */
export function toCrockford(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let heldBits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    heldBits += 8;
    for (; heldBits >= digitBits; heldBits -= digitBits) text += digits[(held >> (heldBits - digitBits)) & 31] ?? '';
    held &= (1 << heldBits) - 1;
  }
  return heldBits === 0 ? text : text + (digits[(held << (digitBits - heldBits)) & 31] ?? '');
}

/** In any case, with the letters O, I and L for the digits they look like; undefined for what is none. Bits short of a byte are left out. */
export function fromCrockford(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let held = 0;
  let heldBits = 0;
  for (const given of text.toUpperCase()) {
    const digit = digits.indexOf(lookalikes[given] ?? given);
    if (digit === -1) return undefined;
    held = (held << digitBits) | digit;
    heldBits += digitBits;
    if (heldBits < 8) continue;
    heldBits -= 8;
    bytes.push(held >> heldBits);
    held &= (1 << heldBits) - 1;
  }
  return Uint8Array.from(bytes);
}
