const newline = 0x0a;

/** Lines of bytes that come in pieces; undefined for one that is too long. */
export class Lines {
  readonly #bytesMax: number;
  #rest: Buffer = Buffer.alloc(0);
  #isTooLong = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  *of(chunk: Buffer): Generator<string | undefined> {
    let begin = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, begin)) {
      const line = Buffer.concat([this.#rest, chunk.subarray(begin, end)]);
      const isTooLong = this.#isTooLong || line.length > this.#bytesMax;
      this.#rest = Buffer.alloc(0);
      this.#isTooLong = false;
      begin = end + 1;
      if (isTooLong) yield undefined;
      else if (line.length > 0) yield line.toString().trimEnd();
    }
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(begin)]);
    if (this.#rest.length <= this.#bytesMax) return;
    this.#rest = Buffer.alloc(0);
    this.#isTooLong = true;
  }
}
