/** One server-sent event; JSON has no line breaks of its own. */
export function eventText(
  name: string,
  data: unknown,
  { id, retryMs }: { readonly id?: string; readonly retryMs?: number } = {},
): string {
  const fields = [
    ...(retryMs === undefined ? [] : [`retry: ${retryMs}`]),
    `event: ${name}`,
    ...(id === undefined ? [] : [`id: ${id}`]),
    `data: ${JSON.stringify(data)}`,
  ];
  return `${fields.join('\n')}\n\n`;
}

/** Puts texts together into pieces of a bounded length, or of one text that is longer. */
export function* inPieces(texts: Iterable<string>, lengthMax: number): Generator<Buffer> {
  let piece = '';
  for (const text of texts) {
    if (piece !== '' && piece.length + text.length > lengthMax) {
      yield Buffer.from(piece);
      piece = '';
    }
    piece += text;
  }
  if (piece !== '') yield Buffer.from(piece);
}
