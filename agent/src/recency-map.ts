interface Node<T> {
  readonly key: string;
  readonly value: T;
  older: Node<T> | undefined;
  newer: Node<T> | undefined;
}

/**
 * A map in the order of last touch. Every method takes constant time, which a Map whose entries are deleted and set again does
 * not promise: finding its first entry steps over those deleted before.
 */
export class RecencyMap<T> {
  readonly #nodes = new Map<string, Node<T>>();
  #oldest: Node<T> | undefined;
  #newest: Node<T> | undefined;

  get size(): number {
    return this.#nodes.size;
  }

  /** The entry touched longest ago. */
  get oldest(): { readonly key: string; readonly value: T } | undefined {
    return this.#oldest;
  }

  /** The values, the one touched longest ago first. */
  *values(): Generator<T> {
    for (let node = this.#oldest; node !== undefined; node = node.newer) yield node.value;
  }

  get(key: string): T | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** Adds an entry as the newest, in place of any with this key. */
  add(key: string, value: T): void {
    this.delete(key);
    const node: Node<T> = { key, value, older: undefined, newer: undefined };
    this.#nodes.set(key, node);
    this.#append(node);
  }

  /** Makes an entry the newest. */
  touch(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined || node === this.#newest) return;
    this.#unlink(node);
    this.#append(node);
  }

  /** Gives an entry another key, and makes it the newest. */
  rename(from: string, to: string): void {
    const value = this.get(from);
    if (value === undefined) return;
    this.delete(from);
    this.add(to, value);
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.#nodes.delete(key);
    this.#unlink(node);
  }

  #append(node: Node<T>): void {
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink(node: Node<T>): void {
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
  }
}
