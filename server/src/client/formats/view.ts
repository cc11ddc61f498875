/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** One row for programs: names in snake_case as in the contract, times in ISO 8601, null for what is absent. */
export type Row = Readonly<Record<string, JsonValue>>;

/** One column for people. */
export interface Column<T> {
  readonly title: string;
  readonly text: (item: T) => string;
  readonly align?: 'left' | 'right';
  /** Characters that are kept free for later rows. */
  readonly widthMin?: number;
}

/** How things of one kind are shown. */
export interface View<T> {
  readonly columns: readonly Column<T>[];
  /** The row's fields in the order of the columns of CSV. */
  readonly fields: readonly string[];
  readonly record: (item: T) => Row;
}

/** Text of rows; what was there before decides what comes between. */
export interface Format<T> {
  rows(items: readonly T[]): string;
  end(): string;
}
