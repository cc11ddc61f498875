/** One server-sent event. */
export interface ServerSentEvent {
  readonly event: string;
  /** Undefined where it has none. */
  readonly id: string | undefined;
  readonly data: string;
}

/** More than this without the end of an event is no stream of ours. */
const pendingLengthMax = 4 * 1024 * 1024;

/** Takes events out of text that comes in pieces. Throws RangeError when an event does not end. */
export class ServerSentEventParser {
  #pending = '';

  take(piece: string): readonly ServerSentEvent[] {
    this.#pending += piece;
    const blocks = this.#pending.split('\n\n');
    this.#pending = blocks.pop() ?? '';
    if (this.#pending.length > pendingLengthMax) throw new RangeError('a server-sent event has no end');
    return blocks.map(eventOf).filter(({ data }) => data !== '');
  }
}

function eventOf(block: string): ServerSentEvent {
  let event = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value);
  }
  return { event, id, data: data.join('\n') };
}
