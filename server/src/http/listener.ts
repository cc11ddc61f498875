import { type IncomingMessage, request } from 'node:http';

/** One server-sent event. */
export interface SentEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** For tests: who listens to server-sent events. */
export interface Listener extends Disposable {
  readonly status: number;
  readonly response: IncomingMessage;
  readonly events: readonly SentEvent[];
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
  /** Data of the events of one name. */
  named(event: string): readonly SentEvent['data'][];
}

export async function listen(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Listener> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request(url, { headers, agent: false }, resolve).on('error', reject);
  asked.end();
  const response = await promise;
  const events: SentEvent[] = [];
  let text = '';
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    events.push(...blocks.map(eventOf));
  });
  const ended = new Promise<void>((done) => response.once('close', done));
  response.on('error', () => {});
  return {
    ...{ status: response.statusCode ?? 0, response, events, ended },
    named: (event) => events.filter((each) => each.event === event).map(({ data }) => data),
    [Symbol.dispose]: () => void asked.destroy(),
  };
}

function eventOf(block: string): SentEvent {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return { event: fields.get('event') ?? '', id: fields.get('id'), data: JSON.parse(fields.get('data') ?? '{}') };
}
