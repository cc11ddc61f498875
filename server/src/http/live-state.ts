import { eventText, inPieces } from './server-sent-event.ts';

/** What is found of one thing. */
export interface Found {
  /** Names the thing. */
  readonly name: string;
  readonly event: 'estimate' | 'detector' | 'alert';
  /** Changes when the thing does. */
  readonly version: string;
  readonly record: () => object;
  /** Nothing comes after it: it may go without a word. */
  readonly isFinal?: boolean;
}

interface Item {
  readonly version: string;
  readonly text: string;
  readonly sequence: number;
  readonly isFinal: boolean;
}

/** Text that one listener is given at once; it is waited for before the next. */
const pieceLengthMax = 65_536;

/** What there is, each thing with the number of the change that brought it; as large as the network. */
export class LiveState {
  /** In the order of their changes. */
  readonly #items = new Map<string, Item>();
  #sequence = 0;
  #removedAt = 0;
  #latest: { readonly after: number; readonly pieces: readonly Buffer[] } = { after: 0, pieces: [] };
  /** Everything, for those who begin. */
  #all: { readonly sequence: number; readonly pieces: readonly Buffer[] } | undefined;

  /** The number of the last change. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Takes all that there is now; whether that is anything new. */
  take(found: readonly Found[]): boolean {
    const after = this.#sequence;
    const names = new Set(found.map(({ name }) => name));
    this.#forgetFinal(names);
    const gone = [...this.#items.keys()].filter((name) => !names.has(name));
    const changed = found.filter(({ name, version }) => this.#items.get(name)?.version !== version);
    if (gone.length === 0 && changed.length === 0) return false;
    this.#sequence++;
    for (const name of gone) this.#items.delete(name);
    if (gone.length > 0) this.#removedAt = this.#sequence;
    const texts: string[] = [];
    for (const { name, event, version, record, isFinal = false } of changed) {
      const text = eventText(event, record());
      this.#items.delete(name);
      this.#items.set(name, { version, text, sequence: this.#sequence, isFinal });
      texts.push(text);
    }
    // Put together once for all who keep up.
    this.#latest = { after, pieces: [...inPieces(texts, pieceLengthMax)] };
    return true;
  }

  /** Who has not been told of the end of something must forget everything to learn of it. */
  #forgetFinal(names: ReadonlySet<string>): void {
    for (const [name, { isFinal, sequence }] of this.#items) {
      if (!isFinal || names.has(name)) continue;
      this.#items.delete(name);
      this.#removedAt = Math.max(this.#removedAt, sequence);
    }
  }

  /** Whether who knows what there was at a number can be told of all that is different now. */
  reaches(sequence: number): boolean {
    return sequence >= this.#removedAt && sequence <= this.#sequence;
  }

  /** What has changed since a number that is reached, or everything since 0. */
  changesSince(sequence: number): Iterable<Buffer> {
    if (sequence === this.#sequence) return [];
    if (sequence === this.#latest.after && this.reaches(sequence)) return this.#latest.pieces;
    if (sequence > 0) return this.#piecesSince(sequence);
    if (this.#all?.sequence !== this.#sequence) {
      this.#all = { sequence: this.#sequence, pieces: [...this.#piecesSince(0)] };
    }
    return this.#all.pieces;
  }

  #piecesSince(sequence: number): Iterable<Buffer> {
    const items = [...this.#items.values()].filter((item) => item.sequence > sequence);
    return inPieces(
      items.map(({ text }) => text),
      pieceLengthMax,
    );
  }
}
