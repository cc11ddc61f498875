import { Agent, get, type IncomingMessage } from 'node:http';

const quietMs = 3000;

/** Listeners of /api/v1/live, all at once, which notice when they are told of estimates. */
export class LiveListeners {
  readonly #agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  readonly #toldAtMs: { first: number; last: number }[] = [];
  #awaits = false;

  /** Resolves when each has got all there is. */
  static async open(http: string, count: number): Promise<LiveListeners> {
    const listeners = new LiveListeners();
    await Promise.all(Array.from({ length: count }, (_, index) => listeners.#listen(http, index)));
    return listeners;
  }

  /** Milliseconds from when the first was told of the next published minute to when all had been told all of it; rejects after three minutes. */
  async spreadMs(): Promise<number> {
    for (const times of this.#toldAtMs) times.first = times.last = 0;
    this.#awaits = true;
    const deadlineMs = performance.now() + 180_000;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = performance.now();
      const heard = this.#toldAtMs.filter(({ first }) => first > 0);
      const last = Math.max(...heard.map((each) => each.last));
      if (heard.length === this.#toldAtMs.length && now - last > quietMs)
        return last - Math.min(...heard.map(({ first }) => first));
      if (now > deadlineMs)
        throw new Error(`${heard.length} of ${this.#toldAtMs.length} listeners were told in three minutes`);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #listen(http: string, index: number): Promise<void> {
    this.#toldAtMs[index] = { first: 0, last: 0 };
    return new Promise((resolve, reject) => {
      const ask = get(`http://${http}/api/v1/live`, { agent: this.#agent }, (response: IncomingMessage) => {
        if (response.statusCode !== 200) return reject(new Error(`a listener was answered ${response.statusCode}`));
        response.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('event: heartbeat')) resolve();
          if (this.#awaits && text.includes('event: estimate')) this.#told(index);
        });
        response.on('error', reject);
      });
      ask.on('error', reject);
    });
  }

  #told(index: number): void {
    const times = this.#toldAtMs[index];
    if (times === undefined) return;
    const now = performance.now();
    times.first ||= now;
    times.last = now;
  }
}
