/** A sequence of bytes that is looked for. */
export interface Sequence {
  readonly bytes: Buffer;
}

const startBytes = 4;
const slotBits = 20;

/** Where sequences that start with these four bytes are marked. */
const slotOf = (start: number): number => Math.imul(start, 2_654_435_761) >>> (32 - slotBits);

/** A search for all the sequences in one pass, however many they are, by their first four bytes. */
export function searchFor<Wanted extends Sequence>(wanted: readonly Wanted[]): (bytes: Buffer) => ReadonlySet<Wanted> {
  const marks = new Uint8Array(2 ** slotBits);
  const byStart = new Map<number, Wanted[]>();
  for (const each of wanted) {
    if (each.bytes.length < startBytes)
      throw new RangeError(`a sequence of ${each.bytes.length} bytes: expected ${startBytes} at least`);
    const start = each.bytes.readInt32BE(0);
    marks[slotOf(start)] = 1;
    byStart.set(start, [...(byStart.get(start) ?? []), each]);
  }
  return (bytes) => {
    const found = new Set<Wanted>();
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      start = (start << 8) | (bytes[at] ?? 0);
      if (marks[slotOf(start)] === 0 || at < startBytes - 1) continue;
      const from = at - startBytes + 1;
      for (const each of byStart.get(start) ?? []) {
        if (bytes.subarray(from, from + each.bytes.length).equals(each.bytes)) found.add(each);
      }
    }
    return found;
  };
}
