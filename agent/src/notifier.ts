import { hangingOf } from '@tdc/shared/pulse.ts';
import { keepNotified, type ServiceManager } from '@tdc/shared/service-notify.ts';
import type { Agent } from './agent.ts';
import type { Context } from './context.ts';
import { statusLine } from './status-line.ts';

/**
 * Tells the service manager how the agent is, from its first beginning to the end of the process: that it begins anew in between, with another
 * configuration, is no end.
 */
export class Notifier implements AsyncDisposable {
  readonly #context: Pick<Context, 'clock' | 'log' | 'signal'>;
  readonly #manager: ServiceManager | undefined;
  #agent: Agent | undefined;
  #notified: AsyncDisposable | undefined;

  constructor(context: Pick<Context, 'clock' | 'log' | 'signal'>, manager: ServiceManager | undefined) {
    this.#context = context;
    this.#manager = manager;
  }

  /** An agent works: at the first the service is ready. */
  follow(agent: Agent): void {
    this.#agent = agent;
    const { clock, log, signal } = this.#context;
    const hangs = () => hangingOf(this.#agent?.pulses ?? []);
    const status = () =>
      this.#agent === undefined ? 'begins anew with another configuration' : statusLine(this.#agent.snapshot());
    this.#notified ??= keepNotified({ manager: this.#manager, clock, log, hangs, status }, signal);
  }

  /** The agent that works; undefined while none does. */
  get agent(): Agent | undefined {
    return this.#agent;
  }

  /** The agent has ended. */
  rest(): void {
    this.#agent = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#notified?.[Symbol.asyncDispose]();
  }
}
