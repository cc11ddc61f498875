import type { Row } from '../../formats/row.ts';

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
