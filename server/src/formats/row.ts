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
