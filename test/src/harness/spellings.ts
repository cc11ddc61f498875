/** All the ways in which an address could stand in bytes. */
export interface Spelling {
  readonly name: string;
  readonly bytes: Buffer;
}

const text = (name: string, value: string): Spelling => ({ name, bytes: Buffer.from(value) });

/** Base64 of bytes within other bytes: three alignments, without the characters at the ends that depend on neighbours. */
function base64Within(name: string, bytes: Buffer): readonly Spelling[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc((3 - ((before + bytes.length) % 3)) % 3)]);
    const encoded = padded.toString('base64');
    const head = Math.ceil((before * 8) / 6);
    const tail = Math.floor(((before + bytes.length) * 8) / 6);
    const inner = encoded.slice(head, tail);
    const url = inner.replaceAll('+', '-').replaceAll('/', '_');
    const own = text(`base64 of ${name}, alignment ${before}`, inner);
    return inner === url ? [own] : [own, text(`base64url of ${name}, alignment ${before}`, url)];
  });
}

const reversedText = (value: string): string => [...value].reverse().join('');

/** Spellings of any text, such as a plate. */
export function spellingsOfText(value: string): readonly Spelling[] {
  return [
    text('text', value),
    text('lower case', value.toLowerCase()),
    text('reversed text', reversedText(value)),
    text('hexadecimal of the text', Buffer.from(value).toString('hex')),
    { name: 'UTF-16', bytes: Buffer.from(value, 'utf16le') },
    ...base64Within('text', Buffer.from(value)),
  ];
}

/** Spellings of a MAC address `aa:bb:cc:dd:ee:ff`. */
export function spellingsOfMac(address: string): readonly Spelling[] {
  const bytes = Buffer.from(address.replaceAll(':', ''), 'hex');
  const backwards = Buffer.from(bytes).reverse();
  const octets = [...bytes].map((octet) => octet.toString(16).padStart(2, '0'));
  const written = [':', '-', '', ' '].flatMap((separator) => {
    const joined = octets.join(separator);
    const turned = octets.toReversed().join(separator);
    return [joined, joined.toUpperCase(), turned, turned.toUpperCase(), reversedText(joined)];
  });
  const dotted = octets.join('').replace(/(.{4})(.{4})(.{4})/, '$1.$2.$3');
  const number = BigInt(`0x${bytes.toString('hex')}`);
  const turnedNumber = BigInt(`0x${backwards.toString('hex')}`);
  return [
    ...[...new Set([...written, dotted])].map((value) => text(`written ${value.length}`, value)),
    { name: 'octets', bytes },
    { name: 'octets reversed', bytes: backwards },
    text('decimal', String(number)),
    text('decimal of reversed octets', String(turnedNumber)),
    { name: 'UTF-16', bytes: Buffer.from(address, 'utf16le') },
    text('hexadecimal of the text', Buffer.from(address).toString('hex')),
    ...base64Within('octets', bytes),
    ...base64Within('octets reversed', backwards),
    ...base64Within('text', Buffer.from(address)),
    ...base64Within('bare text', Buffer.from(octets.join(''))),
  ];
}
